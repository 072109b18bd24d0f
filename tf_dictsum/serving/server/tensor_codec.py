"""TensorProto <-> numpy, with TensorFlow's own rules for what a proto means."""

import dataclasses
import math
from typing import Any

import numpy as np
import tensorflow as tf

from tf_dictsum.serving.server.status import ServingError, invalid

__all__ = ["MOST_DIMENSIONS", "Unfeedable", "decode", "encode", "type_name", "unfeedable"]

_PLAIN = ("float32", "float64", "int32", "int64")
_MOST_IMPLIED = 64 << 20  # bytes that a proto may ask for beyond those it carries
MOST_DIMENSIONS = 64  # of a numpy array
_MOST_DIMENSIONS = 254  # of a tensor
_FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "int64": "int64_val",
    "bool": "bool_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "int32": "int_val",
    "int16": "int_val",
    "int8": "int_val",
    "uint16": "int_val",
    "uint8": "int_val",
}
_NO_NUMPY = (tf.resource, tf.variant, tf.qint8, tf.quint8, tf.qint16, tf.quint16, tf.qint32)
_TYPE_NAMES = {"float16": "half", "float32": "float", "float64": "double"}


def type_name(dtype: Any) -> str:
    """A type's name in TensorFlow's C++ messages: float, double, int32, ..."""
    name = tf.as_dtype(dtype).name
    return _TYPE_NAMES.get(name, name)


@dataclasses.dataclass(frozen=True)
class Unfeedable:
    """A tensor that TensorFlow has and numpy has not, by its type or by more than 64 dimensions.

    Attributes:
      dtype: its type.
      shape: its sizes.
      refusal: what TensorFlow answers where it is not the type that decides.
    """

    dtype: tf.DType
    shape: tuple[int, ...]
    refusal: str = ""

    @property
    def ndim(self) -> int:
        """How many dimensions it has."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]


def unfeedable(
    dtype: tf.DType, shape: tuple[int, ...], alias: str, refusal: str = ""
) -> Unfeedable:
    """An Unfeedable. Raises ServingError where TensorFlow has no tensor of so many dimensions
    either.
    """
    if len(shape) > _MOST_DIMENSIONS:
        raise _failed(alias)
    return Unfeedable(dtype, shape, refusal)


def decode(proto: Any, alias: str) -> np.ndarray | Unfeedable:
    """The array of a TensorProto: its bytes, or its typed values, the last of which stands for all
    that are missing.

    Args:
      proto: the TensorProto.
      alias: the input's name, for the error.

    Raises:
      ServingError: INVALID_ARGUMENT "tensor parsing error: alias", also where a proto of a few
        bytes asks for more than
        64 MiB of repeated values (TensorFlow Serving would allocate them).
    """
    try:
        dtype = tf.as_dtype(proto.dtype)
        shape = tuple(dim.size for dim in proto.tensor_shape.dim)  # "unknown_rank" is not looked at
        if min(shape, default=0) < 0 or math.prod(shape) >= 2**63:
            raise _failed(alias)
        if dtype in _NO_NUMPY or len(shape) > MOST_DIMENSIONS:
            return unfeedable(dtype, shape, alias, _resource(proto) if dtype == tf.resource else "")
        content = proto.tensor_content  # every look at it copies it
        if content and dtype.name in _FIELDS:
            kind = np.dtype(dtype.as_numpy_dtype)
            if math.prod(shape) * kind.itemsize != len(content):
                raise _failed(alias)
            return np.frombuffer(content, kind).reshape(shape)
        if (
            dtype.name in _PLAIN
            and math.prod(shape) == len(getattr(proto, _FIELDS[dtype.name])) < 64
        ):
            # what clients send as lengths: an eager op for it takes longer than all other decoding
            return np.array(getattr(proto, _FIELDS[dtype.name]), dtype.name).reshape(shape)
        if math.prod(shape) * max(dtype.size or 0, 8) > proto.ByteSize() * 8 + _MOST_IMPLIED:
            raise _failed(alias)
        with tf.device("/CPU:0"):
            return np.asarray(tf.io.parse_tensor(_with_rank(proto), dtype).numpy())
    except (tf.errors.OpError, TypeError, ValueError) as error:
        raise _failed(alias) from error


def _with_rank(proto: Any) -> bytes:
    if proto.tensor_shape.unknown_rank:
        same = type(proto)()
        same.CopyFrom(proto)
        same.tensor_shape.unknown_rank = False
        proto = same
    return bytes(proto.SerializeToString())


def _resource(proto: Any) -> str:
    handle = proto.resource_handle_val[0] if proto.resource_handle_val else None
    code, name, kind = (
        (handle.hash_code, handle.name, handle.maybe_type_name) if handle else (0, "", "")
    )
    return (
        f"Invalid resource type hash code: {code}(name: {name} type: {kind}). Perhaps a resource "
        "tensor was being "
        "provided as a feed? That is not currently allowed. Please file an issue at "
        "https://github.com/tensorflow/tensorflow/issues/new, ideally with a short code snippet "
        "that leads to this "
        "error message."
    )


def _failed(alias: str) -> ServingError:
    return invalid(f"tensor parsing error: {alias}")


def encode(value: np.ndarray, proto: Any, as_content: bool = False) -> None:
    """Fills a TensorProto.

    Args:
      value: the array.
      proto: empty.
      as_content: as bytes in tensor_content; otherwise, and that is TensorFlow Serving's default,
        in the field of its type.
    """
    field = _FIELDS.get(value.dtype.name)
    if field is None or as_content:
        proto.CopyFrom(tf.make_tensor_proto(value))
        return
    proto.dtype = tf.as_dtype(value.dtype).as_datatype_enum
    proto.tensor_shape.SetInParent()
    for size in value.shape:
        proto.tensor_shape.dim.add(size=size)
    getattr(proto, field).extend(value.ravel().tolist())
