"""VASNet (Fajtl et al. 2018), supervised: self-attention trained on the mean importance."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import tensorflow as tf

from tf_dictsum.data.batches import Extra
from tf_dictsum.data.video import Video
from tf_dictsum.losses.regression import mean_squared_error, min_max
from tf_dictsum.methods.adam_variants import AdamL2
from tf_dictsum.methods.dropout import dropout_of
from tf_dictsum.methods.keras_method import KerasMethod
from tf_dictsum.methods.labels import importance
from tf_dictsum.methods.logs import Log, scores_logs
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.methods.training_model import Logs, TrainingModel, mean_score, step_mask
from tf_dictsum.selectors.vasnet import VasnetSelector
from tf_dictsum.util.options import option

__all__ = ["Vasnet", "VasnetModel", "VasnetSettings"]


class VasnetModel(TrainingModel):
    """Mean squared error between scores and min-max normalised gtscore, with dropout.

    Trained on {"features", "lengths", "gtscore" float [batch, time]}. Optional "dropout_masks":
    three tensors, each 0 or 1 / (1 − rate), that replace the model's own draws.

    Args:
      selector: see `VasnetSelector`.
      dropout: rate.
      seed: of the dropout masks.
    """

    def __init__(
        self, selector: VasnetSelector, dropout: float = 0.5, seed: int = 0, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.selector = selector
        self.dropout = dropout
        self.random = keras.random.SeedGenerator(seed)

    @property
    def groups(self) -> dict[str, list[Any]]:
        return {"selector": self.selector.trainable_variables}

    def training_loss(self, data: Mapping[str, Any]) -> tuple[tf.Tensor, tf.Tensor]:
        """(mean squared error averaged over the batch, scores with dropout float [batch, time])."""
        mask = step_mask(data)
        drop = dropout_of(data, self.dropout, self.random)
        scores = self.selector(data["features"], mask=mask, dropout=drop)
        target = min_max(data["gtscore"], mask)
        return tf.reduce_mean(mean_squared_error(scores, target, mask)), scores

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """One update."""
        with tf.GradientTape() as tape:
            loss, scores = self.training_loss(data)
        logs = {"error": loss, **mean_score(scores, step_mask(data))}
        return logs | self.step("selector", tape, loss)


@dataclasses.dataclass(frozen=True)
class VasnetSettings(MethodSettings):
    """The public code's defaults."""

    method: ClassVar[str] = "vasnet"

    hidden_size: int = option(1024, "width of the regressor's hidden layer", lower_bound=2)
    dropout: float = option(
        0.5, "dropout of attention and hidden layers", lower_bound=0.0, upper_bound=0.99
    )
    learning_rate: float = option(5e-5, "Adam's rate", lower_bound=0.0)
    l2: float = option(1e-5, "weight of w added to the gradient", lower_bound=0.0)
    adam_epsilon: float = option(1e-8, "Adam's epsilon", lower_bound=0.0)


class Vasnet(KerasMethod):
    """Attention over all frames, regressed onto gtscore. The public code keeps the epoch that is
    best on test videos; there is no such choice without labels, so the last epoch counts."""

    name: ClassVar[str] = "vasnet"
    Settings = VasnetSettings
    needs = frozenset({"features", "gtscore"})
    logs: ClassVar[Mapping[str, Log]] = {"error": Log("loss/error", "error"), **scores_logs()}

    settings: VasnetSettings

    def build(self, seed: int) -> VasnetModel:
        selector = VasnetSelector(
            self.setup.input_size, self.settings.hidden_size, seed, name="selector"
        )
        return VasnetModel(selector, self.settings.dropout, seed, name="vasnet")

    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        settings = self.settings
        adam = AdamL2(settings.learning_rate, l2=settings.l2, epsilon=settings.adam_epsilon)
        return {"selector": adam}

    def extras(self, videos: Sequence[Video]) -> Mapping[str, Extra]:
        return {"gtscore": importance(videos)}
