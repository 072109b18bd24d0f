"""The scorer as a graph made for serving: a module of plain variables, laid out the way the time loop reads them."""

import numpy as np
import tensorflow as tf

from tf_dictsum.models.scorer import Scorer
from tf_dictsum.serving.bidirectional_loop import run_loop

__all__ = ["ExportedScorer"]

LAYERS = 2


class ExportedScorer(tf.Module):
    """What `models.scorer.Scorer` computes, for inference only, at any batch size and length and without XLA.

    The input projections of both directions are one product before the loop, weights are stored in the order in which
    the loop wants them (gates i, f, o, g: the three sigmoids lie side by side), and a backward direction reads every
    video reversed within its own length, so that no step needs a mask.

    Args:
      scorer: built, float32.
    """

    def __init__(self, scorer: Scorer):
        super().__init__(name="scorer")
        units = scorer.compress.units
        gates = np.r_[0 : 2 * units, 3 * units : 4 * units, 2 * units : 3 * units]
        self.input_size = scorer.input_size
        self.units = units
        self.directions = len(scorer.selector.directions)
        self.compress = _dense(scorer.compress, "compress")
        self.score = _dense(scorer.score, "score")
        self.kernels, self.biases, self.recurrent = [], [], []
        for layer in range(LAYERS):
            cells = scorer.selector.cells[layer * self.directions : (layer + 1) * self.directions]
            weights = [[array[..., gates] for array in cell.get_weights()] for cell in cells]  # [kernel, recurrent kernel, bias]
            self.kernels.append(_variable(np.concatenate([w[0] for w in weights], axis=1), f"layer_{layer}_kernel"))
            self.biases.append(_variable(np.concatenate([w[2] for w in weights]), f"layer_{layer}_bias"))
            self.recurrent.append([_variable(w[1], f"layer_{layer}_recurrent_{n}") for n, w in enumerate(weights)])

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
        lengths = tf.clip_by_value(lengths, 0, time)
        features = tf.pad(features, [[0, 0], [0, tf.cast(tf.equal(time, 0), tf.int32)], [0, 0]])  # the loop needs a step
        x = _product(tf.transpose(features, [1, 0, 2]), *self.compress)
        for layer in range(LAYERS):
            z = _product(x, self.kernels[layer], self.biases[layer])
            parts = list(tf.split(z, self.directions, axis=-1))
            parts[1:] = [_reverse(part, lengths) for part in parts[1:]]
            outputs = run_loop(parts, self.recurrent[layer])
            outputs[1:] = [_reverse(output, lengths) for output in outputs[1:]]
            x = tf.concat(outputs, axis=-1)
        scores = tf.sigmoid(_product(x, *self.score)[..., 0])
        scores = tf.transpose(scores)[:, :time]
        scores = tf.where(tf.sequence_mask(lengths, time), scores, tf.zeros([batch, time]))
        return {"scores": scores, "lengths": lengths}


def _variable(value: np.ndarray, name: str) -> tf.Variable:
    return tf.Variable(np.ascontiguousarray(value, np.float32), trainable=False, name=name)


def _dense(layer: "tf.Module", name: str) -> tuple[tf.Variable, tf.Variable]:
    kernel, bias = layer.get_weights()
    return _variable(kernel, f"{name}_kernel"), _variable(bias, f"{name}_bias")


def _product(x: tf.Tensor, kernel: tf.Variable, bias: tf.Variable) -> tf.Tensor:
    """x [time, batch, K] times kernel [K, N] plus bias [N]: one matrix product for all steps."""
    flat = tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), kernel) + bias
    return tf.reshape(flat, tf.concat([tf.shape(x)[:2], [kernel.shape[-1]]], axis=0))


def _reverse(x: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    return tf.reverse_sequence(x, lengths, seq_axis=0, batch_axis=1)
