"""The tensors of REST requests."""

import json
import types

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tf_dictsum.serving.server.json_reader import JsonObject, read_json
from tf_dictsum.serving.server.json_tensor import read_tensor
from tf_dictsum.serving.server.rest_json import Document, columns, rows
from tf_dictsum.serving.server.rest_reply import to_columns, to_rows
from tf_dictsum.serving.server.status import Code, ServingError
from tf_dictsum.serving.server.tensor_codec import Unfeedable

FLOAT, INT, INT64, TEXT = (
    types.SimpleNamespace(dtype=t.as_datatype_enum)
    for t in (tf.float32, tf.int32, tf.int64, tf.string)
)
BOTH = {"features": FLOAT, "lengths": INT}
ONE = {"features": FLOAT}


def parsed(value):
    """A Python value as the reader gives it."""
    return read_json(json.dumps(value).encode())


def fails(text, call, *arguments):
    with pytest.raises(ServingError) as error:
        call(*arguments)
    assert error.value.code == Code.INVALID_ARGUMENT
    assert text in error.value.message


@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=3),
        elements=st.floats(width=32),
    ),
    st.booleans(),
)
def test_columns_and_rows_give_the_same_tensor_back(array, booleans):
    value = parsed(array.astype(float).tolist())
    for found in (columns(value, ONE, booleans), rows(value, ONE, booleans)):
        assert found["features"].dtype == np.float32
        np.testing.assert_array_equal(found["features"], array)
    reply = json.loads(to_columns({"y": array}))
    np.testing.assert_array_equal(np.array(reply["outputs"], np.float32), array)
    reply = json.loads(to_rows({"y": array, "n": np.arange(len(array))}))
    np.testing.assert_array_equal(
        np.array([row["y"] for row in reply["predictions"]], np.float32), array
    )


def test_named_inputs():
    found = columns(parsed({"features": [[[1, 2.5]]], "lengths": [1]}), BOTH)
    assert (found["features"].shape, found["lengths"].dtype) == ((1, 1, 2), np.int32)
    both = [{"features": [[1, 2]], "lengths": 1}, {"features": [[3, 4]], "lengths": 1}]
    found = rows(parsed(both), BOTH)
    assert (found["features"].shape, found["lengths"].tolist()) == ((2, 1, 2), [1, 1])
    assert columns([], ONE)["features"].shape == (0,)
    assert columns([[], []], ONE)["features"].shape == (2, 0)


def test_the_first_of_two_members_counts():
    twice = JsonObject([("features", [1.0]), ("features", [2.0]), ("lengths", [1])])
    assert columns(twice, BOTH)["features"].tolist() == [1.0]
    row = JsonObject([("features", [1.0]), ("features", [2.0]), ("lengths", 1)])
    assert rows([row], BOTH)["features"].tolist() == [[1.0]]


@pytest.mark.parametrize("booleans", [False, True])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("abc", 'JSON Value: "abc" Type: String is not of expected type: float'),
        ([[1, 2], [3]], "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
        (
            [[1], 2],
            "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
        ),
        ([1, [2]], "Encountered list at unexpected level: 1 expected < 1"),
        ([1, None], "JSON Value: null Type: Null is not of expected type: float"),
        ([{"b64": "AA"}], "Type: Object is not of expected type: float"),
    ],
)
def test_what_is_no_float_tensor(value, text, booleans):
    fails(text, columns, parsed(value), ONE, booleans)


@pytest.mark.parametrize("item", [True, False])
def test_a_boolean_is_no_number(item):
    body = json.dumps({"inputs": {"features": [0.5, item], "lengths": [1]}}).encode()
    words = f"JSON Value: {str(item).lower()} Type: {item} is not of expected type: float"
    fails(words, Document(body).arrays, BOTH)


def test_numbers_beyond_a_type():
    with np.errstate(all="raise"):
        assert columns([1e39, -1e300, 2**70], ONE, False)["features"].tolist() == [
            np.inf,
            -np.inf,
            float(np.float32(2**70)),
        ]
    number = {"n": INT}
    fails("JSON Value: 1.5 Type: Number is not of expected type: int32", columns, [1.5], number)
    fails("JSON Value: 2147483648 Type: Number is not of", columns, [2**31], number)
    fails("JSON Value: 9223372036854775808 Type: Number", columns, [2**63], {"n": INT64})
    fails("JSON Value: 1.18059162e+21 Type: Number", columns, [2**70], {"n": INT64})


def test_strings_and_bytes():
    found = read_tensor(parsed(["a", {"b64": "Yg=="}]), TEXT.dtype, "x")
    assert found.tolist() == [b"a", b"b"]
    fails("Unable to base64 decode", read_tensor, parsed([{"b64": "!"}]), TEXT.dtype, "x")
    fails("not formatted correctly for base64", read_tensor, parsed([{"b": "!"}]), TEXT.dtype, "x")


def test_more_dimensions_than_numpy_has():
    def deep(levels):
        value = 1.0
        for _ in range(levels):
            value = [value]
        return value

    assert columns(deep(100), ONE)["features"] == Unfeedable(tf.float32, (1,) * 100)
    assert rows(deep(65), ONE)["features"] == Unfeedable(tf.float32, (1,) * 65)
    fails("tensor parsing error: features", columns, deep(300), ONE)
    fails("tensor parsing error: features", columns, deep(100_000), ONE)


def test_columns_and_rows_refuse():
    fails("inputs is a plain value/list, but expecting an object", columns, [1], BOTH)
    fails("Missing named input: lengths in 'inputs'", columns, parsed({"features": [1]}), BOTH)
    fails("instances is a plain list, but expecting list of objects", rows, [1], BOTH)
    row = {"features": [1], "lengths": 1}
    fails("Expecting object but got list at item 1 of input list", rows, parsed([row, [1]]), BOTH)
    fails("Expecting value/list but got object at item 1", rows, parsed([[1], row]), ONE)
    fails("keys must be equal to: features,lengths", rows, parsed([{"features": [1]}]), BOTH)
    fails(
        "Error: INVALID_ARGUMENT: JSON object: does not have named input: mask",
        rows,
        parsed([{**row, "mask": 1}]),
        BOTH,
    )
    fails(
        "Failed to process element: 1 key: features of 'instances' list. "
        "Error: INVALID_ARGUMENT: Expecting tensor size: 1 but got: 2",
        rows,
        parsed([row, {"features": [1, 2], "lengths": 1}]),
        BOTH,
    )
    fails("Expecting shape [1,2] but got: [2,1]", rows, parsed([[[1, 2]], [[1], [2]]]), ONE)
    outputs = {"y": np.zeros(2), "z": np.zeros(3)}
    fails("Tensor name: z has inconsistent batch size: 3 expecting: 2", to_rows, outputs)
    fails("Tensor name: y has no shape information", to_rows, {"y": np.zeros(())})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"[1]", "JSON Value: [1] Is not object"),
        (b'{"signature_name": 5}', "'signature_name' key must be a string value."),
        (b"{}", "Missing 'inputs' or 'instances' key"),
        (b'{"inputs": 1, "instances": 1}', "expecting only one of 'inputs' or 'instances'"),
        (b'{"instances": {}}', "Expecting 'instances' to be an list/array"),
        (b'{"instances": []}', "No values in 'instances' array"),
    ],
)
def test_what_is_no_request(body, text):
    fails(text, lambda: Document(body).arrays(BOTH))
    fails(
        "Failed to get input map for signature: x", Document(b'{"signature_name":"x"}').arrays, {}
    )
