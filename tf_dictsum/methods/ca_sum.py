"""CA-SUM (Apostolidis et al., ICMR 2022), unsupervised: concentrated attention and a length loss."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.losses.adversarial import sparsity_loss
from tf_dictsum.methods.dropout import dropout_of
from tf_dictsum.methods.training_model import Logs, TrainingModel, mean_score, step_mask
from tf_dictsum.selectors.ca_sum import CaSumSelector

__all__ = ["CaSumModel"]


class CaSumModel(TrainingModel):
    """|mean s − σ|, its gradients summed (not averaged) over the videos of a batch.

    Trained on {"features", "lengths"}. Optional "dropout_masks": two tensors that replace the model's own draws.

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

    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """One update."""
        with tf.GradientTape() as tape:
            losses, scores = self.training_loss(data)
            total = tf.reduce_sum(losses)
        logs = {"length": tf.reduce_mean(losses), **mean_score(scores, step_mask(data))}
        return logs | self.step("selector", tape, total)
