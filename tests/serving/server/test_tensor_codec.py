"""TensorProto <-> numpy: TensorFlow's meaning, and no belief in what a proto claims."""

import contextlib

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tensorflow.core.framework import tensor_pb2

from tf_dictsum.serving.server.status import Code, ServingError
from tf_dictsum.serving.server.tensor_codec import Unfeedable, decode, encode

TYPES = [np.float32, np.float64, np.int32, np.int64, np.uint8, np.int16, np.uint64, np.bool_]
arrays = st.sampled_from(TYPES).flatmap(
    lambda t: hnp.arrays(t, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)


@given(arrays, st.booleans())
@settings(deadline=None)
def test_round_trip_and_agreement_with_tensorflow(array, as_content):
    proto = tensor_pb2.TensorProto()
    encode(array, proto, as_content)
    np.testing.assert_array_equal(tf.make_ndarray(proto), array)
    found = decode(tensor_pb2.TensorProto.FromString(proto.SerializeToString()), "x")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_typed_fields_are_the_default():
    proto = tensor_pb2.TensorProto()
    encode(np.ones((2, 3), np.float32), proto)
    assert len(proto.float_val) == 6
    assert not proto.tensor_content
    encode(np.ones((2, 3), np.float32), other := tensor_pb2.TensorProto(), as_content=True)
    assert len(other.tensor_content) == 24


@pytest.mark.parametrize("kind", [np.float16, np.complex64, np.str_])
def test_rare_types(kind):
    array = np.array(["a", "b"], object) if kind is np.str_ else np.ones(2, kind)
    encode(array, proto := tensor_pb2.TensorProto())
    assert decode(proto, "x").tolist() == ([b"a", b"b"] if kind is np.str_ else [1, 1])


def test_the_last_value_fills_the_rest():
    shape = tf.TensorShape([2, 3]).as_proto()
    assert decode(
        tensor_pb2.TensorProto(dtype=1, tensor_shape=shape, float_val=[1, 2]), "x"
    ).tolist() == [[1, 2, 2], [2, 2, 2]]
    assert decode(tensor_pb2.TensorProto(dtype=1, tensor_shape=shape), "x").tolist() == [
        [0, 0, 0],
        [0, 0, 0],
    ]


def proto_of(dtype=1, dims=(2,), **values):
    proto = tensor_pb2.TensorProto(dtype=dtype, **values)
    for size in dims:
        proto.tensor_shape.dim.add(size=size)
    return proto


@pytest.mark.parametrize(
    "proto",
    [
        proto_of(tensor_content=b"123"),
        proto_of(tensor_content=b"\0" * 12),
        proto_of(dims=(3, -1), tensor_content=b"\0" * 12),
        proto_of(dims=(-1,)),
        proto_of(dtype=0),
        proto_of(dtype=999),
        proto_of(dims=(2**62, 2**62), float_val=[1.0]),
        proto_of(dims=(10**6, 10**6), float_val=[1.0]),
        proto_of(dims=(40_000, 1024), float_val=[1.0]),
        proto_of(dims=[1] * 300, float_val=[1.0]),
    ],
    ids=[
        "short",
        "long",
        "negative",
        "unknown",
        "no type",
        "no such type",
        "overflow",
        "huge",
        "160 MB",
        "rank 300",
    ],
)
def test_lies_are_refused(proto):
    with pytest.raises(ServingError) as error:
        decode(proto, "features")
    assert (error.value.code, error.value.message) == (
        Code.INVALID_ARGUMENT,
        "tensor parsing error: features",
    )


def test_tensors_that_numpy_has_not():
    assert decode(proto_of(dtype=21, dims=()), "x") == Unfeedable(tf.variant, ())
    assert decode(proto_of(dims=[1] * 100, float_val=[1.0]), "x") == Unfeedable(
        tf.float32, (1,) * 100
    )
    refusal = decode(proto_of(dtype=20), "x").refusal
    assert refusal.startswith("Invalid resource type hash code: 0(name:  type: ). Perhaps")


def test_an_unknown_rank_is_not_looked_at():
    proto = proto_of(dims=(), float_val=[1.0])
    proto.tensor_shape.unknown_rank = True
    assert decode(proto, "x").shape == ()


@given(st.binary(max_size=60))
@settings(deadline=None, max_examples=300)
def test_noise_never_raises_anything_else(data):
    proto = tensor_pb2.TensorProto()
    try:
        proto.MergeFromString(data)
    except Exception:  # not even a message
        return
    with contextlib.suppress(ServingError):
        assert isinstance(decode(proto, "x"), (np.ndarray, Unfeedable))
