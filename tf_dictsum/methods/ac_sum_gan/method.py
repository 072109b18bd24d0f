"""AC-SUM-GAN as a method."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

import keras

from tf_dictsum.methods.ac_sum_gan.model import AcSumGanModel
from tf_dictsum.methods.keras_method import KerasMethod
from tf_dictsum.methods.logs import Log, scores_logs
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.selectors.ac_sum_gan import AcSumGanSelector
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.options import option

__all__ = ["AcSumGan", "AcSumGanSettings"]


@dataclasses.dataclass(frozen=True)
class AcSumGanSettings(MethodSettings):
    """The public code's defaults (its batches are of 40 videos: batch_size=40)."""

    method: ClassVar[str] = "ac_sum_gan"

    hidden_size: int = option(512, "H of every LSTM", lower_bound=1)
    fragments: int = option(60, "fragments that a video is cut into", lower_bound=2)
    picks: int = option(9, "fragments that the actor picks", lower_bound=1)
    init: str = option(
        "torch", "initial weights: torch (public code) or keras", choices=("torch", "keras")
    )
    sigma: float = option(
        0.5, "σ, mean score that the sparsity loss asks for", lower_bound=0.0, upper_bound=1.0
    )
    learning_rate: float = option(1e-4, "Adam's rate but for the discriminator", lower_bound=0.0)
    discriminator_lr: float = option(1e-5, "Adam's rate for the discriminator", lower_bound=0.0)
    clip: float = option(5.0, "largest gradient norm of an update; 0: none", lower_bound=0.0)
    adam_epsilon: float = option(1e-8, "Adam's epsilon", lower_bound=0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.picks >= self.fragments:
            raise UserError(f"picks={self.picks}: it must be less than fragments={self.fragments}.")


class AcSumGan(KerasMethod):
    """SUM-GAN with an actor and a critic. The public code chooses epoch and σ by measures of its
    own on training and test videos; here the last epoch counts."""

    name: ClassVar[str] = "ac_sum_gan"
    Settings = AcSumGanSettings
    logs: ClassVar[Mapping[str, Log]] = {
        "reconstruction": Log("loss/reconstruction", "recon"),
        "prior": Log("loss/prior", "prior"),
        "encoder_total": Log("loss/encoder_total"),
        "decoder_total": Log("loss/decoder_total"),
        "discriminator_total": Log("loss/discriminator_total"),
        "actor": Log("loss/actor"),
        "sparsity": Log("loss/sparsity"),
        "critic": Log("loss/critic"),
        "reward": Log("reward", "reward"),
        **scores_logs(),
    }

    settings: AcSumGanSettings

    def build(self, seed: int) -> AcSumGanModel:
        settings = self.settings
        selector = AcSumGanSelector(
            self.setup.input_size,
            settings.hidden_size,
            settings.fragments,
            settings.picks,
            init=settings.init,
            seed=seed,
            name="selector",
        )
        return AcSumGanModel(
            selector,
            sigma=settings.sigma,
            clip=settings.clip,
            init=settings.init,
            seed=seed,
            name="ac_sum_gan",
        )

    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        settings = self.settings
        rates = dict.fromkeys(("encoder", "decoder", "actor"), settings.learning_rate)
        rates["discriminator"] = settings.discriminator_lr
        return {
            name: Adam(rate, epsilon=settings.adam_epsilon, name=f"adam_{name}")
            for name, rate in rates.items()
        }
