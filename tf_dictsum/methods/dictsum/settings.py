"""The options of the dictionary-loss method."""

import dataclasses
import hashlib
import pathlib
from typing import Any, ClassVar

from tf_dictsum.methods.sum_gan_aae.settings import SumGanAaeSettings
from tf_dictsum.util.options import option

__all__ = ["DictSumSettings", "ParallelSettings"]


@dataclasses.dataclass(frozen=True)
class ParallelSettings:
    """All that the parallel autoencoder and its pretraining read, so that equal ones give equal
    weights.
    """

    init: str
    adam_epsilon: float
    clip: float
    parallel_encoder: str
    parallel_size: int
    parallel_output: str
    parallel_dropout: float
    pretrain_epochs: int
    pretrain_patience: int
    pretrain_lr: float
    pretrain_loss: str

    def identity(self) -> dict[str, Any]:
        """The settings, with the content of a given weights file in place of its name."""
        values = dataclasses.asdict(self)
        if self.parallel_encoder:
            content = pathlib.Path(self.parallel_encoder).read_bytes()
            values["parallel_encoder"] = hashlib.sha256(content).hexdigest()
        return values


@dataclasses.dataclass(frozen=True)
class DictSumSettings(SumGanAaeSettings):
    """Those of SUM-GAN-AAE, and of the dictionary A and the parallel encoder."""

    method: ClassVar[str] = "dictsum"

    # Dictionary
    dict_weight: float = option(1.0, "λ, weight of the dictionary loss", lower_bound=0.0)
    dict_norm: str = option("l2", "dictionary loss: l2 (unsquared) or l2sq", choices=("l2", "l2sq"))
    dictionary: str = option(
        "learned",
        "A: learned by its own Adam, or frozen as it was drawn (ablation)",
        choices=("learned", "frozen"),
    )
    parallel_hidden: str = option(
        "own",
        "h that A e must predict: the video's own, or shuffled: that of another training video "
        "(ablation)",
        choices=("own", "shuffled"),
    )
    dictionary_lr: float = option(1e-4, "Adam's rate for the dictionary A", lower_bound=0.0)

    # Salience
    salience_weight: float = option(
        0.0,
        "weight of 1 - correlation of the scores with salience (docs/agreement.md); 0: without it",
        lower_bound=0.0,
    )

    # Parallel encoder
    parallel_encoder: str = option(
        "",
        "weights of a parallel autoencoder pretrained before (parallel.weights.h5); skips "
        "pretraining",
    )
    parallel_size: int = option(
        500, "N, width of the parallel encoder (the public branch has 1024)", lower_bound=1
    )
    parallel_output: str = option(
        "leaky_relu",
        "activation of its output: leaky_relu (public branch) or linear",
        choices=("leaky_relu", "linear"),
    )
    parallel_dropout: float = option(
        0.2,
        "dropout between its encoder's layers while pretraining",
        lower_bound=0.0,
        upper_bound=0.99,
    )
    pretrain_epochs: int = option(
        100, "most epochs of pretraining; 0 keeps the untrained encoder", lower_bound=0
    )
    pretrain_patience: int = option(
        10,
        "stop pretraining after so many epochs without a better training loss; 0: never",
        lower_bound=0,
    )
    pretrain_lr: float = option(1e-4, "Adam's rate while pretraining", lower_bound=0.0)
    pretrain_loss: str = option(
        "sum",
        "squared error summed over steps and features (public branch), or its mean",
        choices=("sum", "mean"),
    )

    @property
    def parallel(self) -> ParallelSettings:
        """What the parallel encoder reads of these."""
        names = [field.name for field in dataclasses.fields(ParallelSettings)]
        return ParallelSettings(**{name: getattr(self, name) for name in names})
