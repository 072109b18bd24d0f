"""The scorer as a graph made for serving: a module of plain variables, laid out the way the time loop reads them."""

import keras
import numpy as np
import tensorflow as tf

from tf_dictsum.selectors.bilstm import Scorer
from tf_dictsum.selectors.bilstm_graph.loop import run_loop
from tf_dictsum.selectors.bilstm_graph.packed import Packing

__all__ = ["ExportedScorer"]

LAYERS = 2


class ExportedScorer(tf.Module):
    """What `selectors.bilstm.Scorer` computes, for inference only, at any batch size and length and without XLA.

    The input projections are products over all frames before the loop, weights are stored in the order in which the loop
    wants them (gates i, g, f, o), and padding is neither projected nor looped over: see `packed.Packing`.

    Args:
      scorer: built, float32.
    """

    def __init__(self, scorer: Scorer):
        super().__init__(name="scorer")
        units = scorer.compress.units
        gates = np.r_[0:units, 2 * units : 3 * units, units : 2 * units, 3 * units : 4 * units]
        self.input_size = scorer.input_size
        self.units = units
        self.directions = len(scorer.selector.directions)
        self.compress = _dense(scorer.compress, "compress")
        self.score = _dense(scorer.score, "score")
        self.kernels, self.biases, self.recurrent = [], [], []
        for layer in range(LAYERS):
            cells = scorer.selector.cells[layer * self.directions : (layer + 1) * self.directions]
            weights = [
                [array[..., gates] for array in cell.get_weights()] for cell in cells
            ]  # [kernel, recurrent kernel, bias]
            names = [f"layer_{layer}_{way}" for way in ("forward", "backward")]
            self.kernels.append(
                [_variable(w[0], f"{name}_kernel") for name, w in zip(names, weights, strict=False)]
            )
            self.recurrent.append(
                [
                    _variable(w[1], f"{name}_recurrent")
                    for name, w in zip(names, weights, strict=False)
                ]
            )
            self.biases.append(
                [_variable(w[2], f"{name}_bias") for name, w in zip(names, weights, strict=False)]
            )

    def __call__(self, features: tf.Tensor, lengths: tf.Tensor) -> dict[str, tf.Tensor]:
        """Scores of the sampled frames of several videos.

        Args:
          features: float32 [batch, time, D]; what lies past a video's length is not looked at.
          lengths: int32 [batch], sampled frames of every video; outside 0..time it is taken as the nearest of these.

        Returns:
          {"scores": float32 [batch, time] in (0, 1), zero past the length; "lengths": int32 [batch], as they were used}
        """
        features = tf.ensure_shape(features, [None, None, self.input_size])
        lengths = tf.ensure_shape(lengths, [None])
        batch, time = tf.unstack(tf.shape(features)[:2])
        one_each = tf.debugging.assert_equal(
            tf.size(lengths), batch, "lengths must have one entry for every video of features."
        )
        with tf.control_dependencies([one_each]):
            lengths = tf.clip_by_value(lengths, 0, time)
        packing = Packing.of(lengths, time)
        x = _product(packing.pack(features), *self.compress)
        for layer in range(LAYERS):
            ways = zip(
                (x, tf.gather(x, packing.mirror)),
                self.kernels[layer],
                self.biases[layer],
                strict=False,
            )
            recurrent = [tf.convert_to_tensor(u) for u in self.recurrent[layer]]
            outputs = run_loop([_product(*way) for way in ways], recurrent, packing)
            outputs[1:] = [tf.gather(output, packing.mirror) for output in outputs[1:]]
            x = tf.concat(outputs, axis=-1)
        scores = packing.unpack(tf.sigmoid(_product(x, *self.score)[:, 0]))
        return {"scores": scores, "lengths": lengths}


def _variable(value: np.ndarray, name: str) -> tf.Variable:
    return tf.Variable(np.ascontiguousarray(value, np.float32), trainable=False, name=name)


def _dense(layer: keras.layers.Dense, name: str) -> tuple[tf.Variable, tf.Variable]:
    kernel, bias = layer.get_weights()
    return _variable(kernel, f"{name}_kernel"), _variable(bias, f"{name}_bias")


def _product(x: tf.Tensor, kernel: tf.Variable, bias: tf.Variable) -> tf.Tensor:
    return tf.matmul(x, kernel) + bias
