"""Several requests as one batch, and back: padding as TensorFlow Serving pads
(batching/batching_util.cc).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from tf_dictsum.serving.config.files import Batching
from tf_dictsum.serving.server.servable import Inputs
from tf_dictsum.serving.server.status import Code, ServingError, invalid

__all__ = ["batch_size", "merge", "split"]

Arrays = Mapping[str, np.ndarray]


def batch_size(inputs: Inputs) -> int:
    """The first dimension that all inputs of a request share.

    Raises:
      ServingError: INVALID_ARGUMENT, they have none or differ.
    """
    if any(value.ndim == 0 for value in inputs.values()):
        raise invalid("Batching Run() input tensors must have at least one dimension")
    sizes = {len(value) for value in inputs.values()}
    if len(sizes) != 1:
        raise invalid("Batching Run() input tensors must have equal 0th-dimension size")
    return sizes.pop()


def merge(requests: Sequence[Arrays], options: Batching) -> dict[str, np.ndarray]:
    """Concatenates the inputs of several requests along their first dimension.

    With pad_variable_length_inputs every other dimension grows to the largest one, filled with the
    tensor's own first element. With allowed_batch_sizes the last request's first row is repeated up
    to the next of these sizes.

    Raises:
      ServingError: shapes differ and padding is off; an empty tensor among others.
    """
    merged = {}
    for alias in requests[0]:
        values = [request[alias] for request in requests]
        shape = _common_shape(alias, values, options.pad_variable_length_inputs)
        count = sum(map(len, values))
        total = next((size for size in options.allowed_batch_sizes if size >= count), count)
        out = np.empty((total, *shape), values[0].dtype)
        row = 0
        for value in values:
            rows = out[row : row + len(value)]
            if value.shape[1:] != shape:
                if value.size == 0:
                    raise invalid("Got empty tensor in batch of non-empty tensors.")
                for axis, size in enumerate(
                    value.shape[1:], start=1
                ):  # only what the value itself will not cover
                    rows[(slice(None),) * axis + (slice(size, None),)] = value.flat[0]
            rows[tuple(slice(size) for size in value.shape)] = value
            row += len(value)
        out[row:] = out[row - len(values[-1])]
        merged[alias] = out
    return merged


def _common_shape(alias: str, values: Sequence[np.ndarray], padding: bool) -> tuple[int, ...]:
    shapes = {value.shape[1:] for value in values}
    if len(shapes) == 1:
        return shapes.pop()
    if not padding or len({len(shape) for shape in shapes}) > 1:
        raise ServingError(
            Code.FAILED_PRECONDITION,
            f"Tensors with name '{alias}' from different tasks have different shapes and padding "
            "is turned off."
            "Set pad_variable_length_inputs to true, or ensure that all tensors with the same name"
            "have equal dimensions starting with the first dim.",
        )
    return tuple(max(sizes) for sizes in zip(*shapes, strict=True))


def split(outputs: Arrays, sizes: Sequence[int]) -> list[dict[str, np.ndarray]]:
    """Gives every request its rows of the outputs.

    Raises:
      ServingError: FAILED_PRECONDITION, an output has not the batch as its first dimension.
    """
    total = sum(sizes)
    for value in outputs.values():
        if value.ndim == 0:
            raise ServingError(Code.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions")
        if len(value) < total:
            raise ServingError(
                Code.FAILED_PRECONDITION,
                "Batched output tensor's 0th dimension does not equal the sum of the 0th "
                "dimension sizes of the input tensors",
            )
    ends = np.cumsum(sizes)
    return [
        {alias: value[end - size : end] for alias, value in outputs.items()}
        for size, end in zip(sizes, ends, strict=True)
    ]
