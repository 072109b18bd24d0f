"""The decoders of M-AVS and A-AVS: an LSTM that writes one score after another."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_dictsum.layers.lstm_kernel import cell

__all__ = ["START", "additive_loop", "multiplicative_loop"]

START = 2.0  # fed to the first step instead of a previous score


def multiplicative_loop(
    memory: tf.Tensor,
    mask: tf.Tensor,
    h: tf.Tensor,
    c: tf.Tensor,
    kernel: tf.Tensor,
    recurrent: tf.Tensor,
    bias: tf.Tensor,
    attention: tf.Tensor,
    mix: tf.Tensor,
    mix_bias: tf.Tensor,
    out: tf.Tensor,
    out_bias: tf.Tensor,
) -> tf.Tensor:
    """M-AVS: h_t = LSTM(y_{t−1}); a = softmax_j(h_t · E_j W); y_t = σ(w · tanh(W_c [Σ a_j E_j; h_t]
    + b) + b′).

    Args:
      memory: E float [batch, time, U], the encoder's outputs; mask: bool [batch, time].
      h, c: float [batch, U], the first state.
      kernel [1, 4U], recurrent [U, 4U], bias [4U]: of the LSTM.
      attention [U, U], mix [2U, U], mix_bias [U], out [U, 1], out_bias [1]: W, W_c, b, w, b′.

    Returns:
      scores float [batch, time].
    """
    keys = tf.einsum("btu,uv->btv", memory, attention)

    def step(y: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> tuple[tf.Tensor, ...]:
        h, c, _ = cell(y * kernel + tf.matmul(h, recurrent) + bias, c)
        weights = _softmax(tf.linalg.matvec(keys, h), mask)
        context = tf.linalg.matvec(memory, weights, transpose_a=True)
        mixed = tf.tanh(tf.matmul(tf.concat([context, h], axis=-1), mix) + mix_bias)
        return tf.sigmoid(tf.matmul(mixed, out) + out_bias), h, c

    return _decode(step, memory, h, c)


def additive_loop(
    memory: tf.Tensor,
    mask: tf.Tensor,
    h: tf.Tensor,
    c: tf.Tensor,
    kernel: tf.Tensor,
    recurrent: tf.Tensor,
    bias: tf.Tensor,
    query: tf.Tensor,
    attention: tf.Tensor,
    scale: tf.Tensor,
    out: tf.Tensor,
    out_bias: tf.Tensor,
) -> tf.Tensor:
    """A-AVS: a = softmax_j(s · tanh(h_{t−1} W₁ + E_j W₂)); h_t = LSTM([Σ a_j E_j; y_{t−1}]); y_t =
    σ(w · h_t + b).

    Arguments as `multiplicative_loop`, with kernel [U + 1, 4U], query W₁ [U, U], attention W₂ [U,
    U], scale s [U].
    """
    keys = tf.einsum("btu,uv->btv", memory, attention)

    def step(y: tf.Tensor, h: tf.Tensor, c: tf.Tensor) -> tuple[tf.Tensor, ...]:
        weights = _softmax(_additive_logits(tf.matmul(h, query), keys, scale), mask)
        context = tf.linalg.matvec(memory, weights, transpose_a=True)
        inputs = tf.concat([context, y], axis=-1)
        h, c, _ = cell(tf.matmul(inputs, kernel) + tf.matmul(h, recurrent) + bias, c)
        return tf.sigmoid(tf.matmul(h, out) + out_bias), h, c

    return _decode(step, memory, h, c)


def _softmax(logits: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    return tf.nn.softmax(tf.where(mask, logits, logits.dtype.min))


@tf.custom_gradient
def _additive_logits(
    query: tf.Tensor, keys: tf.Tensor, scale: tf.Tensor
) -> tuple[tf.Tensor, Callable[..., Any]]:
    """s · tanh(query + keys_j) float [batch, time], with the tanh computed again for the gradient.

    Kept instead, the tanh of all steps would be float [time, batch, time, U]: 1.7 GB at T = 1300.
    """

    def activations() -> tf.Tensor:
        return tf.tanh(query[:, tf.newaxis] + keys)

    def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, ...]:
        values = activations()
        dkeys = dy[..., tf.newaxis] * scale * (1 - values * values)
        return tf.reduce_sum(dkeys, axis=1), dkeys, tf.einsum("bt,btu->u", dy, values)

    return tf.linalg.matvec(activations(), scale), gradient


def _decode(
    step: Callable[..., tuple[tf.Tensor, ...]], memory: tf.Tensor, h: tf.Tensor, c: tf.Tensor
) -> tf.Tensor:
    """Scores float [batch, time]; step: (y [batch, 1], h, c) -> the next ones."""
    time = tf.shape(memory)[1]
    start = tf.fill([tf.shape(h)[0], 1], tf.constant(START, h.dtype))
    start = tf.ensure_shape(start, [h.shape[0], 1])

    def body(n: tf.Tensor, y: tf.Tensor, h: tf.Tensor, c: tf.Tensor, ys: tf.TensorArray) -> tuple:
        y, h, c = step(y, h, c)
        return n + 1, y, h, c, ys.write(n, y[:, 0])

    array = tf.TensorArray(h.dtype, time, element_shape=h.shape[:1])
    results = tf.while_loop(
        lambda n, *_: n < time,
        body,
        (0, start, h, c, array),
        maximum_iterations=time,
        parallel_iterations=1,
    )
    return tf.transpose(results[-1].stack())
