"""An LSTM layer for training: the equations and weights of keras.layers.LSTM, with only the
recurrence in the loop.
"""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.loops import loops_are_compiled
from tf_dictsum.layers.lstm_kernel import lstm_recurrence

__all__ = ["LSTM", "project"]


def project(x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor | None = None) -> tf.Tensor:
    """x [..., D] times kernel [D, N], plus bias [N]: float [..., N], as ONE matrix product.

    tf.matmul of a rank-3 x would repeat the kernel for every leading index, and its gradient would
    sum as many kernel-sized products.
    """
    flat = tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), kernel)
    if bias is not None:
        flat = flat + bias
    return tf.reshape(flat, tf.concat([tf.shape(x)[:-1], tf.shape(kernel)[1:]], axis=0))


@keras.saving.register_keras_serializable("tf_dictsum")
class LSTM(keras.layers.Layer):
    """Long short-term memory over a sequence, in either direction.

    Weights `kernel` [D, 4H], `recurrent_kernel` [H, 4H] and `bias` [4H] in keras.layers.LSTM's
    order (i, f, c, o), so `get_weights`/`set_weights` are interchangeable with it. Masked steps (a
    right-padded `mask`) carry the state on and output zero, as keras.layers.LSTM does with
    zero_output_for_mask=True. Unlike it, a reversed layer leaves every output at its own time step,
    and gradients are first-order only (a second order raises
    LookupError).

    Args:
      units: H.
      reverse: run from the last step to the first.
      unit_forget_bias: add one to the forget gate's initial bias.
      kernel_initializer, recurrent_initializer, bias_initializer: as in keras.layers.LSTM.

    Call arguments:
      x: float [batch, time, D], time at least 1.
      mask: bool [batch, time] or None.
      initial_state: (h, c), float [batch, H] each; zeros when None.

    Returns:
      (outputs float [batch, time, H], last h [batch, H], last c [batch, H]).

    Example:
      >>> outputs, h, c = LSTM(5)(tf.zeros([1, 32, 7]))
      >>> outputs.shape, h.shape, c.shape
      (TensorShape([1, 32, 5]), TensorShape([1, 5]), TensorShape([1, 5]))
    """

    def __init__(
        self,
        units: int,
        reverse: bool = False,
        unit_forget_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.reverse = reverse
        self.unit_forget_bias = unit_forget_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.compiled = loops_are_compiled()
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        size = 4 * self.units
        self.kernel = self.add_weight(
            shape=(input_shape[-1], size), initializer=self.kernel_initializer, name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, size),
            initializer=self.recurrent_initializer,
            name="recurrent_kernel",
        )
        self.bias = self.add_weight(shape=(size,), initializer=self.bias_initializer, name="bias")
        if self.unit_forget_bias:
            forget = keras.ops.arange(size) // self.units == 1
            self.bias.assign(self.bias + keras.ops.cast(forget, self.bias.dtype))
        self.built = True

    def call(
        self,
        x: tf.Tensor,
        mask: tf.Tensor | None = None,
        initial_state: tuple[tf.Tensor, tf.Tensor] | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        z = project(x, tf.convert_to_tensor(self.kernel), tf.convert_to_tensor(self.bias))
        return self.recur(tf.transpose(z, [1, 0, 2]), mask, initial_state)

    def recur(
        self,
        z: tf.Tensor,
        mask: tf.Tensor | None = None,
        initial_state: tuple[tf.Tensor, tf.Tensor] | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """As a call, from an input projection float [time, batch, 4H] made elsewhere."""
        if z.shape[0] == 0:
            raise ValueError("an LSTM needs at least one time step, got a sequence of length 0.")
        if initial_state is None:
            zeros = tf.zeros([tf.shape(z)[1], self.units], z.dtype)
            initial_state = (zeros, zeros)
        time_mask = None if mask is None else tf.transpose(mask)
        hs, c = lstm_recurrence(
            z,
            tf.convert_to_tensor(self.recurrent_kernel),
            *initial_state,
            time_mask,
            self.reverse,
            self.compiled,
        )
        h = hs[0] if self.reverse else hs[-1]
        outputs = tf.transpose(hs, [1, 0, 2])
        if mask is not None:
            outputs = tf.where(mask[:, :, tf.newaxis], outputs, tf.zeros_like(outputs))
        return outputs, h, c

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> Any:
        state = (input_shape[0], self.units)
        return (*input_shape[:2], self.units), state, state

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "reverse": self.reverse,
            "unit_forget_bias": self.unit_forget_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": keras.initializers.serialize(self.recurrent_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }
