"""Two layers of LSTMs, the shape of every recurrent part of the method but the decoder."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.lstm import LSTM

__all__ = ["StackedLSTM"]

LAYERS = 2


class StackedLSTM(keras.layers.Layer):
    """Two LSTM layers, one- or bidirectional, built on construction.

    Args:
      input_size: D.
      units: H, per direction.
      initializers: where the initial weights come from.
      bidirectional: a second LSTM per layer reads backwards; outputs are (forward, backward), 2H wide.
      reverse: a one-directional stack that runs from the last step to the first.

    Call arguments:
      x: float [batch, time, D]; mask: bool [batch, time] or None.
      states: ((h, c), (h, c)) to start the layers from; one-directional stacks only; zeros when None.

    Returns:
      (outputs float [batch, time, H or 2H] of the top layer, [(h, c), ...] final states per layer and direction).
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        initializers: Initializers,
        bidirectional: bool = False,
        reverse: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units = units
        self.directions = (False, True) if bidirectional else (reverse,)
        self.cells: list[LSTM] = []
        for layer in range(LAYERS):
            size = input_size if layer == 0 else units * len(self.directions)
            for reverse_cell in self.directions:
                suffix = ("_backward" if reverse_cell else "_forward") if bidirectional else ""
                cell = LSTM(
                    units,
                    reverse=reverse_cell,
                    name=f"layer_{layer}{suffix}",
                    dtype=self.dtype_policy,
                    **initializers.lstm(units),
                )
                cell.build((None, None, size))
                self.cells.append(cell)
        self.built = True

    def call(
        self, x: tf.Tensor, mask: tf.Tensor | None = None, states: Any = None
    ) -> tuple[tf.Tensor, list[tuple[tf.Tensor, tf.Tensor]]]:
        finals = []
        for layer in range(LAYERS):
            outputs = []
            for n in range(len(self.directions)):
                cell = self.cells[layer * len(self.directions) + n]
                output, h, c = cell(
                    x, mask=mask, initial_state=None if states is None else states[layer]
                )
                outputs.append(output)
                finals.append((h, c))
            x = outputs[0] if len(outputs) == 1 else tf.concat(outputs, axis=-1)
        return x, finals
