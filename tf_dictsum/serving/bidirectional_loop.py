"""The time loop of the exported scorer: nothing but the recurrent product and the cell, both directions in one loop."""

from collections.abc import Sequence

import tensorflow as tf

__all__ = ["run_loop"]


def run_loop(projections: Sequence[tf.Tensor], recurrent: Sequence[tf.Variable]) -> list[tf.Tensor]:
    """Runs one LSTM layer over all steps.

    i, f, o, g = z_t + h_{t-1} U;  c_t = σ(f) c_{t-1} + σ(i) tanh(g);  h_t = σ(o) tanh(c_t)

    Args:
      projections: per direction float [time, batch, 4H], the input's part of z in the order in which it is to be read;
        gates i, f, o, g.
      recurrent: per direction U, float [H, 4H].

    Returns:
      Per direction h of every step, float [time, batch, H].
    """
    units = recurrent[0].shape[0]
    time, batch = tf.unstack(tf.shape(projections[0])[:2])
    weights = [tf.convert_to_tensor(u) for u in recurrent]
    zeros = tf.zeros([batch, units])

    def step(t: tf.Tensor, states: list, outputs: list) -> tuple:
        states = [_cell(tf.gather(z, t) + tf.matmul(h, u), c, units) for z, u, (h, c) in zip(projections, weights, states, strict=True)]
        return t + 1, states, [output.write(t, h) for output, (h, _) in zip(outputs, states, strict=True)]

    count = len(weights)
    arrays = [tf.TensorArray(tf.float32, time, element_shape=[None, units]) for _ in range(count)]
    loop = (tf.constant(0), [(zeros, zeros)] * count, arrays)
    _, _, outputs = tf.while_loop(lambda t, *_: t < time, step, loop, parallel_iterations=1)
    return [tf.ensure_shape(output.stack(), [None, None, units]) for output in outputs]


def _cell(z: tf.Tensor, c: tf.Tensor, units: int) -> tuple[tf.Tensor, tf.Tensor]:
    sigmoids, candidate = tf.split(z, [3 * units, units], axis=-1)
    i, f, o = tf.split(tf.sigmoid(sigmoids), 3, axis=-1)
    c = f * c + i * tf.tanh(candidate)
    return o * tf.tanh(c), c
