"""Replies of the REST API as text, indented and ordered as TensorFlow Serving writes them."""

from collections.abc import Mapping

import numpy as np

from tf_dictsum.serving.server.json_writer import decimals, quoted
from tf_dictsum.serving.server.status import invalid
from tf_dictsum.serving.server.tensor_codec import type_name

__all__ = ["error_text", "to_columns", "to_rows"]

_STEP = " " * 4


def error_text(message: str) -> str:
    """The body of an error."""
    return f'{{\n{_STEP}"error": {quoted(message)}\n}}'


def to_columns(outputs: Mapping[str, np.ndarray]) -> str:
    """The reply to "inputs": every output, or the one there is.

    Raises:
      ServingError: INVALID_ARGUMENT, an output's type has no JSON.
    """
    if len(outputs) == 1:
        (value,) = outputs.values()
        return f'{{\n{_STEP}"outputs": {_nested(_texts(value), value.shape, 1)}\n}}'
    members = [
        f"{_STEP * 2}{quoted(name)}: {_nested(_texts(value), value.shape, 2)}"
        for name, value in outputs.items()
    ]
    return f'{{\n{_STEP}"outputs": {{\n' + ",\n".join(members) + f"\n{_STEP}}}\n}}"


def to_rows(outputs: Mapping[str, np.ndarray]) -> str:
    """The reply to "instances": a row for every video.

    Raises:
      ServingError: INVALID_ARGUMENT, the outputs have no common first dimension.
    """
    size = -1
    for name, value in outputs.items():
        if value.ndim == 0:
            raise invalid(f"Tensor name: {name} has no shape information ")
        if size not in (-1, len(value)):
            raise invalid(
                f"Tensor name: {name} has inconsistent batch size: {len(value)} expecting: {size}"
            )
        size = len(value)
    lists = {name: _row_texts(value) for name, value in outputs.items()}
    if len(lists) == 1:
        (texts,) = lists.values()
        items = [f"\n{_STEP * 2}{text}" for text in texts]
    else:
        items = [
            f"\n{_STEP * 2}{{\n"
            + ",\n".join(
                f"{_STEP * 3}{quoted(name)}: {texts[row]}" for name, texts in lists.items()
            )
            + f"\n{_STEP * 2}}}"
            for row in range(size)
        ]
    closed = f"\n{_STEP}]" if items else "]"
    return f'{{\n{_STEP}"predictions": [' + ",".join(items) + f"{closed}\n}}"


def _texts(value: np.ndarray) -> list[str]:
    kind = value.dtype.kind
    if kind == "f":
        return decimals(value)
    if kind == "b":
        return ["true" if item else "false" for item in value.ravel().tolist()]
    if kind in "iu":
        return list(map(str, value.ravel().tolist()))
    if kind == "O":
        return [quoted(item.decode("utf-8", "surrogateescape")) for item in value.ravel().tolist()]
    raise invalid(f"Failed to write JSON value for tensor type: {type_name(value.dtype)}")


def _row_texts(value: np.ndarray) -> list[str]:
    """Every row on a line of its own."""
    texts = _texts(value)
    for size in reversed(value.shape[1:]):
        if size == 0:
            texts = ["[]"] * int(np.prod(value.shape[: value.ndim - 1]))
            continue
        texts = ["[" + ", ".join(texts[at : at + size]) + "]" for at in range(0, len(texts), size)]
    return texts


def _nested(texts: list[str], shape: tuple[int, ...], depth: int) -> str:
    """Lists of lists, every item on a line of its own."""
    if not shape:
        return texts[0]
    if shape[0] == 0:
        return "[]"
    width = len(texts) // shape[0]
    line = "\n" + _STEP * (depth + 1)
    items = [
        _nested(texts[row * width : (row + 1) * width], shape[1:], depth + 1)
        for row in range(shape[0])
    ]
    return "[" + line + ("," + line).join(items) + "\n" + _STEP * depth + "]"
