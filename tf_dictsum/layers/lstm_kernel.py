"""The recurrence of an LSTM: the part that cannot leave the time loop, and its gradient.

Everything that does not depend on the previous step happens outside: the input projection of all
steps is one matmul before the loop, and the gradient loop only produces dz_t, so that the gradients
of the input, the kernel, the recurrent kernel and the bias are one matmul (or sum) each after it.

A step at batch 1 is a matrix-vector product bound by memory. Its weights are laid out [inputs,
outputs] for either direction, the recurrent kernel as [H, 4H] forwards and as [4H, H] backwards:
with that layout XLA's
CPU code reads them once for the whole batch; with the other one it is as fast at batch 1, twice as
slow at batch 2 and 1.6 times slower at batch 8 (benchmarks/NOTES.md).
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from tf_dictsum.layers.loops import Compiled, call_loop

__all__ = [
    "GradientFactors",
    "cell",
    "cell_gradient",
    "cell_gradient_factors",
    "first_order_only",
    "lstm_recurrence",
    "shift_time",
]


def lstm_recurrence(
    z: tf.Tensor,
    recurrent_kernel: tf.Tensor,
    h0: tf.Tensor,
    c0: tf.Tensor,
    mask: tf.Tensor | None = None,
    reverse: bool = False,
    compiled: Compiled = False,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Runs z_t + h_{t-1} U through the LSTM equations, for all t.

    i, f, g, o = split(z_t + h_{t-1} U);  c_t = σ(f) c_{t-1} + σ(i) tanh(g);  h_t = σ(o) tanh(c_t)

    Args:
      z: float [time, batch, 4H], the input projection x_t W + b; gate order i, f, g (Keras: c), o.
      recurrent_kernel: float [H, 4H], U.
      h0: float [batch, H], the state before the first step.
      c0: float [batch, H].
      mask: bool [time, batch]; where False the state is carried on unchanged. None: all steps
        count.
      reverse: run from the last step to the first; outputs stay at their own time.
      compiled: run the loops through XLA, whatever the rest does.

    Returns:
      hs float [time, batch, H], the state after every step, and the final cell state float [batch,
      H]. The final hidden state is hs[-1], or hs[0] when reversed. First-order gradients only: a
      second order raises LookupError.
    """

    @tf.custom_gradient
    def recurrence(
        z: tf.Tensor, u: tf.Tensor, h0: tf.Tensor, c0: tf.Tensor
    ) -> tuple[tuple[tf.Tensor, tf.Tensor], Callable]:
        hs, cs, gates = call_loop(_forward, (z, u, h0, c0, mask), compiled, reverse=reverse)

        def gradient(dhs: tf.Tensor, dc: tf.Tensor) -> tuple[tf.Tensor, ...]:
            @first_order_only
            def backward(*tensors: tf.Tensor) -> tuple[tf.Tensor, ...]:
                *traced, u, c0 = tensors
                dz, dh0, dc0 = call_loop(
                    _backward, (*traced, tf.transpose(u), c0, mask), compiled, reverse=reverse
                )
                h_before = tf.reshape(shift_time(hs, h0, reverse), [-1, h0.shape[-1]])
                du = tf.matmul(h_before, tf.reshape(dz, [-1, z.shape[-1]]), transpose_a=True)
                return dz, du, dh0, dc0

            return backward(dhs, dc, cs, gates, u, c0)

        return (hs, cs[0 if reverse else -1]), gradient

    hs, c = recurrence(z, recurrent_kernel, h0, c0)
    return hs, c


def _forward(
    z: tf.Tensor, u: tf.Tensor, h0: tf.Tensor, c0: tf.Tensor, mask: tf.Tensor | None, reverse: bool
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    time = tf.shape(z)[0]

    def step(
        n: tf.Tensor,
        h: tf.Tensor,
        c: tf.Tensor,
        hs: tf.TensorArray,
        cs: tf.TensorArray,
        gates: tf.TensorArray,
    ) -> tuple:
        t = time - 1 - n if reverse else n
        h_next, c_next, packed = cell(z[t] + tf.matmul(h, u), c)
        if mask is not None:
            alive = mask[t][:, tf.newaxis]
            h_next, c_next = tf.where(alive, h_next, h), tf.where(alive, c_next, c)
        return (
            n + 1,
            h_next,
            c_next,
            hs.write(t, h_next),
            cs.write(t, c_next),
            gates.write(t, packed),
        )

    arrays = [
        tf.TensorArray(z.dtype, time, element_shape=s) for s in (h0.shape, h0.shape, z.shape[1:])
    ]
    _, _, _, hs, cs, gates = tf.while_loop(
        lambda n, *_: n < time,
        step,
        (0, h0, c0, *arrays),
        maximum_iterations=time,
        parallel_iterations=1,
    )
    return hs.stack(), cs.stack(), gates.stack()


def cell(z: tf.Tensor, c: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """From z [batch, 4H], before the activations, and c [batch, H]: the next h and c, and the
    gates after their activations.
    """
    i, f, g, o = tf.split(z, 4, axis=-1)
    i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
    c_next = f * c + i * g
    return o * tf.tanh(c_next), c_next, tf.concat([i, f, g, o], axis=-1)


def _backward(
    dhs: tf.Tensor,
    dc: tf.Tensor,
    cs: tf.Tensor,
    gates: tf.Tensor,
    u_transposed: tf.Tensor,
    c0: tf.Tensor,
    mask: tf.Tensor | None,
    reverse: bool,
) -> tuple[tf.Tensor, ...]:
    time = tf.shape(gates)[0]
    alive = None if mask is None else tf.cast(mask, gates.dtype)[:, :, tf.newaxis]
    factors = cell_gradient_factors(gates, cs, shift_time(cs, c0, reverse), alive)

    def step(n: tf.Tensor, dh: tf.Tensor, dc: tf.Tensor, dz: tf.TensorArray) -> tuple:
        t = n if reverse else time - 1 - n
        dh = dh + dhs[t]
        dz_t, dc_before = cell_gradient(dh, dc, factors, t)
        dh_before = tf.matmul(dz_t, u_transposed)
        if alive is not None:
            dh_before = dh_before + (1 - alive[t]) * dh
        return n + 1, dh_before, dc_before, dz.write(t, dz_t)

    array = tf.TensorArray(gates.dtype, time, element_shape=gates.shape[1:])
    _, dh0, dc0, dz_array = tf.while_loop(
        lambda n, *_: n < time,
        step,
        (0, tf.zeros_like(c0), dc, array),
        maximum_iterations=time,
        parallel_iterations=1,
    )
    return dz_array.stack(), dh0, dc0


class GradientFactors(NamedTuple):
    """What the gradient of a cell multiplies with, of all steps; made outside of the loop."""

    z: tf.Tensor  # [time, batch, 4H]: ∂(c, c, c, h)/∂z
    c: tf.Tensor  # [time, batch, H]: ∂h/∂c
    carried: tf.Tensor  # [time, batch, H]: ∂c_t/∂c_{t-1}


def cell_gradient_factors(
    gates: tf.Tensor, cs: tf.Tensor, c_before: tf.Tensor, alive: tf.Tensor | None
) -> GradientFactors:
    """Of gates [time, batch, 4H] after their activations, and the states.

    alive: float [time, batch, 1], 1 or 0; where 0, dz is zero and dc passes as it is. None: all 1.
    """
    i, f, g, o = tf.split(gates, 4, axis=-1)
    tanh_c = tf.tanh(cs)
    z = tf.concat(
        [g * i * (1 - i), c_before * f * (1 - f), i * (1 - g * g), tanh_c * o * (1 - o)], axis=-1
    )
    c = o * (1 - tanh_c * tanh_c)
    return (
        GradientFactors(z, c, f)
        if alive is None
        else GradientFactors(alive * z, alive * c, alive * f + (1 - alive))
    )


def cell_gradient(
    dh: tf.Tensor, dc: tf.Tensor, factors: GradientFactors, t: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """dz [batch, 4H] and the gradient of the previous cell state [batch, H] at step t, from those
    of h and c.
    """
    dc = dc + dh * factors.c[t]
    return tf.concat([dc, dc, dc, dh], axis=-1) * factors.z[t], dc * factors.carried[t]


def shift_time(values: tf.Tensor, initial: tf.Tensor, reverse: bool) -> tf.Tensor:
    """What every step saw of `values` [time, batch, H] from the step before it; the first step saw
    `initial` [batch, H].
    """
    if reverse:
        return tf.concat([values[1:], initial[tf.newaxis]], axis=0)
    return tf.concat([initial[tf.newaxis], values[:-1]], axis=0)


def first_order_only(
    backward: Callable[..., tuple[tf.Tensor, ...]],
) -> Callable[..., tuple[tf.Tensor, ...]]:
    """Wraps a hand-written gradient so that differentiating it again raises LookupError instead of
    being wrong.
    """

    @tf.custom_gradient
    def guarded(*tensors: tf.Tensor) -> tuple[tuple[tf.Tensor, ...], Callable]:
        def second_order(*_: tf.Tensor) -> None:
            raise LookupError(
                "The recurrent layers of tf_dictsum have first-order gradients only; "
                "use keras.layers.LSTM where a gradient of a gradient is needed."
            )

        return backward(*tensors), second_order

    return guarded
