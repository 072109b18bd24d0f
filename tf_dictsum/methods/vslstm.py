"""vsLSTM and dppLSTM (Zhang et al., ECCV 2016), supervised."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tf_dictsum.losses.determinantal import negative_log_likelihood, picked_determinant
from tf_dictsum.losses.regression import mean_squared_error
from tf_dictsum.methods.training_model import Logs, TrainingModel, mean_score, step_mask
from tf_dictsum.selectors.dpp_lstm import DppLstmSelector

__all__ = ["VsLstmModel"]


class VsLstmModel(TrainingModel):
    """mean((q − label)²), for dppLSTM plus the likelihood of the labelled frames under a DPP.

    Trained on {"features", "lengths", "label" float [batch, time]}; the label is the importance for vsLSTM and 1 at
    the key frames for dppLSTM, also in the squared error.

    Args:
      selector: with a kernel for dppLSTM.
      dpp_loss: "likelihood", what the paper means: log det(L + I) − log det(L_y); "executed", what the published
        code trains because it decides between the two by a Python `if` on a symbolic value: det(L_y + I).
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

    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """One update: the mean gradient of the batch's videos."""
        with tf.GradientTape() as tape:
            total, logs = self.training_loss(data)
        return logs | self.step("selector", tape, total)
