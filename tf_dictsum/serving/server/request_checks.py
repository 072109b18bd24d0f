"""Requests that are small and would cost much: refused before anything is computed."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from tf_dictsum.serving.server.servable import Inputs
from tf_dictsum.serving.server.status import invalid
from tf_dictsum.serving.server.tensor_codec import Unfeedable

__all__ = ["check_implied", "check_steps", "steps_of"]


def check_implied(inputs: Mapping[str, tensor_pb2.TensorProto], most: int) -> None:
    """Refuses tensors of a few bytes that stand for many.

    Raises:
      ServingError: INVALID_ARGUMENT.
    """
    for alias, proto in inputs.items():
        try:
            width = tf.as_dtype(proto.dtype).size or 0
        except TypeError:
            continue  # no type at all; decoding says so
        count = 1
        for dim in proto.tensor_shape.dim:
            count *= max(dim.size, 0)
        if count >= 2**63:
            continue  # no tensor has so many values; decoding says so
        # A value takes at least a byte of the message, at most eight of memory.
        implied = count * width - proto.ByteSize() * 8
        if implied > most:
            raise invalid(
                f"tensor parsing error: {alias}: asks for {count * width} bytes of values and "
                f"carries {proto.ByteSize()}; at most {most} may be left out (max_implied_bytes)"
            )


def check_steps(inputs: Inputs, most: int) -> None:
    """Refuses inputs of more videos times steps than the server computes at once.

    Raises:
      ServingError: INVALID_ARGUMENT.
    """
    for alias, value in inputs.items():
        steps = steps_of(value)
        if steps > most:
            raise invalid(
                f"input {alias} has {steps} steps (videos x time); at most {most} are computed in "
                "one request (max_request_steps)"
            )


def steps_of(value: np.ndarray | Unfeedable) -> int:
    """Videos times time steps of an input; an empty video counts as one step."""
    return value.shape[0] * max(value.shape[1], 1) if value.ndim > 1 else 0
