"""A sigmoid of a weighted sum of the features, frame by frame."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.lstm import project
from tf_dictsum.selectors.base import Selector

__all__ = ["LinearSelector"]


@keras.saving.register_keras_serializable("tf_dictsum")
class LinearSelector(Selector):
    """σ(w · x_t + b), zeros until its weights are set: what a logistic regression has learned.

    Args:
      input_size: D.

    Call arguments:
      features: float [batch, time, D]; mask: bool [batch, time] or None.

    Returns:
      scores float [batch, time] in (0, 1), zero where masked.
    """

    def __init__(self, input_size: int, **kwargs: Any):
        super().__init__(input_size, **kwargs)
        self.weight = self.add_weight(shape=(input_size, 1), initializer="zeros", name="weight")
        self.bias = self.add_weight(shape=(1,), initializer="zeros", name="bias")
        self.built = True

    def call(self, features: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        weight, bias = tf.convert_to_tensor(self.weight), tf.convert_to_tensor(self.bias)
        scores = tf.sigmoid(project(features, weight, bias)[..., 0])
        return scores if mask is None else tf.where(mask, scores, tf.zeros_like(scores))
