"""The discriminator C."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.stacked_lstm import StackedLSTM

__all__ = ["Discriminator"]


class Discriminator(keras.Model):
    """Two-layer LSTM; φ is the top layer's last hidden state, C = sigmoid(Linear φ).

    Call arguments:
      x: float [batch, time, H], an original (compressed) or rebuilt video; mask: bool [batch, time] or None.

    Returns:
      (φ float [batch, H], C float [batch]).
    """

    def __init__(self, units: int, initializers: Initializers, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.lstm = StackedLSTM(units, units, initializers, name="lstm", dtype=self.dtype_policy)
        self.out = keras.layers.Dense(
            1, name="out", dtype=self.dtype_policy, **initializers.dense(units)
        )
        self.out.build((None, units))
        self.built = True

    def call(self, x: tf.Tensor, mask: tf.Tensor | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        _, states = self.lstm(x, mask=mask)
        phi = states[-1][0]
        return phi, tf.sigmoid(self.out(phi)[:, 0])
