"""Names for variables, and models and optimizers put back to their first step."""

from collections.abc import Sequence
from typing import Any

import keras

__all__ = ["assign_all", "named_variables", "reset_optimizer"]


def named_variables(prefix: str, variables: Sequence[Any]) -> dict[str, Any]:
    """Variables by a name that is unique and the same in every process."""
    return {
        f"{prefix}/{number:03d}/{variable.name}": variable
        for number, variable in enumerate(variables)
    }


def assign_all(variables: Sequence[Any], values: Sequence[Any]) -> None:
    """variables[n] takes the value of values[n]; both are of the same model's make."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def reset_optimizer(optimizer: keras.optimizers.Optimizer) -> None:
    """Zeroes every moment and the step count; the learning rate stays."""
    rate = float(optimizer.learning_rate)
    for variable in optimizer.variables:
        variable.assign(keras.ops.zeros_like(variable))
    optimizer.learning_rate.assign(rate)
