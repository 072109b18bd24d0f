"""From gradients to one optimizer step: clipping, its scope, and the norm that is logged."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

__all__ = [
    "GroupStepper",
    "Stepper",
    "WholeModelStepper",
    "apply_clipped",
    "clip_factor",
    "global_norm",
]


def global_norm(gradients: Sequence[tf.Tensor]) -> tf.Tensor:
    """√Σ‖g‖² over a group of gradients; scalar."""
    return tf.sqrt(tf.add_n([tf.reduce_sum(tf.square(g)) for g in gradients]))


def clip_factor(norm: tf.Tensor, limit: float) -> tf.Tensor:
    """What gradients of this global norm are multiplied with, as torch.nn.utils.clip_grad_norm_
    does; limit 0: no clipping."""
    if limit <= 0:
        return tf.ones_like(norm)
    return tf.minimum(tf.ones_like(norm), limit / (norm + 1e-6))


def apply_clipped(
    optimizer: keras.optimizers.Optimizer,
    gradients: Sequence[Any],
    variables: Sequence[Any],
    limit: float,
) -> tf.Tensor:
    """Clips a group by its own global norm and steps its optimizer; returns the norm before
    clipping."""
    dense = [
        tf.zeros_like(v) if g is None else g for g, v in zip(gradients, variables, strict=True)
    ]
    norm = global_norm(dense)
    factor = clip_factor(norm, limit)
    optimizer.apply([g * factor for g in dense], variables)
    return norm


class Stepper:
    """Steps one group of a model's variables at a time, with clipped gradients.

    Args:
      limit: largest global norm of the gradients; 0: no clipping.

    Attributes:
      state: variables that a checkpoint must hold.
    """

    def __init__(self, limit: float):
        self.limit = limit
        self.state: list[keras.Variable] = []

    def differentiated(self, group: Sequence[Any]) -> list[Any]:
        """The variables whose gradients `step` needs to step `group`."""
        raise NotImplementedError

    def step(
        self,
        optimizer: keras.optimizers.Optimizer,
        gradients: Sequence[Any],
        group: Sequence[Any],
    ) -> tf.Tensor:
        """Steps `group`; `gradients` are those of `differentiated(group)`. Returns their norm
        before clipping."""
        raise NotImplementedError

    def apply(
        self,
        optimizer: keras.optimizers.Optimizer,
        tape: tf.GradientTape,
        loss: tf.Tensor,
        group: Sequence[Any],
    ) -> tf.Tensor:
        """`step` with the gradients of `loss`."""
        return self.step(optimizer, tape.gradient(loss, self.differentiated(group)), group)

    def reset(self) -> None:
        """As before the first step."""
        for variable in self.state:
            variable.assign(keras.ops.zeros_like(variable))


class GroupStepper(Stepper):
    """Clips by the global norm of the group that is stepped."""

    def differentiated(self, group: Sequence[Any]) -> list[Any]:
        return list(group)

    def step(
        self,
        optimizer: keras.optimizers.Optimizer,
        gradients: Sequence[Any],
        group: Sequence[Any],
    ) -> tf.Tensor:
        return apply_clipped(optimizer, gradients, group, self.limit)


class WholeModelStepper(Stepper):
    """Clips by the norm over ALL parameters, stale gradients included, as the public code does.

    There every backward pass adds to the gradients of all parameters, each optimizer zeroes only
    those of its own group, and clipping looks at (and scales) all of them. So the stale gradients
    of other updates strengthen the clipping.

    Args:
      variables: every trainable variable of the model.
      limit: largest global norm; 0: no clipping.
    """

    def __init__(self, variables: Sequence[Any], limit: float):
        super().__init__(limit)
        self.variables = list(variables)
        self.state = [
            keras.Variable(keras.ops.zeros(v.shape, v.dtype), trainable=False, name=f"left_{n}")
            for n, v in enumerate(self.variables)
        ]

    def differentiated(self, group: Sequence[Any]) -> list[Any]:
        return self.variables

    def step(
        self,
        optimizer: keras.optimizers.Optimizer,
        gradients: Sequence[Any],
        group: Sequence[Any],
    ) -> tf.Tensor:
        in_group = {id(v) for v in group}
        sums = []
        for variable, gradient, stale in zip(self.variables, gradients, self.state, strict=True):
            fresh = id(variable) in in_group
            kept = tf.zeros_like(stale) if fresh else tf.convert_to_tensor(stale)
            sums.append(kept if gradient is None else kept + gradient)
        norm = global_norm(sums)
        factor = clip_factor(norm, self.limit)
        for total, stale in zip(sums, self.state, strict=True):
            stale.assign(total * factor)
        position = {id(v): n for n, v in enumerate(self.variables)}
        optimizer.apply([sums[position[id(v)]] * factor for v in group], group)
        return norm
