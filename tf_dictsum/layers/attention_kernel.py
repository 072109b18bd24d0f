"""The recurrence of the attention decoder, and its gradient.

Of a decoder step only four products with weights stay in the loop: of both previous states, of the
context and of the lower cell's new state. The feedback Linear is folded into the lower cell's input
weights (P = O
W_y) before it.
The gradient loop keeps dz of both cells and the attention's own small gradients; those of every
weight and of the encoder outputs are matmuls over all steps after it.

At batch 1 a step is bound by the weights it reads, 22 MB, more than a shared cache keeps. There the
encoder's outputs
M, fixed for the whole loop, are folded into the weights on both sides of the attention: with M W_q
and M W_c made once, a step goes from states to logits and from attention to gates directly. (By
bytes that stops paying at T = 1.2 H; measured, it still does at 2.5 H.)
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

__all__ = ["DecoderWeights", "attention_recurrence"]


class DecoderWeights(NamedTuple):
    """Weights of one decoder step, H wide; gate order i, f, c, o.

    query [2H, H] and query_bias [H] read (lower h, upper h); context [H, 4H], lower [H, 4H] and
    lower_bias [4H] belong to the lower cell; fed [H, 4H] and fed_bias [4H] are the folded feedback;
    upper_input [H, 4H], upper [H, 4H] and upper_bias [4H] belong to the upper cell.
    """

    query: tf.Tensor
    query_bias: tf.Tensor
    context: tf.Tensor
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
    attention: tf.Tensor


def attention_recurrence(
    memory: tf.Tensor,
    state: tuple[tf.Tensor, ...],
    weights: DecoderWeights,
    mask: tf.Tensor | None = None,
    compiled: Compiled = False,
) -> tf.Tensor:
    """Decodes from the last step to the first; the output of a step stays at its own time.

    Args:
      memory: float [time, batch, H], the encoder's outputs, zero where masked.
      state: (lower h, lower c, upper h, upper c), float [batch, H] each.
      weights: see DecoderWeights.
      mask: bool [time, batch], False past the end of a sequence; None: all steps count.
      compiled: run the loops through XLA, whatever the rest does.

    Returns:
      float [time, batch, H], the upper cell's h after every step. First-order gradients only.
    """

    @tf.custom_gradient
    def recurrence(memory: tf.Tensor, *tensors: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        state, weights = tensors[:4], DecoderWeights(*tensors[4:])
        trace = _Trace(*call_loop(_forward, (memory, *state, *weights, mask), compiled))

        def gradient(dy: tf.Tensor) -> tuple[tf.Tensor, ...]:
            @first_order_only
            def backward(
                dy: tf.Tensor, memory: tf.Tensor, *tensors: tf.Tensor
            ) -> tuple[tf.Tensor, ...]:
                return _backward(
                    dy,
                    memory,
                    tensors[:4],
                    DecoderWeights(*tensors[4:14]),
                    _Trace(*tensors[14:]),
                    mask,
                    compiled,
                )

            return backward(dy, memory, *state, *weights, *trace)

        return trace.h2, gradient

    return recurrence(memory, *state, *weights)


def _over_features(memory: tf.Tensor, vector: tf.Tensor) -> tf.Tensor:
    """memory [batch, H, time] and vector [batch, H] -> [batch, time]; a plain matrix product at
    batch 1.
    """
    if memory.shape[0] == 1:
        return tf.matmul(vector, memory[0])
    return tf.linalg.matvec(memory, vector, transpose_a=True)


def _over_time(memory: tf.Tensor, vector: tf.Tensor) -> tf.Tensor:
    """memory [batch, H, time] and vector [batch, time] -> [batch, H]."""
    if memory.shape[0] == 1:
        return tf.matmul(vector, memory[0], transpose_b=True)
    return tf.linalg.matvec(memory, vector)


def _started(mask: tf.Tensor | None, like: tf.Tensor) -> tf.Tensor:
    """1 where an earlier decoder step (t + 1) exists, else 0: float [time, batch, 1]."""
    alive = tf.ones(tf.shape(like)[:2], like.dtype) if mask is None else tf.cast(mask, like.dtype)
    return tf.concat([alive[1:], tf.zeros_like(alive[:1])], axis=0)[:, :, tf.newaxis]


def _forward(memory: tf.Tensor, *tensors: tf.Tensor | None) -> _Trace:
    """memory, the four states, the ten weights and the mask -> the states and gates of all
    steps.
    """
    state, w, mask = tensors[:4], DecoderWeights(*tensors[4:14]), tensors[14]
    time, size = tf.shape(memory)[0], memory.shape[-1]
    w, folded = _fold(memory, w)
    keys = tf.transpose(memory, [1, 2, 0])  # [batch, H, time]
    from_lower = tf.concat(
        [w.query[:size], w.lower], axis=1
    )  # [H, 5H]; folded, time instead of H for the query
    from_upper = tf.concat([w.query[size:], w.fed, w.upper], axis=1)  # [H, 9H]
    queried = tf.shape(w.query)[1]
    hidden = (
        None
        if mask is None
        else tf.where(tf.transpose(mask), tf.zeros([], memory.dtype), memory.dtype.min)
    )
    started = _started(mask, memory)

    def step(
        n: tf.Tensor,
        h1: tf.Tensor,
        c1: tf.Tensor,
        h2: tf.Tensor,
        c2: tf.Tensor,
        *arrays: tf.TensorArray,
    ) -> tuple:
        t = time - 1 - n
        query1, lower = tf.split(tf.matmul(h1, from_lower), [queried, 4 * size], axis=-1)
        query2, fed, upper = tf.split(
            tf.matmul(h2, from_upper), [queried, 4 * size, 4 * size], axis=-1
        )
        query = query1 + query2 + w.query_bias
        logits = query if folded else _over_features(keys, query)
        attention = tf.nn.softmax(logits if hidden is None else logits + hidden)
        context = attention if folded else _over_time(keys, attention)
        z1 = tf.matmul(context, w.context) + lower + started[t] * (fed + w.fed_bias) + w.lower_bias
        h1_next, c1_next, gates1 = cell(z1, c1)
        h2_next, c2_next, gates2 = cell(
            tf.matmul(h1_next, w.upper_input) + upper + w.upper_bias, c2
        )
        if mask is not None:
            alive = mask[t][:, tf.newaxis]
            h1_next, c1_next = tf.where(alive, h1_next, h1), tf.where(alive, c1_next, c1)
            h2_next, c2_next = tf.where(alive, h2_next, h2), tf.where(alive, c2_next, c2)
        values = (h1_next, c1_next, gates1, h2_next, c2_next, gates2, attention)
        return (
            n + 1,
            h1_next,
            c1_next,
            h2_next,
            c2_next,
            *(a.write(t, v) for a, v in zip(arrays, values, strict=True)),
        )

    batch = memory.shape[1]
    widths = (size, size, 4 * size, size, size, 4 * size, memory.shape[0])
    arrays = [tf.TensorArray(memory.dtype, time, element_shape=[batch, width]) for width in widths]
    results = tf.while_loop(
        lambda n, *_: n < time,
        step,
        (0, *state, *arrays),
        maximum_iterations=time,
        parallel_iterations=1,
    )
    return _Trace(*(array.stack() for array in results[5:]))


def _backward_loop(
    dy: tf.Tensor, memory: tf.Tensor, *tensors: tf.Tensor | None
) -> tuple[tf.Tensor, ...]:
    """dy, memory, c1 and c2 before the first step, the weights, the trace, the mask -> state
    gradients; dz1, dz2, dlogits of all steps.
    """
    c1_first, c2_first, w, trace, mask = (
        *tensors[:2],
        DecoderWeights(*tensors[2:12]),
        _Trace(*tensors[12:19]),
        tensors[19],
    )
    time, size = tf.shape(memory)[0], memory.shape[-1]
    keys = tf.transpose(memory, [1, 2, 0])
    w, folded = _fold(memory, w)
    lower_inputs = tf.transpose(
        tf.concat([w.context, w.lower, w.fed], axis=0)
    )  # [4H, 3H]; folded, time instead of H for the context
    upper_inputs = tf.transpose(tf.concat([w.upper_input, w.upper], axis=0))  # [4H, 2H]
    query_inputs = tf.transpose(w.query)  # [H, 2H]
    alive = None if mask is None else tf.cast(mask, memory.dtype)[:, :, tf.newaxis]
    factors1 = cell_gradient_factors(
        trace.gates1, trace.c1, shift_time(trace.c1, c1_first, True), alive
    )
    factors2 = cell_gradient_factors(
        trace.gates2, trace.c2, shift_time(trace.c2, c2_first, True), alive
    )
    attended = tf.shape(w.context)[0]
    started = _started(mask, memory)

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
        dcontext, dh1_before, dfed = tf.split(
            tf.matmul(dz1, lower_inputs), [attended, size, size], axis=-1
        )
        attention = trace.attention[n]
        dattention = dcontext if folded else _over_features(keys, dcontext)
        dlogits = attention * (
            dattention - tf.reduce_sum(attention * dattention, axis=-1, keepdims=True)
        )
        dquery = dlogits if folded else _over_time(keys, dlogits)
        dquery1, dquery2 = tf.split(tf.matmul(dquery, query_inputs), 2, axis=-1)
        dh1_before, dh2_before = dh1_before + dquery1, dh2_before + started[n] * dfed + dquery2
        if (
            alive is not None
        ):  # dz and dlogits are zero past the end already: only the states' gradients are carried
            dh1_before, dh2_before = (
                dh1_before + (1 - alive[n]) * dh1,
                dh2_before + (1 - alive[n]) * dh2,
            )
        values = (dz1, dz2, dlogits)
        return (
            n + 1,
            dh1_before,
            dc1_before,
            dh2_before,
            dc2_before,
            *(a.write(n, v) for a, v in zip(arrays, values, strict=True)),
        )

    batch = memory.shape[1]
    widths = (4 * size, 4 * size, memory.shape[0])
    arrays = [tf.TensorArray(memory.dtype, time, element_shape=[batch, width]) for width in widths]
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
    memory: tf.Tensor,
    state: tuple[tf.Tensor, ...],
    w: DecoderWeights,
    trace: _Trace,
    mask: tf.Tensor | None,
    compiled: Compiled,
) -> tuple[tf.Tensor, ...]:
    h1_first, c1_first, h2_first, c2_first = state
    results = call_loop(
        _backward_loop, (dy, memory, c1_first, c2_first, *w, *trace, mask), compiled
    )
    dz1, dz2, dlogits = results[4:]
    dcontext, dquery = _project(dz1, tf.transpose(w.context)), _attend(dlogits, memory)
    started = _started(mask, memory)

    h1_before, h2_before = (
        shift_time(trace.h1, h1_first, True),
        shift_time(trace.h2, h2_first, True),
    )
    states = tf.concat([h1_before, h2_before], axis=-1)
    query = _project(states, w.query) + w.query_bias
    context = _attend(trace.attention, memory)
    dmemory = tf.einsum("sbt,sbh->tbh", trace.attention, dcontext) + tf.einsum(
        "sbt,sbh->tbh", dlogits, query
    )
    dweights = DecoderWeights(
        query=_weight_gradient(states, dquery),
        query_bias=tf.reduce_sum(dquery, axis=[0, 1]),
        context=_weight_gradient(context, dz1),
        lower=_weight_gradient(h1_before, dz1),
        lower_bias=tf.reduce_sum(dz1, axis=[0, 1]),
        fed=_weight_gradient(started * h2_before, dz1),
        fed_bias=tf.reduce_sum(started * dz1, axis=[0, 1]),
        upper_input=_weight_gradient(trace.h1, dz2),
        upper=_weight_gradient(h2_before, dz2),
        upper_bias=tf.reduce_sum(dz2, axis=[0, 1]),
    )
    return (dmemory, *results[:4], *dweights)


def _fold(memory: tf.Tensor, w: DecoderWeights) -> tuple[DecoderWeights, bool]:
    """At batch 1, weights with the encoder's outputs M multiplied in: query [2H, time], query_bias
    [time], context [time, 4H].
    """
    if memory.shape[1] != 1:
        return w, False
    m = memory[:, 0]
    keys = tf.matmul(w.query, m, transpose_b=True)
    return w._replace(
        query=keys, query_bias=tf.linalg.matvec(m, w.query_bias), context=tf.matmul(m, w.context)
    ), True


def _project(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """x [time, batch, M] times kernel [M, N]: [time, batch, N], one matmul."""
    flat = tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), kernel)
    return tf.reshape(flat, [*tf.unstack(tf.shape(x)[:2]), kernel.shape[-1]])


def _attend(weights: tf.Tensor, memory: tf.Tensor) -> tf.Tensor:
    """weights [steps, batch, time] over memory [time, batch, H]: [steps, batch, H]."""
    return tf.einsum("sbt,tbh->sbh", weights, memory)


def _weight_gradient(inputs: tf.Tensor, dz: tf.Tensor) -> tf.Tensor:
    """Sum over time and batch of inputs [..., M] ⊗ dz [..., N]: [M, N], one matmul."""
    return tf.matmul(
        tf.reshape(inputs, [-1, inputs.shape[-1]]),
        tf.reshape(dz, [-1, dz.shape[-1]]),
        transpose_a=True,
    )
