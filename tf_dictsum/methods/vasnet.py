"""VASNet (Fajtl et al. 2018), supervised: self-attention trained on the mean importance."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.losses.regression import mean_squared_error, min_max
from tf_dictsum.methods.dropout import dropout_of
from tf_dictsum.methods.training_model import Logs, TrainingModel, mean_score, step_mask
from tf_dictsum.selectors.vasnet import VasnetSelector

__all__ = ["VasnetModel"]


class VasnetModel(TrainingModel):
    """Mean squared error between scores and min-max normalised gtscore, with dropout.

    Trained on {"features", "lengths", "gtscore" float [batch, time]}. Optional "dropout_masks": three tensors, each
    0 or 1 / (1 − rate), that replace the model's own draws.

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

    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """One update."""
        with tf.GradientTape() as tape:
            loss, scores = self.training_loss(data)
        logs = {"error": loss, **mean_score(scores, step_mask(data))}
        return logs | self.step("selector", tape, loss)
