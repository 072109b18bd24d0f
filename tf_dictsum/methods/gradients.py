"""From gradients to one optimizer step: clipping, its scope, and the norm that is logged."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

__all__ = ["GradientHistory", "apply_clipped", "clip_factor", "global_norm"]


def global_norm(gradients: Sequence[tf.Tensor]) -> tf.Tensor:
    """√Σ‖g‖² over a group of gradients; scalar."""
    return tf.sqrt(tf.add_n([tf.reduce_sum(tf.square(g)) for g in gradients]))


def clip_factor(norm: tf.Tensor, limit: float) -> tf.Tensor:
    """What gradients of this global norm are multiplied with, as torch.nn.utils.clip_grad_norm_ does; limit 0: no clipping."""
    if limit <= 0:
        return tf.ones_like(norm)
    return tf.minimum(tf.ones_like(norm), limit / (norm + 1e-6))


def apply_clipped(
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[Any],
    variables: Sequence[Any],
    limit: float,
) -> tf.Tensor:
    """Clips a group by its own global norm and steps its optimizer; returns the norm before clipping."""
    dense = [
        tf.zeros_like(v) if g is None else g for g, v in zip(gradients, variables, strict=True)
    ]
    norm = global_norm(dense)
    factor = clip_factor(norm, limit)
    optimizer.apply([g * factor for g in dense], variables)
    return norm


class GradientHistory:
    """The gradients that the public code leaves lying about, for `clip_scope=all`.

    There, every backward pass adds to the gradients of ALL parameters, each optimizer zeroes only its own group, and
    clipping looks at (and scales) all of them. So what other updates left behind strengthens the clipping.

    Args:
      variables: every trainable variable of the model.
    """

    def __init__(self, variables: Sequence[Any]):
        self.variables = list(variables)
        self.values = [
            keras.Variable(keras.ops.zeros(v.shape, v.dtype), trainable=False, name=f"left_{n}")
            for n, v in enumerate(self.variables)
        ]

    def apply(
        self,
        optimizer: keras.optimizers.Optimizer,
        gradients: Sequence[Any],
        group: Sequence[Any],
        limit: float,
    ) -> tf.Tensor:
        """As `apply_clipped`, with `gradients` given for all variables; returns the norm over all before clipping."""
        own = {id(v) for v in group}
        sums = []
        for variable, gradient, left in zip(self.variables, gradients, self.values, strict=True):
            kept = tf.zeros_like(left) if id(variable) in own else tf.convert_to_tensor(left)
            sums.append(kept if gradient is None else kept + gradient)
        norm = global_norm(sums)
        factor = clip_factor(norm, limit)
        for total, left in zip(sums, self.values, strict=True):
            left.assign(total * factor)
        position = {id(v): n for n, v in enumerate(self.variables)}
        optimizer.apply([sums[position[id(v)]] * factor for v in group], group)
        return norm
