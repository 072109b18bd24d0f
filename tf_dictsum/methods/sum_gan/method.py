"""SUM-GAN (Mahasseni et al., CVPR 2017) and SUM-GAN-sl, unsupervised."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import keras

from tf_dictsum.methods.keras_method import KerasMethod
from tf_dictsum.methods.logs import Criterion, Log, scores_logs
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.methods.sum_gan.model import Objective, SumGanModel
from tf_dictsum.methods.sum_gan.stepwise import SumGanSlModel
from tf_dictsum.util.options import option

__all__ = ["SumGan", "SumGanSettings", "SumGanSl", "SumGanSlSettings"]


@dataclasses.dataclass(frozen=True)
class _VariationalSettings(MethodSettings):
    hidden_size: int = option(500, "H of every LSTM", lower_bound=1)
    init: str = option(
        "torch", "initial weights: torch (public code) or keras", choices=("torch", "keras")
    )
    sigma: float = option(
        0.3, "σ, mean score that the sparsity loss asks for", lower_bound=0.0, upper_bound=1.0
    )
    learning_rate: float = option(
        1e-4, "Adam's rate for selector+encoder and decoder", lower_bound=0.0
    )
    discriminator_lr: float = option(1e-5, "Adam's rate for the discriminator", lower_bound=0.0)
    clip: float = option(
        5.0, "largest gradient norm of an update's own variables; 0: none", lower_bound=0.0
    )
    adam_epsilon: float = option(1e-8, "Adam's epsilon", lower_bound=0.0)


@dataclasses.dataclass(frozen=True)
class SumGanSettings(_VariationalSettings):
    """Defaults of the community code; recon_norm=l2sq and third=random are the paper's."""

    method: ClassVar[str] = "sum_gan"

    recon_norm: str = option(
        "l2",
        "norm of reconstruction and sparsity: l2 (community code) or l2sq (paper)",
        choices=("l2", "l2sq"),
    )
    third: str = option(
        "unweighted",
        "what else the discriminator is shown rebuilt: the unweighted video (community code), "
        "or one with random scores (paper)",
        choices=("unweighted", "random"),
    )
    regulariser: str = option(
        "sparsity",
        "sparsity, rep (repelling) or dpp (the paper's variants; the set of the dpp is ours: "
        "the frames with the highest 15 % of the scores)",
        choices=("sparsity", "rep", "dpp"),
    )


class _Variational(KerasMethod):
    """What the two share."""

    criterion = Criterion.lowest("selector_total")

    settings: _VariationalSettings

    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        settings = self.settings
        rate, slow = settings.learning_rate, settings.discriminator_lr
        rates = {"selector": rate, "decoder": rate, "discriminator": slow}
        return {
            name: Adam(rate, epsilon=settings.adam_epsilon, name=f"adam_{name}")
            for name, rate in rates.items()
        }


class SumGan(_Variational):
    """Adversarial training of a variational autoencoder on scored frames. Sizes are the community
    code's (its compression to 500 included), not the paper's 1024 and 2048."""

    name: ClassVar[str] = "sum_gan"
    Settings = SumGanSettings
    logs: ClassVar[Mapping[str, Log]] = {
        "reconstruction": Log("loss/reconstruction", "recon"),
        "prior": Log("loss/prior", "prior"),
        "sparsity": Log("loss/sparsity"),
        "rep": Log("loss/rep"),
        "dpp": Log("loss/dpp"),
        "gan": Log("loss/gan", "gan"),
        "selector_total": Log("loss/selector_total"),
        "decoder_total": Log("loss/decoder_total"),
        "discriminator_total": Log("loss/discriminator_total"),
        **scores_logs(),
        "p_original": Log("discriminator/original"),
        "p_reconstruction": Log("discriminator/reconstruction"),
    }

    settings: SumGanSettings

    def build(self, seed: int) -> SumGanModel:
        settings = self.settings
        return SumGanModel(
            self.setup.input_size,
            settings.hidden_size,
            settings.clip,
            settings.init,
            seed,
            objective=Objective(
                settings.sigma, settings.recon_norm, settings.third, settings.regulariser
            ),
            name="sum_gan",
        )


@dataclasses.dataclass(frozen=True)
class SumGanSlSettings(_VariationalSettings):
    """Defaults of SUM-GAN-sl's public code (σ 0.1)."""

    method: ClassVar[str] = "sum_gan_sl"

    sigma: float = option(
        0.1, "σ, mean score that the sparsity loss asks for", lower_bound=0.0, upper_bound=1.0
    )


class SumGanSl(_Variational):
    """SUM-GAN with least-squares labels and stepwise updates (Apostolidis et al., AI4TV 2019)."""

    name: ClassVar[str] = "sum_gan_sl"
    Settings = SumGanSlSettings
    logs: ClassVar[Mapping[str, Log]] = {
        **{k: v for k, v in SumGan.logs.items() if k not in ("rep", "dpp", "gan")},
        "generator": Log("loss/generator", "gen"),
        "original": Log("loss/original"),
        "summary": Log("loss/summary"),
    }

    settings: SumGanSlSettings

    def build(self, seed: int) -> SumGanSlModel:
        settings = self.settings
        return SumGanSlModel(
            self.setup.input_size,
            settings.hidden_size,
            settings.clip,
            settings.init,
            seed,
            sigma=settings.sigma,
            name="sum_gan_sl",
        )
