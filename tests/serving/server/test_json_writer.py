"""Numbers and values in replies and error texts."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf_dictsum.serving.server.json_reader import read_json
from tf_dictsum.serving.server.json_writer import decimals, quoted, shown
from tf_dictsum.serving.server.rest_reply import error_text, to_columns, to_rows


@given(st.lists(st.floats(width=32), max_size=5))
def test_floats_read_back(values):
    array = np.array(values, np.float32)
    texts = decimals(array)
    np.testing.assert_array_equal(np.array(texts, np.float32), array)
    assert all(len(text) <= 16 for text in texts)


def test_floats_are_written_as_tensorflow_serving_writes_them():
    values = np.float32([0.1, 0.256320924, 1, 9e6, 3e-5, np.nan, np.inf, -np.inf, -0.0])
    assert decimals(values) == [
        *("0.1", "0.256320924", "1.0", "9e+06", "3e-05"),
        *("NaN", "Infinity", "-Infinity", "-0.0"),
    ]
    assert decimals(np.array([1 / 3])) == ["0.33333333333333331"]


@given(st.text())
def test_strings(text):
    assert json.loads(quoted(text)) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            b'{"a": [1, {"b": null}, []], "c": {}}',
            '{\n    "a": [1, {\n            "b": null\n        }, []],\n    "c": {}\n}',
        ),
        (
            b"[0.1, 1.0, 1e30, 1.5e-7, 100000.5, 1e-5, -2.0]",
            "[0.1, 1.0, 1e30, 1.5e-7, 100000.5, 0.00001, -2.0]",
        ),
        (b"0.1", "0.1"),
        (b"1e39", "1e+39"),
        (b"1.2345678901", "1.23456788"),
        (b"123456789012345678901", "1.2345679e+20"),
        (b"[1, NaN, 2]", "[1, "),
        (b'"\\u0007\\u00e9"', '"\\u0007é"'),
        (b"[true, false]", "[true, false]"),
    ],
)
def test_values_in_error_texts(body, text):
    assert shown(read_json(body)) == text


def test_values_in_error_texts_are_cut():
    assert len(shown("x" * 5000)) == 1021
    assert len(shown([1] * 5000)) == 1021
    assert len(shown(read_json(b'{"a":' * 5000 + b"1" + b"}" * 5000))) == 1021


def test_replies():
    scores, lengths = np.float32([[0.5, 0]]), np.int32([2])
    assert to_columns({"y": scores}) == (
        '{\n    "outputs": [\n        [\n            0.5,\n            0.0\n        ]\n    ]\n}'
    )
    assert json.loads(to_columns({"y": scores, "n": lengths})) == {
        "outputs": {"y": [[0.5, 0.0]], "n": [2]}
    }
    assert to_rows({"n": lengths, "y": scores}) == (
        '{\n    "predictions": [\n        {\n            "n": 2,\n            "y": [0.5, 0.0]\n'
        "        }\n    ]\n}"
    )
    assert json.loads(to_rows({"y": np.zeros((2, 0), np.float32)})) == {"predictions": [[], []]}
    assert json.loads(to_rows({"y": np.zeros((0, 2), np.float32)})) == {"predictions": []}
    assert json.loads(to_columns({"y": np.zeros((0, 2))})) == {"outputs": []}
    assert json.loads(to_columns({"y": np.array([b"a"], object)})) == {"outputs": ["a"]}
    assert json.loads(to_columns({"y": np.array(True)})) == {"outputs": True}
    assert error_text('a "b"\n') == '{\n    "error": "a \\"b\\"\\n"\n}'
