"""The decoder of the variational methods: two stacked LSTM cells that read their own last
output."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.feedback_kernel import FeedbackWeights, feedback_recurrence
from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.loops import loops_are_compiled
from tf_dictsum.layers.lstm import LSTM, project

__all__ = ["FeedbackDecoder"]


@keras.saving.register_keras_serializable("tf_dictsum")
class FeedbackDecoder(keras.layers.Layer):
    """Rebuilds a sequence from a state, from the last step to the first.

    The lower cell reads zeros at first, then Linear(h of the upper cell at the step before); the
    upper cell reads the lower one's h. Outputs are the upper cell's raw h (SUM-GAN's public code),
    or their Linear (`projected`).

    Args:
      units: H of both cells.
      output_size: width of Linear, and so of what the lower cell reads; None: H.
      projected: return Linear(h) instead of h.
      init: "torch", "keras" or the `Initializers` of a larger model.
      seed: of the initial weights, unless `init` is an `Initializers`.

    Call arguments:
      state: (lower h, lower c, upper h, upper c), float [batch, H] each.
      mask: bool [batch, time], which also says how many steps; steps past the end output zero.

    Returns:
      float [batch, time, H], or [batch, time, output_size] if projected.
    """

    def __init__(
        self,
        units: int,
        output_size: int | None = None,
        projected: bool = False,
        init: str | Initializers = "torch",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.initializers = initializers = Initializers.of(init, seed)
        self.compiled = loops_are_compiled()
        self.units, self.projected = units, projected
        self.output_size = output_size or units
        self.lower = LSTM(units, name="lower", dtype=self.dtype_policy, **initializers.lstm(units))
        self.lower.build((None, None, self.output_size))
        self.upper = LSTM(units, name="upper", dtype=self.dtype_policy, **initializers.lstm(units))
        self.upper.build((None, None, units))
        self.out = keras.layers.Dense(
            self.output_size, name="out", dtype=self.dtype_policy, **initializers.dense(units)
        )
        self.out.build((None, units))
        self.built = True

    def call(self, state: tuple[tf.Tensor, ...], mask: tf.Tensor) -> tf.Tensor:
        lower_kernel = tf.convert_to_tensor(self.lower.kernel)
        out_kernel = tf.convert_to_tensor(self.out.kernel)
        out_bias = tf.convert_to_tensor(self.out.bias)
        weights = FeedbackWeights(
            lower=tf.convert_to_tensor(self.lower.recurrent_kernel),
            lower_bias=tf.convert_to_tensor(self.lower.bias),
            fed=tf.matmul(out_kernel, lower_kernel),
            fed_bias=tf.linalg.matvec(lower_kernel, out_bias, transpose_a=True),
            upper_input=tf.convert_to_tensor(self.upper.kernel),
            upper=tf.convert_to_tensor(self.upper.recurrent_kernel),
            upper_bias=tf.convert_to_tensor(self.upper.bias),
        )
        time_mask = tf.transpose(mask)
        alive = tf.cast(time_mask, out_kernel.dtype)
        started = tf.concat([alive[1:], tf.zeros_like(alive[:1])], axis=0)[:, :, tf.newaxis]
        hs = feedback_recurrence(started, tuple(state), weights, time_mask, self.compiled)
        outputs = tf.transpose(hs, [1, 0, 2])
        if self.projected:
            outputs = project(outputs, out_kernel, out_bias)
        return tf.where(mask[:, :, tf.newaxis], outputs, tf.zeros_like(outputs))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.initializers.get_config(),
            "units": self.units,
            "output_size": self.output_size,
            "projected": self.projected,
        }
