"""The dictionary A of the dictionary loss."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers

__all__ = ["Dictionary"]


class Dictionary(keras.layers.Layer):
    """A learned matrix A [N, H] without bias, Glorot uniform: reads the summary's encoding e, predicts h.

    Args:
      input_size: H, width of e.
      output_size: N, width of the parallel encoder's h.
      initializers: where A's initial value comes from.
    """

    def __init__(
        self, input_size: int, output_size: int, initializers: Initializers, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.matrix = self.add_weight(
            shape=(output_size, input_size), initializer=initializers.glorot(), name="A"
        )
        self.built = True

    def call(self, e: tf.Tensor) -> tf.Tensor:
        """e float [batch, H] -> A e float [batch, N]."""
        return tf.matmul(e, tf.convert_to_tensor(self.matrix), transpose_b=True)
