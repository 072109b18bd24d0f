"""The recurrence of the variational decoders, and its gradient: two LSTM cells that read their own
last output.

As in `layers.attention_kernel`, without the attention: the feedback Linear is folded into the lower
cell's input weights, the gradient loop keeps dz of both cells, and the gradients of the weights are
matmuls over all steps after it.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tf_dictsum.layers.loops import Compiled, call_loop
from tf_dictsum.layers.lstm_kernel import (
    cell,
    cell_gradient,
    cell_gradient_factors,
    first_order_only,
    shift_time,
)

__all__ = ["FeedbackWeights", "feedback_recurrence"]


class FeedbackWeights(NamedTuple):
    """Weights of one step, H wide; gate order i, f, c, o.

    lower [H, 4H] and lower_bias [4H] belong to the lower cell, fed [H, 4H] and fed_bias [4H] are
    what it reads of the previous output; upper_input [H, 4H], upper [H, 4H] and upper_bias [4H]
    belong to the upper cell.
    """

    lower: tf.Tensor
    lower_bias: tf.Tensor
    fed: tf.Tensor
    fed_bias: tf.Tensor
    upper_input: tf.Tensor
    upper: tf.Tensor
    upper_bias: tf.Tensor


class _Trace(NamedTuple):
    """What the forward loop leaves for the gradient, each [time, batch, ...]."""

    h1: tf.Tensor
    c1: tf.Tensor
    gates1: tf.Tensor
    h2: tf.Tensor
    c2: tf.Tensor
    gates2: tf.Tensor


def feedback_recurrence(
    started: tf.Tensor,
    state: tuple[tf.Tensor, ...],
    weights: FeedbackWeights,
    mask: tf.Tensor | None = None,
    compiled: Compiled = False,
) -> tf.Tensor:
    """Decodes from the last step to the first; the output of a step stays at its own time.

    Args:
      started: float [time, batch, 1], 1 where an earlier decoder step (t + 1) exists, else 0:
        nothing is fed there.
      state: (lower h, lower c, upper h, upper c), float [batch, H] each.
      weights: see FeedbackWeights.
      mask: bool [time, batch], False past the end of a sequence; None: all steps count.
      compiled: run the loops through XLA, whatever the rest does.

    Returns:
      float [time, batch, H], the upper cell's h after every step. First-order gradients only.
    """

    @tf.custom_gradient
    def recurrence(*tensors: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        trace = _Trace(*call_loop(_forward, (started, *tensors, mask), compiled))

        def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, ...]:
            @first_order_only
            def backward(dy: tf.Tensor, *tensors: tf.Tensor) -> tuple[tf.Tensor, ...]:
                state, weights = tensors[:4], FeedbackWeights(*tensors[4:11])
                trace = _Trace(*tensors[11:])
                return _backward(dy, started, state, weights, trace, mask, compiled)

            return backward(dy, *tensors, *trace)

        return trace.h2, gradient

    return recurrence(*state, *weights)


def _forward(started: tf.Tensor, *tensors: tf.Tensor | None) -> _Trace:
    state, w, mask = tensors[:4], FeedbackWeights(*tensors[4:11]), tensors[11]
    time, batch, size = tf.shape(started)[0], started.shape[1], w.lower.shape[0]
    from_upper = tf.concat([w.fed, w.upper], axis=1)  # [H, 8H]

    def step(
        n: tf.Tensor,
        h1: tf.Tensor,
        c1: tf.Tensor,
        h2: tf.Tensor,
        c2: tf.Tensor,
        *arrays: tf.TensorArray,
    ) -> tuple:
        t = time - 1 - n
        fed, upper = tf.split(tf.matmul(h2, from_upper), 2, axis=-1)
        z1 = tf.matmul(h1, w.lower) + started[t] * (fed + w.fed_bias) + w.lower_bias
        h1_next, c1_next, gates1 = cell(z1, c1)
        z2 = tf.matmul(h1_next, w.upper_input) + upper + w.upper_bias
        h2_next, c2_next, gates2 = cell(z2, c2)
        if mask is not None:
            alive = mask[t][:, tf.newaxis]
            h1_next, c1_next = tf.where(alive, h1_next, h1), tf.where(alive, c1_next, c1)
            h2_next, c2_next = tf.where(alive, h2_next, h2), tf.where(alive, c2_next, c2)
        values = (h1_next, c1_next, gates1, h2_next, c2_next, gates2)
        written = (a.write(t, v) for a, v in zip(arrays, values, strict=True))
        return (n + 1, h1_next, c1_next, h2_next, c2_next, *written)

    widths = (size, size, 4 * size, size, size, 4 * size)
    arrays = [tf.TensorArray(w.lower.dtype, time, element_shape=[batch, n]) for n in widths]
    results = tf.while_loop(
        lambda n, *_: n < time,
        step,
        (0, *state, *arrays),
        maximum_iterations=time,
        parallel_iterations=1,
    )
    return _Trace(*(array.stack() for array in results[5:]))


def _backward_loop(
    dy: tf.Tensor, started: tf.Tensor, *tensors: tf.Tensor | None
) -> tuple[tf.Tensor, ...]:
    """dy, started, c1 and c2 before the first step, weights, trace, mask -> state gradients; dz1,
    dz2 of all steps."""
    c1_first, c2_first, w = *tensors[:2], FeedbackWeights(*tensors[2:9])
    trace, mask = _Trace(*tensors[9:15]), tensors[15]
    time, batch, size = tf.shape(dy)[0], dy.shape[1], dy.shape[-1]
    lower_inputs = tf.transpose(tf.concat([w.lower, w.fed], axis=0))  # [4H, 2H]
    upper_inputs = tf.transpose(tf.concat([w.upper_input, w.upper], axis=0))  # [4H, 2H]
    alive = None if mask is None else tf.cast(mask, dy.dtype)[:, :, tf.newaxis]
    factors1 = cell_gradient_factors(
        trace.gates1, trace.c1, shift_time(trace.c1, c1_first, True), alive
    )
    factors2 = cell_gradient_factors(
        trace.gates2, trace.c2, shift_time(trace.c2, c2_first, True), alive
    )

    def step(
        n: tf.Tensor,
        dh1: tf.Tensor,
        dc1: tf.Tensor,
        dh2: tf.Tensor,
        dc2: tf.Tensor,
        *arrays: tf.TensorArray,
    ) -> tuple:
        dh2 = dh2 + dy[n]
        dz2, dc2_before = cell_gradient(dh2, dc2, factors2, n)
        dh1_up, dh2_before = tf.split(tf.matmul(dz2, upper_inputs), 2, axis=-1)
        dz1, dc1_before = cell_gradient(dh1 + dh1_up, dc1, factors1, n)
        dh1_before, dfed = tf.split(tf.matmul(dz1, lower_inputs), 2, axis=-1)
        dh2_before = dh2_before + started[n] * dfed
        if alive is not None:  # dz is zero past the end already: only the states' gradients go on
            dh1_before = dh1_before + (1 - alive[n]) * dh1
            dh2_before = dh2_before + (1 - alive[n]) * dh2
        written = (a.write(n, v) for a, v in zip(arrays, (dz1, dz2), strict=True))
        return (n + 1, dh1_before, dc1_before, dh2_before, dc2_before, *written)

    arrays = [tf.TensorArray(dy.dtype, time, element_shape=[batch, 4 * size]) for _ in range(2)]
    start = [tf.zeros_like(c1_first)] * 4
    results = tf.while_loop(
        lambda n, *_: n < time,
        step,
        (0, *start, *arrays),
        maximum_iterations=time,
        parallel_iterations=1,
    )
    return (*results[1:5], *(array.stack() for array in results[5:]))


def _backward(
    dy: tf.Tensor,
    started: tf.Tensor,
    state: tuple[tf.Tensor, ...],
    w: FeedbackWeights,
    trace: _Trace,
    mask: tf.Tensor | None,
    compiled: Compiled,
) -> tuple[tf.Tensor, ...]:
    h1_first, c1_first, h2_first, c2_first = state
    results = call_loop(
        _backward_loop, (dy, started, c1_first, c2_first, *w, *trace, mask), compiled
    )
    dz1, dz2 = results[4:]
    h1_before = shift_time(trace.h1, h1_first, True)
    h2_before = shift_time(trace.h2, h2_first, True)
    dweights = FeedbackWeights(
        lower=_weight_gradient(h1_before, dz1),
        lower_bias=tf.reduce_sum(dz1, axis=[0, 1]),
        fed=_weight_gradient(started * h2_before, dz1),
        fed_bias=tf.reduce_sum(started * dz1, axis=[0, 1]),
        upper_input=_weight_gradient(trace.h1, dz2),
        upper=_weight_gradient(h2_before, dz2),
        upper_bias=tf.reduce_sum(dz2, axis=[0, 1]),
    )
    return (*results[:4], *dweights)


def _weight_gradient(inputs: tf.Tensor, dz: tf.Tensor) -> tf.Tensor:
    """Sum over time and batch of inputs [..., M] ⊗ dz [..., N]: [M, N], one matmul."""
    flat = tf.reshape(inputs, [-1, inputs.shape[-1]])
    return tf.matmul(flat, tf.reshape(dz, [-1, dz.shape[-1]]), transpose_a=True)
