"""Compiling the time loops, and nothing else, with XLA.

On a CPU a training step is fastest as an ordinary graph whose time loops are compiled: a compiled loop is several
times faster than TensorFlow's own, the graph runs independent loops on different cores (the two directions of a
layer, the discriminator beside the decoder), and the handful of loops compiles in seconds where a whole step with
its dozens of copies takes minutes over a dataset's lengths. benchmarks/README.md has the numbers.
"""

import contextlib
import contextvars
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import record

__all__ = ["call_loop", "compiled_loops", "loops_are_compiled"]

_COMPILED = contextvars.ContextVar("compiled_loops", default=False)


@contextlib.contextmanager
def compiled_loops(enabled: bool) -> Iterator[None]:
    """Recurrent layers constructed inside compile their loops with XLA (or do not)."""
    token = _COMPILED.set(enabled)
    try:
        yield
    finally:
        _COMPILED.reset(token)


def loops_are_compiled() -> bool:
    """What `compiled_loops` says here; False outside of it."""
    return _COMPILED.get()


def call_loop(
    loop: Callable[..., Any], tensors: Sequence[tf.Tensor | None], compiled: bool, **static: bool
) -> Any:
    """loop(*tensors, **static), as one XLA program if `compiled`.

    Args:
      loop: a module-level function of time-major tensors; None stands for an absent one.
      tensors: its arguments; the first axis of tensors of rank 3, and of boolean ones, is time.
      compiled: run it through XLA; one program per shape, shared by all layers of one size.
      static: Python flags of `loop`.
    """
    # The callers' custom gradients are the only ones. A tape that looked into a loop would prepare gradients of its
    # own: twice the tracing, and with a persistent tape a program that XLA refuses. (tf.custom_gradient stops the
    # recording in this way, but only when eager; there is no public name for it.)
    with record.stop_recording():
        return _call(loop, tensors, compiled, static)


def _call(
    loop: Callable[..., Any],
    tensors: Sequence[tf.Tensor | None],
    compiled: bool,
    static: dict[str, bool],
) -> Any:
    if not compiled:
        return loop(*tensors, **static)
    given = [tf.convert_to_tensor(t) for t in tensors if t is not None]
    signature = tuple((_shape(t), t.dtype) for t in given)
    absent = tuple(t is None for t in tensors)
    return _compile(loop, signature, absent, tuple(sorted(static.items())))(*given)


def _shape(tensor: tf.Tensor) -> tuple[int | None, ...]:
    """The static shape, with time left open: one trace serves all lengths."""
    by_time = tensor.shape.rank == 3 or tensor.dtype == tf.bool
    return (None, *tensor.shape[1:]) if by_time else tuple(tensor.shape)


@functools.cache
def _compile(
    loop: Callable[..., Any], signature: tuple, absent: tuple[bool, ...], static: tuple
) -> Any:
    def call(*given: tf.Tensor) -> Any:
        values = iter(given)
        return loop(*(None if missing else next(values) for missing in absent), **dict(static))

    specs = [tf.TensorSpec(shape, dtype) for shape, dtype in signature]
    return tf.function(call, input_signature=specs, jit_compile=True, autograph=False)
