"""The dictionary A of the dictionary loss."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers

__all__ = ["Dictionary"]


@keras.saving.register_keras_serializable("tf_dictsum")
class Dictionary(keras.layers.Layer):
    """A learned matrix A [N, H] without bias, Glorot uniform: reads the summary's encoding e,
    predicts h.

    Args:
      input_size: H, width of e.
      output_size: N, width of the parallel encoder's h.
      init: "torch", "keras" or the `Initializers` of a larger model; A is Glorot uniform with each.
      seed: of A's initial value, unless `init` is an `Initializers`.
    """

    def __init__(
        self,
        input_size: int,
        output_size: int,
        init: str | Initializers = "torch",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.initializers = Initializers.of(init, seed)
        self.input_size, self.output_size = input_size, output_size
        self.matrix = self.add_weight(
            shape=(output_size, input_size), initializer=self.initializers.glorot(), name="A"
        )
        self.built = True

    def call(self, e: tf.Tensor) -> tf.Tensor:
        """e float [batch, H] -> A e float [batch, N]."""
        return tf.matmul(e, tf.convert_to_tensor(self.matrix), transpose_b=True)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.initializers.get_config(),
            "input_size": self.input_size,
            "output_size": self.output_size,
        }
