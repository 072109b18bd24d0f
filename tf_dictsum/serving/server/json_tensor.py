"""JSON lists to arrays (FillTensorProto of TensorFlow Serving's util/json_tensor.cc)."""

import base64
import binascii
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tf_dictsum.serving.server.json_reader import Json, JsonObject
from tf_dictsum.serving.server.json_writer import shown
from tf_dictsum.serving.server.status import Code, ServingError, invalid
from tf_dictsum.serving.server.tensor_codec import (
    MOST_DIMENSIONS,
    Unfeedable,
    type_name,
    unfeedable,
)

__all__ = ["is_base64", "read_tensor"]

_JSON_TYPES = {type(None): "Null", JsonObject: "Object", list: "Array", str: "String"}
_INT32 = (-(2**31), 2**31 - 1)
_RANGES = {  # what a number must lie in; the small types are read as int32, then cut
    tf.int8: _INT32,
    tf.uint8: _INT32,
    tf.int16: _INT32,
    tf.int32: _INT32,
    tf.int64: (-(2**63), 2**63 - 1),
    tf.uint32: (0, 2**32 - 1),
    tf.uint64: (0, 2**64 - 1),
}


def read_tensor(
    value: Json, dtype: int, alias: str, booleans: bool = True
) -> np.ndarray | Unfeedable:
    """The array of nested lists.

    Args:
      value: lists of equal length on every level, or one item.
      dtype: DataType of the signature.
      alias: the input's name, for errors.
      booleans: whether `true` or `false` may be among the items; what has none is read at once.

    Raises:
      ServingError: INVALID_ARGUMENT, UNIMPLEMENTED for a type that JSON has no values for.
    """
    kind = tf.as_dtype(dtype)
    if not booleans:
        array = _at_once(value, kind)
        if array is not None:
            return array
    shape = _shape(value)
    items = [_item(item, kind) for item in _items(value, shape)]
    if len(shape) > MOST_DIMENSIONS:
        return unfeedable(kind, shape, alias)
    if kind == tf.string:
        strings = np.empty(len(items), object)
        strings[:] = items
        return strings.reshape(shape)
    with np.errstate(over="ignore"):
        return np.array(items, _wide(kind)).astype(kind.as_numpy_dtype).reshape(shape)


def _wide(kind: tf.DType) -> Any:
    return np.float64 if kind.is_floating else kind.as_numpy_dtype if kind.size > 2 else np.int64


def _at_once(value: Json, kind: tf.DType) -> np.ndarray | None:
    """Lists without booleans as numpy reads them; None where they must be looked at one by one."""
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError):
        return None
    if not array.size or array.dtype.kind not in "fiu":
        return None
    if kind.is_floating:
        with np.errstate(over="ignore"):
            return array.astype(kind.as_numpy_dtype)
    if kind not in _RANGES or array.dtype.kind == "f":
        return None
    least, most = _RANGES[kind]
    fits = int(array.min()) >= least and int(array.max()) <= most
    return array.astype(kind.as_numpy_dtype) if fits else None


def _shape(value: Json) -> tuple[int, ...]:
    """Lengths along the first items."""
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def _items(value: Json, shape: tuple[int, ...]) -> Iterator[Json]:
    """What lies in nested lists of a shape, in order. Raises ServingError where they have
    another.
    """
    levels: list[Iterator[Json]] = [iter((value,))]
    while levels:
        level = len(levels) - 1
        for item in levels[-1]:
            if isinstance(item, list):
                _check_list(item, level, shape)
                levels.append(iter(item))
                break
            if level != len(shape):
                raise invalid(
                    f"JSON Value: {shown(item)} found at incorrect level: {level + 1} in the JSON "
                    f"DOM. Expected at level: {len(shape)}"
                )
            yield item
        else:
            levels.pop()


def _check_list(item: list[Json], level: int, shape: tuple[int, ...]) -> None:
    if level >= len(shape):
        raise invalid(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(item) != shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(item)} at level: {level} "
            f"expected size: {shape[level]}"
        )


def is_base64(value: Json) -> bool:
    """Whether a value is {"b64": "..."}, JSON's way to say bytes."""
    return (
        isinstance(value, JsonObject)
        and [name for name, _ in value.members] == ["b64"]
        and isinstance(value["b64"], str)
    )


def _item(item: Json, kind: tf.DType) -> bool | int | float | bytes:
    if kind == tf.string and isinstance(item, (str, JsonObject)):
        return item.encode("utf-8", "surrogateescape") if isinstance(item, str) else _bytes(item)
    if kind == tf.bool and isinstance(item, bool):
        return item
    if isinstance(item, (int, float)) and not isinstance(item, bool) and kind.is_floating:
        return float(item)
    if isinstance(item, int) and not isinstance(item, bool) and kind in _RANGES:
        least, most = _RANGES[kind]
        if least <= item <= most:
            return item
    if kind not in _RANGES and not kind.is_floating and kind not in (tf.bool, tf.string):
        raise ServingError(
            Code.UNIMPLEMENTED,
            f"Conversion of JSON Value: {shown(item)} to type: {type_name(kind)}",
        )
    json_type = str(item) if isinstance(item, bool) else _JSON_TYPES.get(type(item), "Number")
    raise invalid(
        f"JSON Value: {shown(item)} Type: {json_type} is not of expected type: {type_name(kind)}"
    )


def _bytes(item: JsonObject) -> bytes:
    if not is_base64(item):
        raise invalid(f"JSON Value: {shown(item)} not formatted correctly for base64 data")
    try:
        return base64.b64decode(str(item["b64"]), validate=True)
    except binascii.Error:
        raise invalid("Unable to base64 decode") from None
