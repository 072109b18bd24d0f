"""The JSON of TensorFlow Serving's REST API (util/json_tensor.cc): requests to tensors, tensors to replies."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_dictsum.serving.server.servable import type_name
from tf_dictsum.serving.server.status import ServingError, invalid

__all__ = ["columns", "parse_object", "rows", "to_columns", "to_rows"]

_TYPES = {
    type(None): "Null",
    dict: "Object",
    list: "Array",
    str: "String",
    int: "Number",
    float: "Number",
}


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a request's body; NaN and Infinity are numbers.

    Raises:
      ServingError: INVALID_ARGUMENT.
    """
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        value = json.loads(body)
    except json.JSONDecodeError as error:
        raise invalid(f"JSON Parse error: {error.msg} at offset: {error.pos}") from error
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise invalid(f"JSON Parse error: {type(error).__name__}") from error
    if not isinstance(value, dict):
        raise invalid(f"JSON Value: {_shown(value)} Is not object")
    return value


def columns(value: Any, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The "inputs" of a request: input name -> array; one input may stand without its name.

    Raises:
      ServingError: INVALID_ARGUMENT.
    """
    if not isinstance(value, dict):
        if len(inputs) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required as per tensorinfo_map"
            )
        value = {next(iter(inputs)): value}
    for name in sorted(inputs):
        if name not in value:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
    return {name: _array(value[name], info.dtype) for name, info in inputs.items()}


def rows(value: Any, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The "instances" of a request: a list of objects with every input, or of values where there is one input.

    Raises:
      ServingError: INVALID_ARGUMENT; rows of different sizes cannot be stacked.
    """
    if not isinstance(value, list):
        raise invalid("JSON Value: Excepting 'instances' to be an list/array")
    if not value:
        raise invalid("JSON Value: No values in 'instances' array")
    by_name = isinstance(value[0], dict)
    if not by_name and len(inputs) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per tensorinfo_map"
        )
    stacks: dict[str, list[np.ndarray]] = {name: [] for name in inputs}
    for number, element in enumerate(value):
        if isinstance(element, dict) != by_name:
            wanted, got = ("object", "list") if by_name else ("value/list", "object")
            raise invalid(f"Expecting {wanted} but got {got} at item {number} of input list")
        named = element if by_name else {next(iter(inputs)): element}
        for name, item in named.items():
            try:
                array = _row(name, item, inputs, stacks)
            except ServingError as error:
                key = f" key: {name}" if by_name else ""
                message = f"Failed to process element: {number}{key} of 'instances' list. Error: INVALID_ARGUMENT: {error.message}"
                raise invalid(message) from error
            stacks[name].append(array)
        if set(named) != set(inputs):
            keys = ",".join(sorted(inputs))
            raise invalid(
                f"Failed to process element: {number} of 'instances' list. JSON object: {_shown(named)} keys must be equal to: {keys}"
            )
    return {name: np.stack(arrays) for name, arrays in stacks.items()}


def _row(
    name: str, item: Any, inputs: Mapping[str, Any], stacks: Mapping[str, list[np.ndarray]]
) -> np.ndarray:
    if name not in inputs:
        raise invalid(f"JSON object: does not have named input: {name}")
    array = _array(item, inputs[name].dtype)
    if stacks[name]:
        first = stacks[name][0]
        if first.size != array.size:
            raise invalid(f"Expecting tensor size: {first.size} but got: {array.size}")
        if first.shape != array.shape:
            raise invalid(f"Expecting shape {_shape(first)} but got: {_shape(array)}")
    return array


def _shape(array: np.ndarray) -> str:
    return "[" + ",".join(map(str, array.shape)) + "]"


def _array(value: Any, dtype: int) -> np.ndarray:
    kind = np.dtype(tf.as_dtype(dtype).as_numpy_dtype)
    accepted = {"f": "fiu", "i": "i", "u": "iu", "b": "b"}.get(kind.kind, "")
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError):
        array = np.asarray(None)
    if array.size == 0 and array.dtype.kind == "f":
        return array.astype(kind)
    if array.dtype.kind not in accepted:
        _refuse(value, dtype)
    if kind.kind in "iu" and (array.min() < np.iinfo(kind).min or array.max() > np.iinfo(kind).max):
        raise invalid(
            f"JSON Value: {_shown(array.max())} Type: Number is not of expected type: {type_name(dtype)}"
        )
    if kind.kind == "f" and np.any(np.abs(array[np.isfinite(array)]) > np.finfo(kind).max):
        raise invalid(
            f"Cannot convert JSON value: {_shown(float(np.abs(array).max()))} to {type_name(dtype)} without loss of precision."
        )
    return array.astype(kind)


def _refuse(value: Any, dtype: int) -> None:
    """Finds what keeps nested lists from being a tensor of a type, and says it."""
    shape, first = [], value
    while isinstance(first, list):
        shape.append(len(first))
        first = first[0] if first else None

    def walk(item: Any, level: int) -> None:
        if isinstance(item, list):
            if level >= len(shape):
                raise invalid(
                    f"Encountered list at unexpected level: {level} expected < {len(shape)}"
                )
            if len(item) != shape[level]:
                raise invalid(
                    f"Encountered list at unexpected size: {len(item)} at level: {level} expected size: {shape[level]}"
                )
            for inner in item:
                walk(inner, level + 1)
            return
        if level != len(shape):
            raise invalid(
                f"JSON Value: {_shown(item)} found at incorrect level: {level + 1} in the JSON DOM. Expected at level: {len(shape)}"
            )
        wanted = tf.as_dtype(dtype)
        number = isinstance(item, (int, float)) and not isinstance(item, bool)
        fits = (
            isinstance(item, bool)
            if wanted.is_bool
            else number and (wanted.is_floating or isinstance(item, int))
        )
        if not fits:
            kind = str(item) if isinstance(item, bool) else _TYPES[type(item)]
            raise invalid(
                f"JSON Value: {_shown(item)} Type: {kind} is not of expected type: {type_name(dtype)}"
            )

    walk(value, 0)
    raise invalid(f"JSON Value: {_shown(value)} is not a tensor of type: {type_name(dtype)}")


def _shown(value: Any) -> str:
    text = json.dumps(
        value
        if isinstance(value, (dict, list, str, int, float, bool, type(None)))
        else value.item()
    )
    return text if len(text) <= 200 else text[:200] + "..."


def _plain(array: np.ndarray) -> Any:
    if (
        array.dtype == np.float32
    ):  # the shortest text that reads back as this float32, not its long float64 form
        return array.astype("U32").astype(np.float64).tolist()
    return array.tolist()


def to_columns(outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The reply to "inputs"."""
    named = {name: _plain(value) for name, value in outputs.items()}
    return {"outputs": next(iter(named.values())) if len(named) == 1 else named}


def to_rows(outputs: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The reply to "instances".

    Raises:
      ServingError: the outputs have no common first dimension.
    """
    if (
        any(value.ndim == 0 for value in outputs.values())
        or len({len(value) for value in outputs.values()}) != 1
    ):
        raise invalid(
            "Tensors to convert to rows have no common batch size; ask with 'inputs' instead of 'instances'."
        )
    if len(outputs) == 1:
        return {"predictions": _plain(next(iter(outputs.values())))}
    lists = {name: _plain(value) for name, value in outputs.items()}
    return {
        "predictions": [
            dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)
        ]
    }
