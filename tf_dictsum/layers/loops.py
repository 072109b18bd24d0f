"""Compiling the time loops, and nothing else, with XLA.

On a CPU a training step is fastest as an ordinary graph whose time loops are compiled: a compiled
loop is several times faster than TensorFlow's own, the graph runs independent loops on different
cores (the two directions of a layer, the discriminator beside the decoder), and the handful of
loops compiles in seconds where a whole step with its dozens of copies takes minutes over a
dataset's lengths. benchmarks/README.md has the numbers.
"""

import contextlib
import contextvars
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from tf_dictsum.layers.recording import unrecorded

__all__ = ["Compiled", "Programs", "call_loop", "compiled_loops", "loops_are_compiled"]


class Programs:
    """The compiled loops of one model: a program per loop and kind of arguments, shared by all
    layers of one size.

    They are kept as long as the layers that were made with them, and no longer.
    """

    def __init__(self) -> None:
        self._programs: dict[tuple[Any, ...], Any] = {}

    def __bool__(self) -> bool:
        return True

    def run(
        self,
        loop: Callable[..., Any],
        tensors: Sequence[tf.Tensor | None],
        static: dict[str, bool],
    ) -> Any:
        """loop(*tensors, **static) as an XLA program; traced anew for a new kind of arguments
        only.
        """
        given = [tf.convert_to_tensor(t) for t in tensors if t is not None]
        specs = tuple(tf.TensorSpec(_shape(t), t.dtype) for t in given)
        absent = tuple(t is None for t in tensors)
        kind = (loop, specs, absent, tuple(sorted(static.items())))
        if kind not in self._programs:
            self._programs[kind] = _program(loop, specs, absent, static)
        return self._programs[kind](*given)


Compiled = Programs | bool
"""How a loop is run: by a model's programs, by one of its own (True), or as part of the graph
(False).
"""

_PROGRAMS: contextvars.ContextVar[Programs | None] = contextvars.ContextVar(
    "compiled_loops", default=None
)


@contextlib.contextmanager
def compiled_loops(enabled: bool) -> Iterator[None]:
    """Recurrent layers constructed inside compile their loops with XLA (or do not), and share the
    programs.

    Inside of another `compiled_loops(True)` they share that one's.
    """
    token = _PROGRAMS.set((_PROGRAMS.get() or Programs()) if enabled else None)
    try:
        yield
    finally:
        _PROGRAMS.reset(token)


def loops_are_compiled() -> Compiled:
    """What `compiled_loops` says here: the programs to use; False outside of it."""
    return _PROGRAMS.get() or False


def call_loop(
    loop: Callable[..., Any],
    tensors: Sequence[tf.Tensor | None],
    compiled: Compiled,
    **static: bool,
) -> Any:
    """loop(*tensors, **static), as one XLA program if `compiled`.

    Args:
      loop: a module-level function of time-major tensors; None stands for an absent one.
      tensors: its arguments; the first axis of tensors of rank 3, and of boolean ones, is time.
      compiled: run it through XLA.
      static: Python flags of `loop`.
    """
    # The callers' custom gradients are the only ones. A tape that looked into a loop would prepare
    # gradients of its own: twice the tracing, and with a persistent tape a program that XLA
    # refuses.
    with unrecorded():
        if not compiled:
            return loop(*tensors, **static)
        programs = compiled if isinstance(compiled, Programs) else Programs()
        return programs.run(loop, tensors, static)


def _shape(tensor: tf.Tensor) -> tuple[int | None, ...]:
    """The static shape, with time left open: one trace serves all lengths."""
    by_time = tensor.shape.rank == 3 or tensor.dtype == tf.bool
    return (None, *tensor.shape[1:]) if by_time else tuple(tensor.shape)


def _program(
    loop: Callable[..., Any],
    specs: Sequence[tf.TensorSpec],
    absent: Sequence[bool],
    static: dict[str, bool],
) -> Any:
    def call(*given: tf.Tensor) -> Any:
        values = iter(given)
        return loop(*(None if missing else next(values) for missing in absent), **static)

    return tf.function(call, input_signature=list(specs), jit_compile=True, autograph=False)
