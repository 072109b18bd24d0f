"""The JSON of a Predict request (TensorFlow Serving's util/json_tensor.cc): its tensors as
arrays.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_dictsum.serving.server.json_reader import Json, JsonObject, read_json
from tf_dictsum.serving.server.json_tensor import is_base64, read_tensor
from tf_dictsum.serving.server.json_writer import shown
from tf_dictsum.serving.server.status import ServingError, invalid
from tf_dictsum.serving.server.tensor_codec import MOST_DIMENSIONS, Unfeedable, unfeedable

__all__ = ["Document", "columns", "rows"]

_NEEDS_OBJECT = "input tensors required as per tensorinfo_map"


class Document:
    """The JSON object of a request's body.

    Args:
      body: the text.

    Attributes:
      signature: "signature_name", "" where it is not given.
      by_rows: whether its tensors come as "instances" rather than "inputs"; set by `arrays`.

    Raises:
      ServingError: INVALID_ARGUMENT.
    """

    def __init__(self, body: bytes):
        value = read_json(body)
        if not isinstance(value, JsonObject):
            raise invalid(f"JSON Value: {shown(value)} Is not object")
        self._object = value
        self._booleans = b"true" in body or b"false" in body
        self.by_rows = False
        signature = value.get("signature_name", "")
        if not isinstance(signature, str):
            raise self.wrong(
                "not formatted correctly. 'signature_name' key must be a string value."
            )
        self.signature = signature

    def __contains__(self, name: str) -> bool:
        return name in self._object

    def __getitem__(self, name: str) -> Json:
        return self._object[name]

    def wrong(self, what: str) -> ServingError:
        """An INVALID_ARGUMENT that shows the document."""
        return invalid(f"JSON Value: {shown(self._object)} {what}")

    def arrays(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray | Unfeedable]:
        """The tensors, input name -> array.

        Args:
          inputs: the signature's, name -> TensorInfo.

        Raises:
          ServingError: INVALID_ARGUMENT.
        """
        if not inputs:
            name = self.signature or "DEFAULT"
            raise invalid(f"Failed to get input map for signature: {name}")
        self.by_rows = "instances" in self
        if not self.by_rows and "inputs" not in self:
            raise invalid("Missing 'inputs' or 'instances' key")
        if not self.by_rows:
            return columns(self["inputs"], inputs, self._booleans)
        if "inputs" in self:
            raise self.wrong(
                "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to "
                "exist "
            )
        instances = self["instances"]
        if not isinstance(instances, list):
            raise self.wrong("Expecting 'instances' to be an list/array")
        if not instances:
            raise self.wrong("No values in 'instances' array")
        return rows(instances, inputs, self._booleans)


def columns(
    value: Json, inputs: Mapping[str, Any], booleans: bool = True
) -> dict[str, np.ndarray | Unfeedable]:
    """The "inputs" of a request: input name -> array; one input may stand without its name.

    Args:
      value: what "inputs" holds.
      inputs: the signature's, name -> TensorInfo.
      booleans: as in `read_tensor`.

    Raises:
      ServingError: INVALID_ARGUMENT.
    """
    if not isinstance(value, JsonObject) or is_base64(value):
        if len(inputs) > 1:
            raise invalid(
                f"inputs is a plain value/list, but expecting an object as multiple {_NEEDS_OBJECT}"
            )
        value = JsonObject([(next(iter(inputs)), value)])
    arrays = {}
    for name in sorted(inputs):
        if name not in value:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
        arrays[name] = read_tensor(value[name], inputs[name].dtype, name, booleans)
    return arrays


def rows(
    value: list[Json], inputs: Mapping[str, Any], booleans: bool = True
) -> dict[str, np.ndarray | Unfeedable]:
    """The "instances" of a request: objects with every input, or values where there is one input.

    Args:
      value: what "instances" holds, at least one.
      inputs, booleans: as in `columns`.

    Raises:
      ServingError: INVALID_ARGUMENT; rows of different sizes cannot be stacked.
    """
    if not isinstance(value[0], JsonObject) and len(inputs) > 1:
        raise invalid(
            f"instances is a plain list, but expecting list of objects as multiple {_NEEDS_OBJECT}"
        )
    by_name = _is_row(value[0])
    stacks: dict[str, list[np.ndarray | Unfeedable]] = {name: [] for name in inputs}
    for number, element in enumerate(value):
        if _is_row(element) != by_name:
            wanted, got = ("object", "list") if by_name else ("value/list", "object")
            raise invalid(f"Expecting {wanted} but got {got} at item {number} of input list")
        row = element if by_name else JsonObject([(max(inputs), element)])
        assert isinstance(row, JsonObject)
        for name, item in row.members:
            try:
                stacks.get(name, []).append(_row_array(name, item, inputs, stacks, booleans))
            except ServingError as error:
                key = f" key: {name}" if by_name else ""
                raise invalid(
                    f"Failed to process element: {number}{key} of 'instances' list. "
                    f"Error: {error.code.name}: {error.message}"
                ) from error
        if by_name and {name for name, _ in row.members} != set(inputs):
            raise invalid(
                f"Failed to process element: {number} of 'instances' list. JSON object: "
                f"{shown(row)} keys must be equal to: {','.join(sorted(inputs))}"
            )
    # A name that stands twice in a row is one array too many; the first ones count.
    return {name: _stack(name, arrays[: len(value)]) for name, arrays in stacks.items() if arrays}


def _stack(name: str, arrays: list[np.ndarray | Unfeedable]) -> np.ndarray | Unfeedable:
    whole = [array for array in arrays if isinstance(array, np.ndarray)]
    if len(whole) == len(arrays) and whole[0].ndim < MOST_DIMENSIONS:
        return np.stack(whole)
    return unfeedable(tf.as_dtype(arrays[0].dtype), (len(arrays), *arrays[0].shape), name)


def _is_row(value: Json) -> bool:
    return isinstance(value, JsonObject) and not is_base64(value)


def _row_array(
    name: str,
    item: Json,
    inputs: Mapping[str, Any],
    stacks: Mapping[str, list[np.ndarray | Unfeedable]],
    booleans: bool,
) -> np.ndarray | Unfeedable:
    if name not in inputs:
        raise invalid(f"JSON object: does not have named input: {name}")
    array = read_tensor(item, inputs[name].dtype, name, booleans)
    if stacks[name]:
        first = stacks[name][0]
        if (size := math.prod(first.shape)) != (found := math.prod(array.shape)):
            raise invalid(f"Expecting tensor size: {size} but got: {found}")
        if first.shape != array.shape:
            raise invalid(f"Expecting shape {_shape(first)} but got: {_shape(array)}")
    return array


def _shape(array: np.ndarray | Unfeedable) -> str:
    return "[" + ",".join(map(str, array.shape)) + "]"
