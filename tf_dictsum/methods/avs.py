"""M-AVS and A-AVS (Ji et al., arXiv 1708.09545), supervised: attention-based encoder-decoders."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import tensorflow as tf

from tf_dictsum.data.batches import Extra
from tf_dictsum.data.video import Video
from tf_dictsum.losses.regression import mean_squared_error, weighted_cross_entropy
from tf_dictsum.methods.adam_variants import KerasAdam
from tf_dictsum.methods.keras_method import KerasMethod
from tf_dictsum.methods.labels import normalised_importance, summary_frames
from tf_dictsum.methods.logs import Log, scores_logs
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.methods.training_model import Logs, TrainingModel, mean_score, step_mask
from tf_dictsum.selectors.avs import AvsSelector
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.options import option

__all__ = ["AAvs", "AAvsSettings", "AvsModel", "MAvs", "MAvsSettings"]


class AvsModel(TrainingModel):
    """Squared error against, or weighted cross-entropy of, a label per frame.

    Trained on {"features", "lengths", "label" float [batch, time]}.

    Args:
      selector: see `AvsSelector`.
      loss_kind: "mse" or "weighted_bce" (of 0/1 labels).
    """

    def __init__(self, selector: AvsSelector, loss_kind: str = "mse", **kwargs: Any):
        super().__init__(**kwargs)
        self.selector = selector
        self.loss_kind = loss_kind

    @property
    def groups(self) -> dict[str, list[Any]]:
        return {"selector": self.selector.trainable_variables}

    def training_loss(self, data: Mapping[str, Any]) -> tuple[tf.Tensor, tf.Tensor]:
        """(loss averaged over the batch, scores float [batch, time])."""
        mask = step_mask(data)
        scores = self.selector(data["features"], mask=mask)
        losses = {"mse": mean_squared_error, "weighted_bce": weighted_cross_entropy}
        return tf.reduce_mean(losses[self.loss_kind](scores, data["label"], mask)), scores

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """One update."""
        with tf.GradientTape() as tape:
            loss, scores = self.training_loss(data)
        logs = {"error": loss, **mean_score(scores, step_mask(data))}
        return logs | self.step("selector", tape, loss)


@dataclasses.dataclass(frozen=True)
class MAvsSettings(MethodSettings):
    """Sizes, rate and initial weights of the community code (batch_size=5 there); the loss is the
    paper's, as cited."""

    method: ClassVar[str] = "m_avs"

    hidden_size: int = option(
        256, "of the decoder; half of it per direction in the encoder (even)", lower_bound=2
    )
    init: str = option(
        "keras", "initial weights: keras (community code) or torch", choices=("keras", "torch")
    )
    loss: str = option(
        "mse",
        "mse of gtscore between 0 and 1 (ours, after the paper), or weighted_bce of the frames "
        "in its summary (community code)",
        choices=("mse", "weighted_bce"),
    )
    learning_rate: float = option(1e-3, "Adam's rate", lower_bound=0.0)
    adam_epsilon: float = option(1e-7, "Adam's epsilon, as Keras places it", lower_bound=0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.hidden_size % 2:
            raise UserError(f"hidden_size={self.hidden_size}: it must be even, half per direction.")


class MAvs(KerasMethod):
    """Encoder-decoder with multiplicative attention; trained on gtscore, the last epoch counts."""

    name: ClassVar[str] = "m_avs"
    Settings = MAvsSettings
    needs = frozenset({"features", "gtscore"})
    logs: ClassVar[Mapping[str, Log]] = {"error": Log("loss/error", "error"), **scores_logs()}
    attention: ClassVar[str] = "multiplicative"

    settings: MAvsSettings

    def build(self, seed: int) -> AvsModel:
        settings = self.settings
        selector = AvsSelector(
            self.setup.input_size,
            settings.hidden_size,
            self.attention,
            settings.init,
            seed,
            name="selector",
        )
        return AvsModel(selector, settings.loss, name=self.name)

    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        settings = self.settings
        return {"selector": KerasAdam(settings.learning_rate, epsilon=settings.adam_epsilon)}

    def extras(self, videos: Sequence[Video]) -> Mapping[str, Extra]:
        labels = normalised_importance if self.settings.loss == "mse" else summary_frames
        return {"label": labels(videos)}


@dataclasses.dataclass(frozen=True)
class AAvsSettings(MAvsSettings):
    """Those of M-AVS."""

    method: ClassVar[str] = "a_avs"


class AAvs(MAvs):
    """Encoder-decoder with additive attention."""

    name: ClassVar[str] = "a_avs"
    Settings = AAvsSettings
    attention: ClassVar[str] = "additive"
