"""M-AVS and A-AVS (Ji et al., arXiv 1708.09545), supervised: attention-based encoder-decoders."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tf_dictsum.losses.regression import mean_squared_error, weighted_cross_entropy
from tf_dictsum.methods.training_model import Logs, TrainingModel, mean_score, step_mask
from tf_dictsum.selectors.avs import AvsSelector

__all__ = ["AvsModel"]


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

    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """One update."""
        with tf.GradientTape() as tape:
            loss, scores = self.training_loss(data)
        logs = {"error": loss, **mean_score(scores, step_mask(data))}
        return logs | self.step("selector", tape, loss)
