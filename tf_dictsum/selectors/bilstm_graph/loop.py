"""The time loop of the exported scorer: nothing but the recurrent product and the cell, both
directions in one loop.
"""

from collections.abc import Callable, Sequence

import tensorflow as tf

from tf_dictsum.selectors.bilstm_graph.packed import Packing

__all__ = ["run_loop"]

_UNROLL = 4  # steps per turn of the loop; benchmarks/NOTES_serving.md

State = tuple[tf.Tensor, tf.Tensor]
Step = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, State], State]


def run_loop(
    projections: Sequence[tf.Tensor], recurrent: Sequence[tf.Tensor], packing: Packing
) -> list[tf.Tensor]:
    """Runs one LSTM layer over all steps.

    i, g, f, o = split(z_t + h_{t-1} U);  c_t = σ(f) c_{t-1} + σ(i) tanh(g);  h_t = σ(o) tanh(c_t)

    Args:
      projections: per direction float [frames, 4H], the input's part of z, packed in the order in
        which it is read; gates i, g, f, o.
      recurrent: per direction U, float [H, 4H].
      packing: of the frames.

    Returns:
      Per direction h of every step, float [frames, H], packed as the projections.
    """

    def one() -> tf.Tensor:
        return _loop(projections, recurrent, packing, tf.constant(1), _step_of_one)

    def several() -> tf.Tensor:
        step = _step_of_several(packing)
        return _loop(projections, recurrent, packing, packing.batch, step)

    return tf.cond(tf.equal(packing.batch, 1), one, several)


def _loop(
    projections: Sequence[tf.Tensor],
    recurrent: Sequence[tf.Tensor],
    packing: Packing,
    batch: tf.Tensor,
    advance: Step,
) -> list[tf.Tensor]:
    units = recurrent[0].shape[0]
    frames = tf.shape(projections[0])[0]
    steps = tf.size(packing.active)
    padded = (steps + _UNROLL - 1) // _UNROLL * _UNROLL
    projections = [tf.pad(z, [[0, padded - steps], [0, 0]]) for z in projections]
    zeros = tf.zeros([batch, units])

    def turn(t: tf.Tensor, states: list[State], outputs: list[tf.TensorArray]) -> tuple:
        for n in range(_UNROLL):
            states = [
                advance(t + n, z, u, state)
                for z, u, state in zip(projections, recurrent, states, strict=True)
            ]
            outputs = [
                output.write(t + n, h) for output, (h, _) in zip(outputs, states, strict=True)
            ]
        return t + _UNROLL, states, outputs

    rows = tf.TensorShape([None, units])
    arrays = [
        tf.TensorArray(tf.float32, padded + 1, element_shape=rows, infer_shape=False)
        for _ in recurrent
    ]
    start = (tf.constant(0), [(zeros, zeros) for _ in recurrent], arrays)
    shapes = (
        tf.TensorShape([]),
        [(rows, rows) for _ in recurrent],
        [tf.TensorShape(None) for _ in recurrent],
    )
    _, _, outputs = tf.while_loop(
        lambda t, *_: t < padded, turn, start, shapes, parallel_iterations=1
    )
    nothing = tf.zeros([0, units])  # so that no step at all can be put together too
    return [
        tf.ensure_shape(output.write(padded, nothing).concat()[:frames], rows) for output in outputs
    ]


def _step_of_one(t: tf.Tensor, z: tf.Tensor, u: tf.Tensor, state: State) -> State:
    """One video: TensorFlow's fused cell, which takes the input's part of z as its bias and reads
    no other input.
    """
    h, c = state
    units = u.shape[0]
    peephole = tf.zeros([units])
    cell = tf.raw_ops.LSTMBlockCell(
        x=tf.zeros([1, 0]),
        cs_prev=c,
        h_prev=h,
        w=u,
        b=tf.gather(z, t),
        wci=peephole,
        wcf=peephole,
        wco=peephole,
        forget_bias=0.0,
        cell_clip=-1.0,
        use_peephole=False,
    )
    return cell.h, cell.cs


def _step_of_several(packing: Packing) -> Step:
    """Several videos: those that have ended leave at the end of the batch."""
    extra = tf.zeros([_UNROLL], tf.int32)
    start, active = (tf.concat([x, extra], axis=0) for x in (packing.start, packing.active))

    def step(t: tf.Tensor, z: tf.Tensor, u: tf.Tensor, state: State) -> State:
        units = u.shape[0]
        here = active[t]
        h, c = (x[:here] for x in state)
        z = tf.slice(z, [start[t], 0], [here, 4 * units]) + tf.matmul(h, u)
        i, g, fo = tf.split(z, [units, units, 2 * units], axis=-1)
        f, o = tf.split(tf.sigmoid(fo), 2, axis=-1)
        c = f * c + tf.sigmoid(i) * tf.tanh(g)
        return o * tf.tanh(c), c

    return step
