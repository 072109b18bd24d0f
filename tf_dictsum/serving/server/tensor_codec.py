"""TensorProto <-> numpy, with TensorFlow's own rules for what a proto means."""

import math
from typing import Any

import numpy as np
import tensorflow as tf

from tf_dictsum.serving.server.status import ServingError, invalid

__all__ = ["decode", "encode"]

_MOST_IMPLIED = 64 << 20  # bytes that a proto may ask for beyond those it carries
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


def decode(proto: Any, alias: str) -> np.ndarray:
    """The array of a TensorProto: its bytes, or its typed values, the last of which stands for all that are missing.

    Args:
      proto: the TensorProto.
      alias: the input's name, for the error.

    Raises:
      ServingError: INVALID_ARGUMENT "tensor parsing error: alias", also where a proto of a few bytes asks for more than
        64 MiB of repeated values (TensorFlow Serving would allocate them).
    """
    try:
        dtype = tf.as_dtype(proto.dtype)
        shape = [dim.size for dim in proto.tensor_shape.dim]
        if proto.tensor_shape.unknown_rank or min(shape, default=0) < 0:
            raise _failed(alias)
        content = proto.tensor_content  # every look at it copies it
        if content and dtype.name in _FIELDS:
            kind = np.dtype(dtype.as_numpy_dtype)
            if math.prod(shape) * kind.itemsize != len(content):
                raise _failed(alias)
            return np.frombuffer(content, kind).reshape(shape)
        if math.prod(shape) * max(dtype.size or 0, 8) > proto.ByteSize() * 8 + _MOST_IMPLIED:
            raise _failed(alias)
        with tf.device("/CPU:0"):
            return tf.io.parse_tensor(proto.SerializeToString(), dtype).numpy()
    except (tf.errors.OpError, TypeError, ValueError) as error:
        raise _failed(alias) from error


def _failed(alias: str) -> ServingError:
    return invalid(f"tensor parsing error: {alias}")


def encode(value: np.ndarray, proto: Any, as_content: bool = False) -> None:
    """Fills a TensorProto.

    Args:
      value: the array.
      proto: empty.
      as_content: as bytes in tensor_content; otherwise, and that is TensorFlow Serving's default, in the field of its type.
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
