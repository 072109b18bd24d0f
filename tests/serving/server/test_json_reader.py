"""The JSON reader: RapidJSON's documents, errors and offsets."""

import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf_dictsum.serving.server.json_reader import JsonObject, _Reader, read_json
from tf_dictsum.serving.server.status import ServingError

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


def plain(value):
    if isinstance(value, JsonObject):
        return {name: plain(item) for name, item in value.members}
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return float(value)  # for RapidJSON; both readers may leave it to those who read the value
    return [plain(item) for item in value] if isinstance(value, list) else value


@given(values, st.booleans())
def test_both_readers_give_what_json_wrote(value, ascii_only):
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    expected = json.loads(body, object_pairs_hook=JsonObject)
    assert repr(plain(read_json(body))) == repr(plain(expected))
    assert repr(plain(_Reader(body).document())) == repr(plain(expected))


@given(st.binary(max_size=40))
def test_noise_is_refused_or_read(body):
    with contextlib.suppress(ServingError):
        read_json(body)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "The document is empty"),
        (b" \t\r\n", "The document is empty. at offset: 4"),
        (b"\xef\xbb\xbf ", "The document is empty. at offset: 4"),
        (b"{", "Missing a name for object member. at offset: 1"),
        (b"{1: 2}", "Missing a name for object member. at offset: 1"),
        (b'{"a":1,}', "Missing a name for object member. at offset: 7"),
        (b'{"a" 1}', "Missing a colon after a name of object member. at offset: 5"),
        (b'{"a": 1 "b": 2}', "Missing a comma or '}' after an object member. at offset: 8"),
        (b"[1 2]", "Missing a comma or ']' after an array element. at offset: 3"),
        (b"[01]", "Missing a comma or ']' after an array element. at offset: 2"),
        (b"[1,]", "Invalid value. at offset: 3"),
        (b"nul", "Invalid value. at offset: 3"),
        (b"[trap]", "Invalid value. at offset: 3"),
        (b"[nan]", "Invalid value. at offset: 2"),
        (b"[inf]", "Invalid value. at offset: 1"),
        (b"[-]", "Invalid value. at offset: 2"),
        (b"[+1]", "Invalid value. at offset: 1"),
        (b"[Infinite]", "Invalid value. at offset: 8"),
        (b"/* x */ 1", "Invalid value. at offset: 0"),
        (b"\xff\xfe[\0", "Invalid value. at offset: 0"),
        (b"[" * 5000, "Invalid value. at offset: 5000"),
        (b"[1.]", "Miss fraction part in number. at offset: 3"),
        (b"[1e+]", "Miss exponent in number. at offset: 4"),
        (b"[1e309]", "Number too big to be stored in double. at offset: 1"),
        (b"[0e309]", "Number too big to be stored in double. at offset: 1"),
        (b"[-1" + b"0" * 400 + b"]", "Number too big to be stored in double. at offset: 1"),
        (b'"abc', "Missing a closing quotation mark in string. at offset: 4"),
        (b'"a\nb"', "Invalid escape character in string. at offset: 2"),
        (b'"a\\xb"', "Invalid escape character in string. at offset: 2"),
        (b'"\\u12G4"', "Incorrect hex digit after \\u escape in string. at offset: 1"),
        (b'"\\ud800"', "The surrogate pair in string is invalid. at offset: 1"),
        (b'"\\ud800\\u0041"', "The surrogate pair in string is invalid. at offset: 1"),
    ],
)
def test_what_is_wrong_and_where(body, text):
    with pytest.raises(ServingError) as error:
        read_json(body)
    assert error.value.message == f"JSON Parse error: {text}"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"[1] xyz", [1]),
        (b"\xef\xbb\xbf[1]", [1]),
        (b"[-Inf, Infinity, -Infinity]", [-math.inf, math.inf, -math.inf]),
        (b"[-0, 18446744073709551615, 1e308]", [0, 2**64 - 1, 1e308]),
        (b"[0.0001e312, 1e-400, 1e0010]", [1e308, 0.0, 1e10]),
        (b'"\\ud83d\\ude00\\u00e9\\n"', "\U0001f600é\n"),
        (b'"\xe9"', "\udce9"),
    ],
)
def test_what_only_rapidjson_reads(body, value):
    assert read_json(body) == value


def test_more():
    assert math.isnan(read_json(b"-NaN"))
    twice = read_json(b'{"a": 1, "a": 2}')
    assert (twice["a"], len(twice.members), "b" in twice) == (1, 2, False)
    deep = read_json(b"[" * 100_000 + b"]" * 100_000)
    for _ in range(99_999):
        (deep,) = deep
    assert deep == []
