"""Reads JSON as RapidJSON 1.1 does in TensorFlow Serving: the same documents, the same errors, the
same offsets.

What differs from Python's `json`: the text ends with the document (what follows is not looked at),
only UTF-8, NaN, Inf and Infinity with a sign are numbers, a number that a double cannot hold is an
error, an object may name a member twice.
"""

import dataclasses
import json
import math
import re
from typing import TypeAlias

from tf_dictsum.serving.server.status import invalid

__all__ = ["Json", "JsonObject", "read_json"]


@dataclasses.dataclass
class JsonObject:
    """An object's members in the order of the text; a name may occur several times."""

    members: "list[tuple[str, Json]]"

    def __contains__(self, name: object) -> bool:
        return any(key == name for key, _ in self.members)

    def __getitem__(self, name: str) -> "Json":
        """The first member of this name. Raises KeyError."""
        for key, value in self.members:
            if key == name:
                return value
        raise KeyError(name)

    def get(self, name: str, default: "Json" = None) -> "Json":
        """The first member of this name, or `default`."""
        return next((value for key, value in self.members if key == name), default)


Json: TypeAlias = "bool | int | float | str | list[Json] | JsonObject | None"

_DECODER = json.JSONDecoder(object_pairs_hook=JsonObject)
# Where Python's reader may answer otherwise than RapidJSON: surrogates, and numbers that are too
# big. Patterns that begin with one letter are searched for quickly.
_DOUBTFUL = tuple(re.compile(p) for p in (rb"\\u[dD]", rb"e\+?[0-9]{3}", rb"E\+?[0-9]{3}"))
_LONG = 140  # digits in a row, fewer than the 309 of the largest double
_SPACE = re.compile(rb"[ \t\r\n]*")
_PLAIN = re.compile(rb'[^"\\\x00-\x1f]*')
_DIGITS = re.compile(rb"[0-9]*")
_HEX = re.compile(rb"[0-9a-fA-F]{0,4}")
_ESCAPES = dict(zip(b'"\\/bfnrt', b'"\\/\b\f\n\r\t', strict=True))
_LITERALS: dict[int, tuple[bytes, Json]] = {
    ord("n"): (b"null", None),
    ord("t"): (b"true", True),
    ord("f"): (b"false", False),
}
_MOST_LEVELS = (
    100_000  # so that a body of brackets costs no more than others; RapidJSON's stack ends earlier
)
_TENTH_OF_MOST = 17976931348623157 * 10**291  # of the largest double


def read_json(body: bytes) -> Json:
    """The first JSON value of a text.

    Args:
      body: UTF-8; bytes that are not UTF-8 become lone surrogates (`surrogateescape`).

    Raises:
      ServingError: INVALID_ARGUMENT, in RapidJSON's words.
    """
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    if not any(pattern.search(body) for pattern in _DOUBTFUL) and not _has_long_number(body):
        try:
            text = body.decode("utf-8").lstrip(" \t\r\n")
            return _DECODER.raw_decode(text)[0]
        except (ValueError, RecursionError):
            pass  # RapidJSON may accept it all the same, or says where it is wrong
    return _Reader(body).document()


def _has_long_number(body: bytes) -> bool:
    """Whether 140 digits stand in a row somewhere; surely where 280 do, as every 140th byte is
    looked at.
    """
    return any(body[at : at + _LONG].isdigit() for at in range(0, len(body), _LONG))


class _ParseError(Exception):
    """What is wrong, and at which byte."""


class _Reader:
    """RapidJSON's reader, with a stack of its own instead of recursion."""

    def __init__(self, body: bytes):
        self._data = body + b"\0"  # RapidJSON reads a zero at the end

    def document(self) -> Json:
        try:
            at = self._space(3 if self._data.startswith(b"\xef\xbb\xbf") else 0)
            if not self._data[at]:
                raise _ParseError("The document is empty.", at)
            return self._value(at)
        except _ParseError as error:
            raise invalid("JSON Parse error: {} at offset: {}".format(*error.args)) from None

    def _space(self, at: int) -> int:
        match = _SPACE.match(self._data, at)
        return at if match is None else match.end()

    def _value(self, at: int) -> Json:
        data = self._data
        parents: list[list[Json] | JsonObject] = []
        keys: list[str] = []
        value: Json
        while True:
            if data[at] in b"[{":
                is_object, at = data[at] == ord("{"), self._space(at + 1)
                value = JsonObject([]) if is_object else []
                if data[at] != ord("}" if is_object else "]"):
                    if len(parents) == _MOST_LEVELS:
                        raise _ParseError("Nested too deeply.", at)
                    parents.append(value)
                    if is_object:
                        at = self._key(at, keys)
                    continue
                at += 1
            else:
                value, at = self._scalar(at)
            while parents:
                at = self._space(at)
                parent, sign = parents[-1], data[at]
                if isinstance(parent, JsonObject):
                    parent.members.append((keys.pop(), value))
                    if sign not in b",}":
                        raise _ParseError("Missing a comma or '}' after an object member.", at)
                else:
                    parent.append(value)
                    if sign not in b",]":
                        raise _ParseError("Missing a comma or ']' after an array element.", at)
                at += 1
                if sign == ord(","):
                    at = self._space(at)
                    if isinstance(parent, JsonObject):
                        at = self._key(at, keys)
                    break
                value = parents.pop()
            else:
                return value

    def _key(self, at: int, keys: list[str]) -> int:
        if self._data[at] != ord('"'):
            raise _ParseError("Missing a name for object member.", at)
        key, at = self._string(at)
        keys.append(key)
        at = self._space(at)
        if self._data[at] != ord(":"):
            raise _ParseError("Missing a colon after a name of object member.", at)
        return self._space(at + 1)

    def _scalar(self, at: int) -> tuple[Json, int]:
        sign = self._data[at]
        if sign == ord('"'):
            return self._string(at)
        if sign not in _LITERALS:
            return self._number(at)
        word, value = _LITERALS[sign]
        for letter in word:
            if self._data[at] != letter:
                raise _ParseError("Invalid value.", at)
            at += 1
        return value, at

    def _string(self, at: int) -> tuple[str, int]:
        data, parts = self._data, bytearray()
        at += 1
        while True:
            match = _PLAIN.match(data, at)
            assert match is not None  # it matches nothing too
            parts += match[0]
            at = match.end()
            if data[at] == ord('"'):
                return parts.decode("utf-8", "surrogateescape"), at + 1
            if data[at] != ord("\\"):
                if data[at]:
                    raise _ParseError("Invalid escape character in string.", at)
                raise _ParseError("Missing a closing quotation mark in string.", at)
            if data[at + 1] in _ESCAPES:
                parts.append(_ESCAPES[data[at + 1]])
                at += 2
            elif data[at + 1] == ord("u"):
                character, at = self._escaped(at)
                parts += character.encode("utf-8", "surrogatepass")
            else:
                raise _ParseError("Invalid escape character in string.", at)

    def _escaped(self, at: int) -> tuple[str, int]:
        first = code = self._hex(at + 2, at)
        end = at + 6
        if 0xD800 <= first <= 0xDBFF:
            if self._data[end : end + 2] != b"\\u":
                raise _ParseError("The surrogate pair in string is invalid.", at)
            second = self._hex(end + 2, at)
            if not 0xDC00 <= second <= 0xDFFF:
                raise _ParseError("The surrogate pair in string is invalid.", at)
            code, end = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), end + 6
        return chr(code), end

    def _hex(self, at: int, start: int) -> int:
        match = _HEX.match(self._data, at)
        if match is None or len(match[0]) < 4:
            raise _ParseError("Incorrect hex digit after \\u escape in string.", start)
        return int(match[0], 16)

    def _digits(self, at: int) -> int:
        match = _DIGITS.match(self._data, at)
        return at if match is None else match.end()

    def _number(self, start: int) -> tuple[int | float, int]:
        data = self._data
        at = first = start + (data[start] == ord("-"))
        if data[at] in b"IN":
            return self._not_finite(start, at)
        if not 48 <= data[at] <= 57:
            raise _ParseError("Invalid value.", at)
        at = at + 1 if data[at] == ord("0") else self._digits(at)
        whole = data[first:at]
        if len(whole) > 310 or int(whole[:-1] or b"0") >= _TENTH_OF_MOST:
            raise _ParseError("Number too big to be stored in double.", start)
        is_double, fraction = not -(2**63) <= int(data[start:at]) < 2**64, b""
        if data[at] == ord("."):
            at, is_double, begin = self._digits(at + 1), True, at + 1
            fraction = data[begin:at]
            if not fraction:
                raise _ParseError("Miss fraction part in number.", at)
        if data[at] in b"eE":
            at, is_double = self._exponent(start, at, whole, fraction), True
        text = data[start:at]
        return (float(text) if is_double else int(text)), at

    def _exponent(self, start: int, at: int, whole: bytes, fraction: bytes) -> int:
        sign = self._data[at + 1]
        begin = at + 1 + (sign in b"+-")
        end = self._digits(begin)
        if begin == end:
            raise _ParseError("Miss exponent in number.", begin)
        digits = self._data[begin:end].lstrip(b"0")
        most = 308 + _used(whole, fraction)
        if sign != ord("-") and (len(digits) > 9 or int(digits or b"0") > most):
            raise _ParseError("Number too big to be stored in double.", start)
        return end

    def _not_finite(self, start: int, at: int) -> tuple[float, int]:
        """NaN, Inf or Infinity; as RapidJSON, which goes on after a beginning of NaN as if it had
        read none.
        """
        value = -math.inf if self._data[start] == ord("-") else math.inf
        at, complete = self._take(at, b"NaN")
        if complete:
            return math.nan, at
        at, complete = self._take(at, b"Inf")
        if complete and self._data[at] == ord("i"):
            at, complete = self._take(at, b"inity")
        if not complete:
            raise _ParseError("Invalid value.", at)
        return value, at

    def _take(self, at: int, word: bytes) -> tuple[int, bool]:
        for letter in word:
            if self._data[at] != letter:
                return at, False
            at += 1
        return at, True


def _used(whole: bytes, fraction: bytes) -> int:
    """How many digits of a fraction RapidJSON reads into the number: those that a double still
    feels.
    """
    number, used = int(whole), 0
    for digit in fraction:
        if number >= 2**53:
            break
        number, used = number * 10 + digit - 48, used + 1
    return used
