"""The decoder of SUM-GAN-AAE: two stacked LSTM cells that attend over the encoder's outputs."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.attention_kernel import DecoderWeights, attention_recurrence
from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.loops import loops_are_compiled

__all__ = ["AttentionDecoder"]


@keras.saving.register_keras_serializable("tf_dictsum")
class AttentionDecoder(keras.layers.Layer):
    """Rebuilds a sequence from the encoder's outputs, from the last step to the first.

    Every step t: the query (Linear of both cells' previous h) is multiplied with every encoder
      output, softmax over
    time weighs them into a context; the lower cell reads (fed, context), the upper cell the lower
    one's h, and that raw upper h is the output at t. `fed` is zero at the first step and then a
    Linear of the previous output. Both cells start from the encoder's final states, which also make
    the first query.

    Weights: query_kernel [2H, H], query_bias [H]; lower_kernel [2H, 4H] (rows: fed, context),
      lower_recurrent_kernel
    [H, 4H], lower_bias [4H]; upper_kernel, upper_recurrent_kernel [H, 4H], upper_bias [4H];
    feedback_kernel [H, H], feedback_bias [H]. Gates in Keras' order i, f, c, o.

    Args:
      units: H, also the width of the encoder's outputs.
      init: where the initial weights come from: "torch", "keras" or the `Initializers` of a larger
        model.
      seed: of the initial weights, unless `init` is an `Initializers`.

    Call arguments:
      memory: float [batch, time, H], the encoder's outputs.
      state: (lower h, lower c, upper h, upper c), float [batch, H] each.
      mask: bool [batch, time] or None; steps past the end output zero.

    Returns:
      float [batch, time, H].
    """

    def __init__(
        self, units: int, init: str | Initializers = "torch", seed: int = 0, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.initializers = initializers = Initializers.of(init, seed)
        self.compiled = loops_are_compiled()
        self.supports_masking = True
        self.units = units
        query, feedback = initializers.dense(2 * units), initializers.dense(units)
        add = self.add_weight
        self.query_kernel = add(
            shape=(2 * units, units), initializer=query["kernel_initializer"], name="query_kernel"
        )
        self.query_bias = add(
            shape=(units,), initializer=query["bias_initializer"], name="query_bias"
        )
        lower = self._add_cell("lower", 2 * units)
        self.lower_kernel, self.lower_recurrent_kernel, self.lower_bias = lower
        upper = self._add_cell("upper", units)
        self.upper_kernel, self.upper_recurrent_kernel, self.upper_bias = upper
        self.feedback_kernel = add(
            shape=(units, units), initializer=feedback["kernel_initializer"], name="feedback_kernel"
        )
        self.feedback_bias = add(
            shape=(units,), initializer=feedback["bias_initializer"], name="feedback_bias"
        )
        self.built = True

    def _add_cell(self, name: str, inputs: int) -> tuple[keras.Variable, ...]:
        """Kernel [inputs, 4H], recurrent kernel [H, 4H] and bias [4H] of one cell."""
        units, cell = self.units, self.initializers.lstm(self.units)
        kernel = self.add_weight(
            shape=(inputs, 4 * units),
            initializer=cell["kernel_initializer"],
            name=f"{name}_kernel",
        )
        recurrent_kernel = self.add_weight(
            shape=(units, 4 * units),
            initializer=cell["recurrent_initializer"],
            name=f"{name}_recurrent_kernel",
        )
        bias = self.add_weight(
            shape=(4 * units,), initializer=cell["bias_initializer"], name=f"{name}_bias"
        )
        if cell["unit_forget_bias"]:
            forget = keras.ops.arange(4 * units) // units == 1
            bias.assign(bias + keras.ops.cast(forget, bias.dtype))
        return kernel, recurrent_kernel, bias

    def call(
        self, memory: tf.Tensor, state: tuple[tf.Tensor, ...], mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        fed_kernel, context_kernel = tf.split(tf.convert_to_tensor(self.lower_kernel), 2, axis=0)
        feedback_bias = tf.convert_to_tensor(self.feedback_bias)
        weights = DecoderWeights(
            query=tf.convert_to_tensor(self.query_kernel),
            query_bias=tf.convert_to_tensor(self.query_bias),
            context=context_kernel,
            lower=tf.convert_to_tensor(self.lower_recurrent_kernel),
            lower_bias=tf.convert_to_tensor(self.lower_bias),
            fed=tf.matmul(tf.convert_to_tensor(self.feedback_kernel), fed_kernel),
            fed_bias=tf.linalg.matvec(fed_kernel, feedback_bias, transpose_a=True),
            upper_input=tf.convert_to_tensor(self.upper_kernel),
            upper=tf.convert_to_tensor(self.upper_recurrent_kernel),
            upper_bias=tf.convert_to_tensor(self.upper_bias),
        )
        time_mask = None if mask is None else tf.transpose(mask)
        hs = attention_recurrence(
            tf.transpose(memory, [1, 0, 2]), tuple(state), weights, time_mask, self.compiled
        )
        outputs = tf.transpose(hs, [1, 0, 2])
        if mask is not None:
            outputs = tf.where(mask[:, :, tf.newaxis], outputs, tf.zeros_like(outputs))
        return outputs

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.initializers.get_config(), "units": self.units}
