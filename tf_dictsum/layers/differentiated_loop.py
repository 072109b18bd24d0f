"""A compiled time loop whose gradient TensorFlow derives."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_dictsum.layers.loops import Compiled

__all__ = ["differentiated_loop"]


def differentiated_loop(
    loop: Callable[..., tf.Tensor], tensors: Sequence[tf.Tensor], compiled: Compiled
) -> tf.Tensor:
    """loop(*tensors), and its gradient with respect to every floating-point tensor.

    For loops that have no gradient written by hand. Compiled, a forward and a gradient program take
    the place of the loop; the gradient program runs the loop once more, which costs less than the
    loop uncompiled, since what a compiled loop leaves for its gradient cannot leave its program.

    Args:
      loop: a module-level function of tensors that returns one tensor.
      tensors: its arguments.
      compiled: run it through XLA, whatever the rest does.
    """
    if not compiled:
        return loop(*tensors)
    given = [tf.convert_to_tensor(t) for t in tensors]
    forward, backward = _compile(loop)

    @tf.custom_gradient
    def call(*arguments: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        return forward(*arguments), lambda dy: backward(dy, *arguments)

    return call(*given)


@functools.cache
def _compile(loop: Callable[..., tf.Tensor]) -> tuple[Any, Any]:
    """One pair of functions per loop, traced per shape: (forward, gradient)."""

    def gradient(dy: tf.Tensor, *tensors: tf.Tensor) -> list[Any]:
        floats = [t for t in tensors if t.dtype.is_floating]
        with tf.GradientTape() as tape:
            tape.watch(floats)
            y = loop(*tensors)
        found = iter(tape.gradient(y, floats, dy, unconnected_gradients="zero"))
        # Other types have no gradient; custom_gradient wants an entry for them all the same.
        return [next(found) if t.dtype.is_floating else tf.zeros_like(t) for t in tensors]

    options = {"jit_compile": True, "autograph": False, "reduce_retracing": True}
    return tf.function(loop, **options), tf.function(gradient, **options)
