"""Layers of LSTMs on top of each other, the shape of every recurrent part but the decoders."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.lstm import LSTM

__all__ = ["StackedLSTM"]


@keras.saving.register_keras_serializable("tf_dictsum")
class StackedLSTM(keras.layers.Layer):
    """LSTM layers, one- or bidirectional, built on construction.

    Args:
      input_size: D.
      units: H, per direction.
      init: where the initial weights come from: "torch", "keras" or the `Initializers` of a larger
        model.
      bidirectional: a second LSTM per layer reads backwards; outputs are (forward, backward), 2H
        wide.
      reverse: a one-directional stack that runs from the last step to the first.
      seed: of the initial weights, unless `init` is an `Initializers`.
      depth: number of layers.

    Attributes:
      layers: the LSTMs, `layers[layer][direction]`; direction 0 is the only one, or the forward
        one.

    Call arguments:
      x: float [batch, time, D]; mask: bool [batch, time] or None.
      states: ((h, c), ...) to start the layers from; one-directional stacks only; zeros when None.

    Returns:
      (outputs float [batch, time, H or 2H] of the top layer, [(h, c), ...] final states per layer
      and direction).
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        init: str | Initializers = "torch",
        bidirectional: bool = False,
        reverse: bool = False,
        seed: int = 0,
        depth: int = 2,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.initializers = Initializers.of(init, seed)
        self.input_size, self.units, self.depth = input_size, units, depth
        self.bidirectional, self.reverse = bidirectional, reverse
        directions = (False, True) if bidirectional else (reverse,)
        self.cells: list[LSTM] = []  # weight files know the LSTMs by this flat list
        for layer in range(depth):
            size = input_size if layer == 0 else units * len(directions)
            for reverse_cell in directions:
                suffix = ("_backward" if reverse_cell else "_forward") if bidirectional else ""
                cell = LSTM(
                    units,
                    reverse=reverse_cell,
                    name=f"layer_{layer}{suffix}",
                    dtype=self.dtype_policy,
                    **self.initializers.lstm(units),
                )
                cell.build((None, None, size))
                self.cells.append(cell)
        self.built = True

    @property
    def layers(self) -> list[list[LSTM]]:
        """The LSTMs per layer, then per direction."""
        count = 2 if self.bidirectional else 1
        return [list(self.cells[n : n + count]) for n in range(0, len(self.cells), count)]

    def call(
        self, x: tf.Tensor, mask: tf.Tensor | None = None, states: Any = None
    ) -> tuple[tf.Tensor, list[tuple[tf.Tensor, tf.Tensor]]]:
        finals = []
        for layer, cells in enumerate(self.layers):
            outputs = []
            for cell in cells:
                output, h, c = cell(
                    x, mask=mask, initial_state=None if states is None else states[layer]
                )
                outputs.append(output)
                finals.append((h, c))
            x = outputs[0] if len(outputs) == 1 else tf.concat(outputs, axis=-1)
        return x, finals

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.initializers.get_config(),
            "input_size": self.input_size,
            "units": self.units,
            "bidirectional": self.bidirectional,
            "reverse": self.reverse,
            "depth": self.depth,
        }
