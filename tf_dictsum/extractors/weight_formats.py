"""Published GoogLeNet weights -> {"<caffe layer>/kernel": HWIO, "<caffe layer>/bias"}: .npz,
.caffemodel, .onnx.
"""

import math
import pathlib
from collections.abc import Callable, Iterator

import numpy as np

from tf_dictsum.extractors.wire import fields, packed_integers
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_bytes
from tf_dictsum.util.npz import read_npz

__all__ = ["read_caffemodel", "read_onnx", "read_weights"]


def read_weights(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The arrays of a weights file; which of the three formats it is tells its content, not its
    name.

    Raises:
      UserError: missing, or none of them.
    """
    content = read_bytes(path)
    if not content:
        raise UserError(f"{path}: an empty file. Copy or download it again.")
    return _from_npz(path) if content[:2] == b"PK" else _first_that_fits(memoryview(content), path)


def _first_that_fits(message: memoryview, path: pathlib.Path) -> dict[str, np.ndarray]:
    readers: tuple[Callable[[memoryview], dict[str, np.ndarray]], ...] = (
        read_caffemodel,
        read_onnx,
    )
    reasons = []
    for reader in readers:
        try:
            found = reader(message)
        except ValueError as error:
            reasons.append(str(error))
            continue
        if found:
            return found
        reasons.append("no convolution in it")
    why = ", ".join(dict.fromkeys(reasons))
    raise UserError(
        f"{path}: neither a .caffemodel, an ONNX model nor an .npz of weights ({why}). Copy or "
        "download it again."
    )


def _from_npz(path: pathlib.Path) -> dict[str, np.ndarray]:
    """An archive that has the arrays under these names already."""
    arrays = read_npz(path)
    for name, array in arrays.items():
        if array.dtype.kind not in "iuf":
            raise UserError(
                f"{path}: {name} holds {array.dtype}, expected numbers. Give weights as float32."
            )
    with np.errstate(over="ignore"):
        return {name: np.asarray(array, np.float32) for name, array in arrays.items()}


def read_caffemodel(message: memoryview) -> dict[str, np.ndarray]:
    """Convolutions of a Caffe NetParameter (caffe.proto: layers as field 2, V1, or 100).

    Raises:
      ValueError: not one.
    """
    found = {}
    for number, layer in fields(message):
        if number not in (2, 100) or isinstance(layer, int):
            continue
        name_field, blob_field = (4, 6) if number == 2 else (1, 7)
        name, blobs = "", []
        for field, value in fields(layer):
            if field == name_field and not isinstance(value, int):
                name = _text(value)
            elif field == blob_field and not isinstance(value, int):
                blobs.append(_caffe_blob(value))
        if (
            len(blobs) == 2
            and blobs[0].ndim == 4
            and min(blobs[0].shape) > 0
            and blobs[0].shape[0] == blobs[1].size
        ):
            found.update(_convolution(name, blobs[0], blobs[1]))
    return found


def _caffe_blob(blob: memoryview) -> np.ndarray:
    old: dict[int, int] = {}
    shape: list[int] = []
    chunks = []
    for field, value in fields(blob):
        if isinstance(value, int):
            if field in (1, 2, 3, 4):  # num, channels, height, width: before there were shapes
                old[field] = value
        elif field == 5:
            chunks.append(_floats(value))
        elif field == 7:
            shape = [
                n for inner, dims in fields(value) if inner == 1 for n in packed_integers(dims)
            ]
    shape = shape or [old.get(i, 1) for i in (1, 2, 3, 4)]
    return _shaped(chunks, shape)


def read_onnx(message: memoryview) -> dict[str, np.ndarray]:
    """Convolution weights among the initializers of an ONNX ModelProto, named as Caffe2 exports
    them: <layer>_w_0, <layer>_b_0.

    Raises:
      ValueError: not one.
    """
    tensors = dict(_onnx_initializers(message))
    found = {}
    for name, kernel in tensors.items():
        layer = name.removesuffix("_w_0")
        bias = tensors.get(f"{layer}_b_0")
        if layer != name and kernel.ndim == 4 and bias is not None:
            found.update(_convolution(layer, kernel, bias))
    return found


def _onnx_initializers(message: memoryview) -> Iterator[tuple[str, np.ndarray]]:
    for number, graph in fields(message):
        if number != 7 or isinstance(graph, int):
            continue
        for field, tensor in fields(graph):
            if field != 5 or isinstance(tensor, int):
                continue
            shape: list[int] = []
            name, kind, chunks = "", 0, []
            for inner, value in fields(tensor):
                if inner == 1:
                    shape += packed_integers(value)
                elif inner == 2 and isinstance(value, int):
                    kind = value
                elif inner == 8 and not isinstance(value, int):
                    name = _text(value)
                elif inner in (4, 9) and not isinstance(value, int):  # float_data, raw_data
                    chunks.append(
                        _floats(value) if kind in (0, 1) or inner == 4 else np.empty(0, np.float32)
                    )
            if kind == 1:  # FLOAT
                yield name, _shaped(chunks, shape)


def _convolution(name: str, kernel: np.ndarray, bias: np.ndarray) -> dict[str, np.ndarray]:
    """Both keep [out, in, height, width]; Keras has [height, width, in, out]."""
    return {
        f"{name}/kernel": np.ascontiguousarray(kernel.transpose(2, 3, 1, 0)),
        f"{name}/bias": bias.reshape(-1),
    }


def _floats(value: memoryview) -> np.ndarray:
    if len(value) % 4:
        raise ValueError(f"{len(value)} bytes are no row of floats")
    return np.frombuffer(bytes(value), "<f4")


def _shaped(chunks: list[np.ndarray], shape: list[int]) -> np.ndarray:
    flat = np.concatenate(chunks) if chunks else np.empty(0, np.float32)
    if flat.size != math.prod(shape):
        raise ValueError(f"{flat.size} values for shape {tuple(shape)}")
    return flat.reshape(shape)


def _text(value: memoryview) -> str:
    return bytes(value).decode("utf-8", "replace")
