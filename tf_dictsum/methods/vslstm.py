"""vsLSTM and dppLSTM (Zhang et al., ECCV 2016), supervised."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import tensorflow as tf

from tf_dictsum.data.batches import Extra
from tf_dictsum.data.video import Video
from tf_dictsum.losses.determinantal import negative_log_likelihood, picked_determinant
from tf_dictsum.losses.regression import mean_squared_error
from tf_dictsum.methods.keras_method import KerasMethod
from tf_dictsum.methods.labels import importance, key_frames
from tf_dictsum.methods.logs import Log, scores_logs
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.methods.training_model import Logs, TrainingModel, mean_score, step_mask
from tf_dictsum.methods.zhang_adam import ZhangAdam
from tf_dictsum.selectors.dpp_lstm import DppLstmSelector
from tf_dictsum.util.options import option

__all__ = ["DppLstm", "DppLstmSettings", "VsLstm", "VsLstmModel", "VsLstmSettings"]


class VsLstmModel(TrainingModel):
    """mean((q − label)²), for dppLSTM plus the likelihood of the labelled frames under a DPP.

    Trained on {"features", "lengths", "label" float [batch, time]}; the label is the importance for
    vsLSTM and 1 at the key frames for dppLSTM, also in the squared error.

    Args:
      selector: with a kernel for dppLSTM.
      dpp_loss: "likelihood", what the paper means: log det(L + I) − log det(L_y); "executed", what
        the published code trains because it decides between the two by a Python `if` on a symbolic
        value: det(L_y + I).
      dpp_weight: of that term; 0 without a kernel.
      jitter: see `losses.determinantal`.
    """

    def __init__(
        self,
        selector: DppLstmSelector,
        dpp_loss: str = "likelihood",
        dpp_weight: float = 1.0,
        jitter: float = 1e-6,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.selector = selector
        self.dpp_loss, self.jitter = dpp_loss, jitter
        self.dpp_weight = dpp_weight if selector.kernel_units else 0.0

    @property
    def groups(self) -> dict[str, list[Any]]:
        return {"selector": self.selector.trainable_variables}

    def training_loss(self, data: Mapping[str, Any]) -> tuple[tf.Tensor, Logs]:
        """(total loss averaged over the batch, its parts)."""
        mask = step_mask(data)
        forward = self.selector.forward(data["features"], mask)
        error = tf.reduce_mean(mean_squared_error(forward.importance, data["label"], mask))
        logs = {"error": error, **mean_score(forward.importance, mask)}
        total = error
        if self.dpp_weight:
            v = forward.importance[:, :, tf.newaxis] * forward.kernel
            if self.dpp_loss == "executed":
                term = picked_determinant(v, data["label"], mask)
            else:
                term = negative_log_likelihood(v, data["label"], mask, self.jitter)
            logs["dpp"] = tf.reduce_mean(term)
            total = error + self.dpp_weight * logs["dpp"]
        return total, {**logs, "total": total}

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """One update: the mean gradient of the batch's videos."""
        with tf.GradientTape() as tape:
            total, logs = self.training_loss(data)
        return logs | self.step("selector", tape, total)


@dataclasses.dataclass(frozen=True)
class VsLstmSettings(MethodSettings):
    """Sizes of the paper (the public code reads them from a model file), rate of the public
    code."""

    method: ClassVar[str] = "vslstm"

    hidden_size: int = option(256, "H of the LSTM, per direction, and of the MLPs", lower_bound=1)
    learning_rate: float = option(1e-3, "rate of the public code's Adam", lower_bound=0.0)


class VsLstm(KerasMethod):
    """Importance by one LSTM that reads both ways; trained on gtscore. The published run takes 100
    updates of ten videos each (batch_size=10) and is tested on another data set than it is trained
    on."""

    name: ClassVar[str] = "vslstm"
    Settings = VsLstmSettings
    needs = frozenset({"features", "gtscore"})
    logs: ClassVar[Mapping[str, Log]] = {
        "total": Log("loss/total"),
        "error": Log("loss/error", "error"),
        **scores_logs(),
    }

    settings: VsLstmSettings

    def build(self, seed: int) -> VsLstmModel:
        size = self.settings.hidden_size
        selector = DppLstmSelector(self.setup.input_size, size, seed=seed, name="selector")
        return VsLstmModel(selector, name="vslstm")

    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        return {"selector": ZhangAdam(self.settings.learning_rate)}

    def extras(self, videos: Sequence[Video]) -> Mapping[str, Extra]:
        return {"label": importance(videos)}


@dataclasses.dataclass(frozen=True)
class DppLstmSettings(VsLstmSettings):
    """Those of vsLSTM, and of the DPP."""

    method: ClassVar[str] = "dpplstm"

    kernel_size: int = option(256, "width of the DPP's kernel features", lower_bound=1)
    dpp_loss: str = option(
        "likelihood",
        "likelihood (what the paper means) or executed (what the published code trains, by a slip)",
        choices=("likelihood", "executed"),
    )
    dpp_weight: float = option(1.0, "weight of the DPP's term", lower_bound=0.0)
    dpp_jitter: float = option(
        1e-6,
        "share of its mean that is added to the diagonal of the key frames' kernel, so that "
        "equal frames are not infinitely unlikely (ours); 0: the paper's formula",
        lower_bound=0.0,
    )
    scores: str = option(
        "quality",
        "quality: q² |k|², as the published evaluation but for its search (ours); importance: q",
        choices=("quality", "importance"),
    )


class DppLstm(VsLstm):
    """vsLSTM with a determinantal point process; its labels are key frames, in the squared error
    too. The key frames are ours (`labels.key_frames`): the published runs come with their own."""

    name: ClassVar[str] = "dpplstm"
    Settings = DppLstmSettings
    logs: ClassVar[Mapping[str, Log]] = {**VsLstm.logs, "dpp": Log("loss/dpp", "dpp")}

    settings: DppLstmSettings

    def build(self, seed: int) -> VsLstmModel:
        settings = self.settings
        selector = DppLstmSelector(
            self.setup.input_size,
            settings.hidden_size,
            settings.kernel_size,
            settings.scores,
            seed,
            name="selector",
        )
        return VsLstmModel(
            selector, settings.dpp_loss, settings.dpp_weight, settings.dpp_jitter, name="dpplstm"
        )

    def extras(self, videos: Sequence[Video]) -> Mapping[str, Extra]:
        return {"label": key_frames(videos)}
