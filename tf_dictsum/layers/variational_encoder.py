"""The encoder of the variational methods."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.lstm import project
from tf_dictsum.layers.stacked_lstm import StackedLSTM

__all__ = ["Code", "VariationalEncoder"]


class Code(NamedTuple):
    """What an encoder says of a sequence; [batch, ...]."""

    outputs: tf.Tensor  # of the top layer, [batch, time, H]
    mean: tf.Tensor  # μ [batch, 2 layers, H]
    log_variance: tf.Tensor  # log σ² [batch, 2 layers, H]
    state: tuple[tf.Tensor, ...]  # (lower z, lower c, upper z, upper c), where a decoder starts


@keras.saving.register_keras_serializable("tf_dictsum")
class VariationalEncoder(keras.layers.Layer):
    """Two-layer LSTM; of the final h of both layers μ = Linear(h) and log σ², z = μ + noise · σ; c
    passes unchanged.

    Args:
      input_size: D; units: H.
      softplus: log σ² = log(softplus(Linear(h))), as SUM-GAN's public code; else Linear(h).
      init: "torch", "keras" or the `Initializers` of a larger model.
      seed: of the initial weights, unless `init` is an `Initializers`.

    Call arguments:
      x: float [batch, time, D]; noise: float [batch, 2 layers, H], standard normal; mask: bool
        [batch, time].
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        softplus: bool = True,
        init: str | Initializers = "torch",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.initializers = initializers = Initializers.of(init, seed)
        self.input_size, self.units, self.softplus = input_size, units, softplus
        self.lstm = StackedLSTM(
            input_size, units, initializers, name="lstm", dtype=self.dtype_policy
        )
        self.mean = self._dense("mean")
        self.variance = self._dense("variance")
        self.built = True

    def _dense(self, name: str) -> keras.layers.Dense:
        units = self.units
        layer = keras.layers.Dense(
            units, name=name, dtype=self.dtype_policy, **self.initializers.dense(units)
        )
        layer.build((None, units))
        return layer

    def call(self, x: tf.Tensor, noise: tf.Tensor, mask: tf.Tensor | None = None) -> Code:
        outputs, states = self.lstm(x, mask=mask)
        h = tf.stack([h for h, _ in states], axis=1)
        mean = project(
            h, tf.convert_to_tensor(self.mean.kernel), tf.convert_to_tensor(self.mean.bias)
        )
        log_variance = project(
            h, tf.convert_to_tensor(self.variance.kernel), tf.convert_to_tensor(self.variance.bias)
        )
        if self.softplus:
            log_variance = tf.math.log(tf.nn.softplus(log_variance))
        z = mean + noise * tf.exp(0.5 * log_variance)
        state = (z[:, 0], states[0][1], z[:, 1], states[1][1])
        return Code(outputs, mean, log_variance, state)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.initializers.get_config(),
            "input_size": self.input_size,
            "units": self.units,
            "softplus": self.softplus,
        }
