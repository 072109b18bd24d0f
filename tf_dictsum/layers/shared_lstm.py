"""One LSTM that reads a sequence in both directions with the same weights."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.lstm import LSTM, project
from tf_dictsum.layers.lstm_kernel import lstm_recurrence

__all__ = ["SharedLSTM"]


class SharedLSTM(keras.layers.Layer):
    """Reads forwards and backwards with ONE set of weights, both from the same initial state.

    The public code of vsLSTM does so; a usual bidirectional LSTM has a set per direction.

    Args:
      input_size: D.
      units: H, per direction.
      initializers: arguments for `LSTM`.

    Call arguments:
      x: float [batch, time, D]; mask: bool [batch, time] or None; initial_state: (h, c), float
        [batch, H] each.

    Returns:
      (forward, backward), float [batch, time, H] each, at their own time, zero where masked.
    """

    def __init__(self, input_size: int, units: int, initializers: dict[str, Any], **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.cell = LSTM(units, name="cell", dtype=self.dtype_policy, **initializers)
        self.cell.build((None, None, input_size))
        self.built = True

    def call(
        self,
        x: tf.Tensor,
        initial_state: tuple[tf.Tensor, tf.Tensor],
        mask: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        cell = self.cell
        z = project(x, tf.convert_to_tensor(cell.kernel), tf.convert_to_tensor(cell.bias))
        z = tf.transpose(z, [1, 0, 2])
        recurrent_kernel = tf.convert_to_tensor(cell.recurrent_kernel)
        time_mask = None if mask is None else tf.transpose(mask)
        outputs = []
        for reverse in (False, True):
            hs, _ = lstm_recurrence(
                z, recurrent_kernel, *initial_state, time_mask, reverse, cell.compiled
            )
            h = tf.transpose(hs, [1, 0, 2])
            if mask is not None:
                h = tf.where(mask[:, :, tf.newaxis], h, tf.zeros_like(h))
            outputs.append(h)
        return outputs[0], outputs[1]
