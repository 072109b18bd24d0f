"""CA-SUM (Apostolidis et al., ICMR 2022), unsupervised: concentrated attention and a length
loss."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import keras
import tensorflow as tf

from tf_dictsum.losses.adversarial import sparsity_loss
from tf_dictsum.methods.adam_variants import AdamL2
from tf_dictsum.methods.dropout import dropout_of
from tf_dictsum.methods.keras_method import KerasMethod
from tf_dictsum.methods.logs import Log, scores_logs
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.methods.training_model import Logs, TrainingModel, mean_score, step_mask
from tf_dictsum.selectors.ca_sum import CaSumSelector
from tf_dictsum.util.options import option

__all__ = ["CaSum", "CaSumModel", "CaSumSettings"]


class CaSumModel(TrainingModel):
    """|mean s − σ|, its gradients summed (not averaged) over the videos of a batch.

    Trained on {"features", "lengths"}. Optional "dropout_masks": two tensors that replace the
    model's own draws.

    Args:
      selector: see `CaSumSelector`.
      sigma: σ, the mean score asked for.
      dropout: rate.
      clip: largest gradient norm.
      seed: of the dropout masks.
    """

    def __init__(
        self,
        selector: CaSumSelector,
        sigma: float = 0.6,
        dropout: float = 0.5,
        clip: float = 5.0,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(clip, **kwargs)
        self.selector = selector
        self.sigma, self.dropout = sigma, dropout
        self.random = keras.random.SeedGenerator(seed)

    @property
    def groups(self) -> dict[str, list[Any]]:
        return {"selector": self.selector.trainable_variables}

    def training_loss(self, data: Mapping[str, Any]) -> tuple[tf.Tensor, tf.Tensor]:
        """(length loss float [batch], scores with dropout float [batch, time])."""
        mask = step_mask(data)
        drop = dropout_of(data, self.dropout, self.random)
        scores = self.selector(data["features"], mask=mask, dropout=drop)
        return sparsity_loss(scores, mask, self.sigma), scores

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """One update."""
        with tf.GradientTape() as tape:
            losses, scores = self.training_loss(data)
            total = tf.reduce_sum(losses)
        logs = {"length": tf.reduce_mean(losses), **mean_score(scores, step_mask(data))}
        return logs | self.step("selector", tape, total)


@dataclasses.dataclass(frozen=True)
class CaSumSettings(MethodSettings):
    """The public code's defaults (its batches are of 20 videos: batch_size=20)."""

    method: ClassVar[str] = "ca_sum"

    block: int = option(60, "sampled frames per block of attention", lower_bound=1)
    sigma: float = option(
        0.6, "σ, mean score that the length loss asks for", lower_bound=0.0, upper_bound=1.0
    )
    dropout: float = option(0.5, "dropout", lower_bound=0.0, upper_bound=0.99)
    learning_rate: float = option(5e-4, "Adam's rate", lower_bound=0.0)
    l2: float = option(1e-5, "weight of w added to the gradient", lower_bound=0.0)
    clip: float = option(5.0, "largest gradient norm; 0: none", lower_bound=0.0)
    adam_epsilon: float = option(1e-8, "Adam's epsilon", lower_bound=0.0)


class CaSum(KerasMethod):
    """Concentrated attention under a length loss alone. The public code chooses an epoch by its
    losses on training and test videos together; here the last epoch counts."""

    name: ClassVar[str] = "ca_sum"
    Settings = CaSumSettings
    logs: ClassVar[Mapping[str, Log]] = {"length": Log("loss/length", "length"), **scores_logs()}

    settings: CaSumSettings

    def build(self, seed: int) -> CaSumModel:
        settings = self.settings
        selector = CaSumSelector(self.setup.input_size, settings.block, seed, name="selector")
        return CaSumModel(
            selector, settings.sigma, settings.dropout, settings.clip, seed, name="ca_sum"
        )

    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        settings = self.settings
        adam = AdamL2(settings.learning_rate, l2=settings.l2, epsilon=settings.adam_epsilon)
        return {"selector": adam}
