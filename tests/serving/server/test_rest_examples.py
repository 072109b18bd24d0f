"""The JSON of :classify and :regress."""

import pytest

from tf_dictsum.serving.server.rest_examples import check_examples
from tf_dictsum.serving.server.rest_json import Document
from tf_dictsum.serving.server.status import ServingError


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"{}", "key 'examples' is expected and was not found"),
        (b'{"examples": 1}', "Expecting 'examples' value to be an list/array"),
        (b'{"examples": []}', "'examples' value is an empty array"),
        (b'{"examples": [1]}', "Example must be JSON object but got JSON Number"),
        (b'{"examples": [true]}', "Example must be JSON object but got JSON True"),
        (b'{"context": null, "examples": [{}]}', "Example must be JSON object but got JSON Null"),
        (
            b'{"examples": [{"x": [1, "a"]}]}',
            "Unexpected element type in feature: x expecting type: int64",
        ),
        (
            b'{"examples": [{"x": null}]}',
            "Feature: x has element with unexpected JSON type: Null",
        ),
        (
            b'{"examples": [{"x": [[1]]}]}',
            "Feature: x has element with unexpected JSON type: Array",
        ),
        (
            b'{"examples": [{"x": 18446744073709551615}]}',
            "Feature: x has uint64 element. Only int64 is supported.",
        ),
    ],
)
def test_what_is_no_example(body, text):
    with pytest.raises(ServingError) as error:
        check_examples(Document(body))
    assert error.value.message.endswith(text)


def test_examples():
    values = b'[{"a": [1, true], "b": [0.5, 1e9], "c": ["x", {"b64": "AA=="}], "d": []}]'
    check_examples(Document(b'{"context": {"a": 1}, "examples": ' + values + b"}"))
