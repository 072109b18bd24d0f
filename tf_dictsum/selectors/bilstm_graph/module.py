"""The selector as a module of plain variables, laid out the way the time loop reads them."""

from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from tf_dictsum.selectors.bilstm_graph.loop import run_loop
from tf_dictsum.selectors.bilstm_graph.packed import Packing
from tf_dictsum.selectors.exported import ExportedSelector

if TYPE_CHECKING:
    from tf_dictsum.selectors.bilstm import BiLSTMSelector

__all__ = ["BiLSTMModule"]


class BiLSTMModule(ExportedSelector):
    """What a `BiLSTMSelector` computes, for inference only, at any batch size and length and
    without XLA.

    The input projections are products over all frames before the loop, weights are stored in the
    order in which the loop wants them (gates i, g, f, o), and padding is neither projected nor
    looped over: see `packed.Packing`.

    Args:
      selector: float32.
    """

    def __init__(self, selector: "BiLSTMSelector"):
        super().__init__(selector.input_size, name="scorer")
        units = selector.units
        gates = np.r_[0:units, 2 * units : 3 * units, units : 2 * units, 3 * units : 4 * units]
        self.compress = _dense(selector.compress, "compress")
        self.score = _dense(selector.score, "score")
        self.kernels: list[list[tf.Variable]] = []
        self.recurrent: list[list[tf.Variable]] = []
        self.biases: list[list[tf.Variable]] = []
        roles = {"kernel": self.kernels, "recurrent": self.recurrent, "bias": self.biases}
        for number, layer in enumerate(selector.selector.layers):
            weights = [[array[..., gates] for array in lstm.get_weights()] for lstm in layer]
            for place, (role, variables) in enumerate(roles.items()):
                names = [f"layer_{number}_{way}_{role}" for way in ("forward", "backward")]
                variables.append(
                    [_variable(w[place], name) for name, w in zip(names, weights, strict=False)]
                )

    def scores(self, features: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        packing = Packing.of(lengths, tf.shape(features)[1])
        x = _product(packing.pack(features), *self.compress)
        for kernels, recurrent, biases in zip(
            self.kernels, self.recurrent, self.biases, strict=True
        ):
            inputs = (x, tf.gather(x, packing.mirror))[: len(kernels)]
            projections = [_product(*way) for way in zip(inputs, kernels, biases, strict=True)]
            matrices = [tf.convert_to_tensor(u) for u in recurrent]
            outputs = run_loop(projections, matrices, packing)
            outputs[1:] = [tf.gather(output, packing.mirror) for output in outputs[1:]]
            x = tf.concat(outputs, axis=-1)
        return packing.unpack(tf.sigmoid(_product(x, *self.score)[:, 0]))


def _variable(value: np.ndarray, name: str) -> tf.Variable:
    return tf.Variable(np.ascontiguousarray(value, np.float32), trainable=False, name=name)


def _dense(layer: keras.layers.Dense, name: str) -> tuple[tf.Variable, tf.Variable]:
    kernel, bias = layer.get_weights()
    return _variable(kernel, f"{name}_kernel"), _variable(bias, f"{name}_bias")


def _product(x: tf.Tensor, kernel: tf.Variable, bias: tf.Variable) -> tf.Tensor:
    return tf.matmul(x, kernel) + bias
