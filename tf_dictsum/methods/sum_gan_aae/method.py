"""SUM-GAN-AAE: the baseline of the dictionary paper (Apostolidis et al., MMM 2020)."""

from collections.abc import Mapping
from typing import Any, ClassVar

import keras

from tf_dictsum.methods.keras_method import KerasMethod
from tf_dictsum.methods.logs import Criterion, Log, scores_logs
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.methods.sum_gan_aae.model import Summarizer
from tf_dictsum.methods.sum_gan_aae.settings import SumGanAaeSettings
from tf_dictsum.methods.variables import named_variables

__all__ = ["SumGanAae"]


class SumGanAae(KerasMethod):
    """Selector, encoder, decoder and discriminator, without a dictionary.

    The epoch without labels has the lowest L_recon + L_sparsity (+ λ L_dict) on the training
    videos: the one number that falls for all that the selector is trained for, so that an epoch in
    which one term is bought with another does not win, nor one in which training came apart.
    docs/study.md has nine other rules.
    """

    name: ClassVar[str] = "sum_gan_aae"
    Settings = SumGanAaeSettings
    criterion = Criterion.lowest("selector_total")
    logs: ClassVar[Mapping[str, Log]] = {
        "reconstruction": Log("loss/reconstruction", "recon"),
        "sparsity": Log("loss/sparsity", "sparse"),
        "selector_total": Log("loss/selector_total"),
        "reconstruction_decoder": Log("loss/reconstruction_decoder"),
        "generator": Log("loss/generator", "gen"),
        "original": Log("loss/original"),
        "summary": Log("loss/summary"),
        **scores_logs(),
        "p_original": Log("discriminator/original"),
        "p_reconstruction": Log("discriminator/reconstruction"),
    }

    settings: SumGanAaeSettings
    model: Summarizer

    def build(self, seed: int) -> Summarizer:
        return Summarizer(self.setup.input_size, self.settings, seed, name="summarizer")

    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        rate, slow = self.settings.learning_rate, self.settings.discriminator_lr
        rates = {"selector": rate, "decoder": rate, "discriminator": slow}
        return {name: self._adam(name, rate) for name, rate in rates.items()}

    def _adam(self, name: str, rate: float) -> Adam:
        return Adam(rate, epsilon=self.settings.adam_epsilon, name=f"adam_{name}")

    @property
    def variables(self) -> dict[str, Any]:
        state = self.model.stepper.state
        return {**super().variables, **named_variables("left_gradients", state)}

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.model.stepper.reset()
