"""Multi-head self-attention with a residual connection, as ACGAN has it."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.masked_attention import masked_softmax

__all__ = ["MultiHeadSelfAttention"]


@keras.saving.register_keras_serializable("tf_dictsum")
class MultiHeadSelfAttention(keras.layers.Layer):
    """Per head A = softmax((X W_f)(X W_g)ᵀ / √d′), O = A (X W_k); Y = concat(O) W_h + X. No biases,
    d′ = D / heads.

    Args:
      input_size: D, a multiple of `heads`.
      heads: number of heads.
      init: "torch", "keras" or the `Initializers` of a larger model; all weights are Glorot
        uniform.
      seed: of the initial weights, unless `init` is an `Initializers`.

    Call arguments:
      x: float [batch, time, D]; mask: bool [batch, time] or None.

    Returns:
      (Y float [batch, time, D], A float [batch, heads, time, time]); A is zero where masked.
    """

    def __init__(
        self,
        input_size: int,
        heads: int = 8,
        init: str | Initializers = "torch",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if input_size % heads:
            raise ValueError(f"{heads} heads cannot share features of width {input_size}.")
        self.supports_masking = True
        self.initializers = Initializers.of(init, seed)
        self.input_size, self.heads = input_size, heads
        shape = (heads, input_size, input_size // heads)
        self.query = self._weight("query", shape)
        self.key = self._weight("key", shape)
        self.value = self._weight("value", shape)
        self.output_kernel = self._weight("output", (input_size, input_size))
        self.built = True

    def _weight(self, name: str, shape: tuple[int, ...]) -> Any:
        return self.add_weight(shape=shape, initializer=self.initializers.glorot(), name=name)

    def call(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        query, key, value = (
            tf.einsum("btd,hde->bhte", x, tf.convert_to_tensor(w))
            for w in (self.query, self.key, self.value)
        )
        scale = (self.input_size // self.heads) ** -0.5
        weights = masked_softmax(scale * tf.matmul(query, key, transpose_b=True), mask)
        heads = tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3])
        joined = tf.reshape(heads, tf.shape(x))
        y = tf.einsum("btd,de->bte", joined, tf.convert_to_tensor(self.output_kernel)) + x
        return y, weights

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.initializers.get_config(),
            "input_size": self.input_size,
            "heads": self.heads,
        }
