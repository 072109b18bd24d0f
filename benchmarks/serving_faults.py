"""Requests that a server must refuse, or answer, without harm: hypothesis makes them up."""

import dataclasses
import json
import math
from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import predict_pb2

__all__ = ["Fault", "faults"]

_BAD = frozenset({"INVALID_ARGUMENT"})
_DTYPES = sorted(set(types_pb2.DataType.values()) | {200, 2**31 - 1})


@dataclasses.dataclass(frozen=True)
class Fault:
    """One request and what may come back.

    Attributes:
      kind: what is wrong with it.
      payload: the bytes of a PredictRequest, or of a REST body.
      codes: gRPC codes (or HTTP statuses, as text) that are right for it.
      rest: whether it goes to REST.
    """

    kind: str
    payload: bytes
    codes: frozenset[str]
    rest: bool = False


def _valid(steps: int, width: int, batch: int = 1) -> Any:
    features = np.linspace(0, 1, batch * steps * width, dtype=np.float32).reshape(
        batch, steps, width
    )
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "dictsum"
    request.inputs["features"].CopyFrom(tf.make_tensor_proto(features))
    request.inputs["lengths"].CopyFrom(tf.make_tensor_proto(np.full(batch, steps, np.int32)))
    return request


def _shape(proto: Any, sizes: list[int]) -> None:
    proto.tensor_shape.ClearField("dim")
    for size in sizes:
        proto.tensor_shape.dim.add(size=size)


@st.composite
def _truncated_tensor(draw: Any, width: int) -> Fault:
    request = _valid(draw(st.integers(1, 12)), width)
    name = draw(st.sampled_from(["features", "lengths"]))
    content = (
        request.inputs[name].tensor_content
        or np.array(request.inputs[name].int_val, np.int32).tobytes()
    )
    request.inputs[name].ClearField("int_val")
    cut = draw(st.integers(1, len(content) - 1))  # nothing at all is valid: zeros
    request.inputs[name].tensor_content = (
        content[:cut] if draw(st.booleans()) else content + content[:cut]
    )
    return Fault("truncated tensor", request.SerializeToString(), _BAD)


@st.composite
def _truncated_message(draw: Any, width: int) -> Fault:
    whole = _valid(draw(st.integers(1, 12)), width).SerializeToString()
    payload = whole[: draw(st.integers(0, len(whole) - 1))]
    try:  # a cut between two fields leaves a message, only not a whole request
        predict_pb2.PredictRequest.FromString(payload)
        codes = frozenset({"INVALID_ARGUMENT", "NOT_FOUND"})
    except Exception:  # protobuf's DecodeError, wherever this version keeps it
        codes = frozenset(
            {"INTERNAL", "INVALID_ARGUMENT"}
        )  # gRPC answers before the service is asked
    return Fault("truncated message", payload, codes)


@st.composite
def _noise(draw: Any, width: int) -> Fault:
    del width
    return Fault(
        "noise",
        draw(st.binary(min_size=1, max_size=200)),
        frozenset({"INTERNAL", "INVALID_ARGUMENT", "NOT_FOUND"}),
    )


@st.composite
def _wrong_dtype(draw: Any, width: int) -> Fault:
    request = _valid(draw(st.integers(1, 12)), width)
    name = draw(st.sampled_from(["features", "lengths"]))
    right = request.inputs[name].dtype
    request.inputs[name].dtype = draw(st.sampled_from(_DTYPES).filter(lambda kind: kind != right))
    if draw(st.booleans()):
        request.inputs[name].ClearField("tensor_content")
        request.inputs[name].string_val.extend(draw(st.lists(st.binary(max_size=8), max_size=4)))
    return Fault("wrong dtype", request.SerializeToString(), _BAD)


@st.composite
def _lying_shape(draw: Any, width: int) -> Fault:
    request = _valid(draw(st.integers(1, 12)), width)
    content = len(request.inputs["features"].tensor_content) // 4
    sizes = draw(
        st.lists(st.integers(0, 300), max_size=5).filter(lambda s: math.prod(s) != content)
    )
    _shape(request.inputs["features"], sizes)
    return Fault("lying shape", request.SerializeToString(), _BAD)


@st.composite
def _huge_dims(draw: Any, width: int) -> Fault:
    request = _valid(1, width)
    proto = request.inputs["features"]
    huge = st.integers(2**34, 2**63 - 1) | st.sampled_from(
        [2**31, 2**32, 2**62, 2**63 - 1, -1, -(2**63)]
    )
    sizes = [1, 1, width]
    for place in draw(st.sets(st.integers(0, 2), min_size=1)):
        sizes[place] = draw(huge)
    if math.prod(map(abs, sizes)) < 2**34:
        sizes[1] = 2**40
    _shape(proto, sizes)
    if draw(st.booleans()):
        proto.ClearField("tensor_content")
        proto.float_val.append(0.5)  # one value stands for all of them
    return Fault("huge dims", request.SerializeToString(), _BAD | {"RESOURCE_EXHAUSTED"})


@st.composite
def _wrong_shape(draw: Any, width: int) -> Fault:
    """Honest shapes that the model does not take."""
    sizes = draw(
        st.lists(st.integers(0, 9), max_size=5).filter(
            lambda s: not (len(s) == 3 and s[2] == width)
        )
    )
    request = _valid(3, width)
    request.inputs["features"].CopyFrom(tf.make_tensor_proto(np.zeros(sizes, np.float32)))
    return Fault("wrong shape", request.SerializeToString(), _BAD)


@st.composite
def _batches_that_differ(draw: Any, width: int) -> Fault:
    request = _valid(4, width, batch=draw(st.integers(1, 4)))
    rows = request.inputs["features"].tensor_shape.dim[0].size
    count = draw(st.integers(0, 8).filter(lambda n: n != rows))
    request.inputs["lengths"].CopyFrom(tf.make_tensor_proto(np.full(count, 4, np.int32)))
    return Fault("batches that differ", request.SerializeToString(), _BAD)


@st.composite
def _odd_values(draw: Any, width: int) -> Fault:
    """Not a fault of form: NaN and infinities go through the model, as in TensorFlow Serving."""
    steps = draw(st.integers(1, 12))
    values = st.sampled_from([math.nan, math.inf, -math.inf, 3e38, -3e38, 1e-45, 0.0])
    request = _valid(steps, width)
    features = np.resize(
        np.array(draw(st.lists(values, min_size=1, max_size=9)), np.float32), (1, steps, width)
    )
    request.inputs["features"].CopyFrom(tf.make_tensor_proto(features))
    return Fault("NaN and infinity", request.SerializeToString(), frozenset({"OK"}))


@st.composite
def _odd_lengths(draw: Any, width: int) -> Fault:
    """Lengths outside 0..time are taken as the nearest of these (the exported graph says so)."""
    steps = draw(st.integers(0, 12))
    length = draw(st.integers(-(2**31), -1) | st.integers(steps + 1, 2**31 - 1))
    request = _valid(max(steps, 1), width)
    if not steps:
        request.inputs["features"].CopyFrom(
            tf.make_tensor_proto(np.zeros((1, 0, width), np.float32))
        )
    request.inputs["lengths"].CopyFrom(tf.make_tensor_proto(np.array([length], np.int32)))
    return Fault("odd length", request.SerializeToString(), frozenset({"OK"}))


@st.composite
def _unknown_name(draw: Any, width: int) -> Fault:
    request = _valid(3, width)
    name = draw(
        st.text(min_size=1, max_size=30).filter(
            lambda t: t not in ("dictsum", "serving_default", "scores", "lengths", "features")
        )
    )
    kind = draw(
        st.sampled_from(
            [
                "model",
                "version",
                "label",
                "signature",
                "input",
                "extra input",
                "missing input",
                "output",
                "twice",
            ]
        )
    )
    code = "INVALID_ARGUMENT"
    if kind == "model":
        request.model_spec.name, code = name, "NOT_FOUND"
    elif kind == "version":
        request.model_spec.version.value, code = (
            draw(st.integers(-(2**63), 2**63 - 1).filter(lambda v: v != 1)),
            "NOT_FOUND",
        )
    elif kind == "label":
        request.model_spec.version_label = name
    elif kind == "signature":
        request.model_spec.signature_name, code = name, "FAILED_PRECONDITION"
    elif kind == "input":
        request.inputs[name].CopyFrom(request.inputs["lengths"])
        del request.inputs["lengths"]
    elif kind == "extra input":
        request.inputs[name].CopyFrom(request.inputs["lengths"])
    elif kind == "missing input":
        del request.inputs[draw(st.sampled_from(["features", "lengths"]))]
    elif kind == "output":
        request.output_filter.append(name)
    else:
        request.output_filter.extend(["scores", "scores"])
    return Fault(
        f"unknown {kind}" if "input" not in kind and kind != "twice" else kind,
        request.SerializeToString(),
        frozenset({code}),
    )


@st.composite
def _rest_body(draw: Any, width: int) -> Fault:
    leaves = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=5)
    )
    anything = st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
        ),
    )
    kind = draw(st.sampled_from(["bytes", "json", "inputs", "instances", "cut", "deep"]))
    if kind == "bytes":
        payload = draw(st.binary(max_size=60))
    elif kind == "json":
        payload = json.dumps(draw(anything)).encode()
    elif kind == "inputs":
        payload = json.dumps({"inputs": {"features": draw(anything), "lengths": [1]}}).encode()
    elif kind == "instances":
        payload = json.dumps({"instances": draw(st.lists(anything, max_size=3))}).encode()
    elif kind == "deep":
        depth = draw(st.integers(4, 3000))
        name = draw(st.sampled_from(["inputs", "instances"]))
        payload = b'{"%s": {"lengths": [1], "features": %s1%s}}' % (
            name.encode(),
            b"[" * depth,
            b"]" * depth,
        )
    else:
        whole = json.dumps({"instances": [{"features": [[0.0] * width], "lengths": 1}]}).encode()
        payload = whole[: draw(st.integers(0, len(whole) - 1))]
    return Fault(f"REST {kind}", payload, frozenset({"400"}), rest=True)


_KINDS = (
    _truncated_tensor,
    _truncated_message,
    _noise,
    _wrong_dtype,
    _lying_shape,
    _huge_dims,
    _wrong_shape,
    _batches_that_differ,
    _odd_values,
    _odd_lengths,
    _unknown_name,
    _rest_body,
)


def faults(width: int) -> list[st.SearchStrategy[Fault]]:
    """One strategy for every kind, for a model "dictsum" of version 1 with features of this width
    (at least 4).
    """
    return [kind(width) for kind in _KINDS]
