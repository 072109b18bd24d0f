"""Layer normalisation by the sample standard deviation, as VASNet has it."""

from typing import Any

import keras
import tensorflow as tf

__all__ = ["SampleNorm"]


@keras.saving.register_keras_serializable("tf_dictsum")
class SampleNorm(keras.layers.Layer):
    """γ (x − mean) / (std + ε) + β over the last axis.

    Unlike keras.layers.LayerNormalization the deviation divides by n − 1 and ε is added to it, not
    to the variance.
    Where all values are equal its gradient is zero instead of NaN.

    Args:
      epsilon: ε.
    """

    def __init__(self, epsilon: float = 1e-6, **kwargs: Any):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.gamma = self.add_weight(shape=input_shape[-1:], initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=input_shape[-1:], initializer="zeros", name="beta")
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        centred = x - tf.reduce_mean(x, axis=-1, keepdims=True)
        variance = tf.reduce_sum(centred * centred, axis=-1, keepdims=True) / (x.shape[-1] - 1)
        positive = variance > 0
        std = tf.sqrt(tf.where(positive, variance, tf.ones_like(variance)))
        std = tf.where(positive, std, tf.zeros_like(std))
        return self.gamma * centred / (std + self.epsilon) + self.beta

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
