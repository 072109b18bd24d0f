"""The discriminator C."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.stacked_lstm import StackedLSTM

__all__ = ["Discriminator"]


@keras.saving.register_keras_serializable("tf_dictsum")
class Discriminator(keras.Model):
    """Two-layer LSTM; φ is the top layer's last hidden state, C = sigmoid(Linear φ).

    Args:
      units: H, also the width of what it reads.
      init: where the initial weights come from: "torch", "keras" or the `Initializers` of a larger
        model.
      seed: of the initial weights, unless `init` is an `Initializers`.

    Call arguments:
      x: float [batch, time, H], an original (compressed) or rebuilt video; mask: bool [batch, time]
        or None.

    Returns:
      (φ float [batch, H], C float [batch]).
    """

    def __init__(
        self, units: int, init: str | Initializers = "torch", seed: int = 0, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.initializers = initializers = Initializers.of(init, seed)
        self.units = units
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

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.initializers.get_config(), "units": self.units}
