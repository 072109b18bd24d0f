"""The JSON of the REST API."""

import json
import types

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tf_dictsum.serving.server.rest_json import (
    columns,
    parse_object,
    rows,
    to_columns,
    to_rows,
)
from tf_dictsum.serving.server.status import Code, ServingError

FLOAT, INT, INT64 = (
    types.SimpleNamespace(dtype=t.as_datatype_enum) for t in (tf.float32, tf.int32, tf.int64)
)
BOTH = {"features": FLOAT, "lengths": INT}
ONE = {"features": FLOAT}


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
    )
)
def test_columns_and_rows_give_the_same_tensor_back(array):
    text = json.dumps(array.astype(float).tolist())
    for found in (columns(json.loads(text), ONE), rows(json.loads(text), ONE)):
        assert found["features"].dtype == np.float32
        np.testing.assert_array_equal(found["features"], array)
    reply = json.loads(json.dumps(to_columns({"y": array})))
    np.testing.assert_array_equal(np.array(reply["outputs"], np.float32), array)
    reply = json.loads(json.dumps(to_rows({"y": array, "n": np.arange(len(array))})))
    np.testing.assert_array_equal(
        np.array([row["y"] for row in reply["predictions"]], np.float32), array
    )


def test_floats_are_written_short():
    assert (
        json.dumps(to_columns({"y": np.float32([0.1, 1 / 3])})) == '{"outputs": [0.1, 0.33333334]}'
    )
    assert (
        json.dumps(to_columns({"y": np.float32([np.nan, np.inf])}))
        == '{"outputs": [NaN, Infinity]}'
    )


def test_named_inputs():
    found = columns({"features": [[[1, 2.5]]], "lengths": [1]}, BOTH)
    assert (found["features"].shape, found["lengths"].dtype) == ((1, 1, 2), np.int32)
    found = rows([{"features": [[1, 2]], "lengths": 1}, {"features": [[3, 4]], "lengths": 1}], BOTH)
    assert (found["features"].shape, found["lengths"].tolist()) == ((2, 1, 2), [1, 1])
    assert columns([], ONE)["features"].shape == (0,)


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
        ([True], "JSON Value: true Type: True is not of expected type: float"),
        ([{"b64": "AA"}], "Type: Object is not of expected type: float"),
        ([1e39], "without loss of precision"),
    ],
)
def test_what_is_no_float_tensor(value, text):
    fails(text, columns, value, ONE)


def test_what_is_no_integer_tensor():
    fails("JSON Value: 1.5 Type: Number is not of expected type: int32", columns, [1.5], {"n": INT})
    fails(
        "JSON Value: 2147483648 Type: Number is not of expected type: int32",
        columns,
        [2**31],
        {"n": INT},
    )
    fails("is not a tensor of type: int64", columns, [2**63], {"n": INT64})
    fails("int64", columns, [2**70], {"n": INT64})


def test_columns_and_rows_refuse():
    fails("inputs is a plain value/list, but expecting an object", columns, [1], BOTH)
    fails("Missing named input: lengths in 'inputs' object.", columns, {"features": [1]}, BOTH)
    fails("to be an list/array", rows, {"a": 1}, BOTH)
    fails("No values in 'instances' array", rows, [], BOTH)
    fails("instances is a plain list, but expecting list of objects", rows, [1], BOTH)
    fails(
        "Expecting object but got list at item 1 of input list",
        rows,
        [{"features": [1], "lengths": 1}, [1]],
        BOTH,
    )
    fails(
        "Expecting value/list but got object at item 1 of input list",
        rows,
        [[1], {"features": [1]}],
        ONE,
    )
    fails("keys must be equal to: features,lengths", rows, [{"features": [1]}], BOTH)
    fails(
        "JSON object: does not have named input: mask",
        rows,
        [{"features": [1], "lengths": 1, "mask": 1}],
        BOTH,
    )
    rows_of = [{"features": [[1, 2]], "lengths": 1}, {"features": [[1, 2], [3, 4]], "lengths": 2}]
    text = "Failed to process element: 1 key: features of 'instances' list. Error: INVALID_ARGUMENT: Expecting tensor size: 2 but got: 4"
    fails(text, rows, rows_of, BOTH)
    fails("Expecting shape [1,2] but got: [2,1]", rows, [[[1, 2]], [[1], [2]]], ONE)
    fails("no common batch size", to_rows, {"y": np.zeros(2), "z": np.zeros(3)})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "The document is empty"),
        (b"{", "JSON Parse error: "),
        (b'{"a": 1} x', "at offset: 9"),
        (b"[1]", "Is not object"),
        (b"\xff", "JSON Parse error: UnicodeDecodeError"),
        (b"[" * 100_000, "JSON Parse error: RecursionError"),
    ],
    ids=["empty", "torn", "more", "list", "bytes", "deep"],
)
def test_what_is_no_json_object(body, text):
    fails(text, parse_object, body)


def test_numbers_of_json():
    assert np.isnan(parse_object(b'{"a": NaN}')["a"])
