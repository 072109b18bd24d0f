"""Writes JSON as TensorFlow Serving does: RapidJSON's PrettyWriter with arrays on one line, and
its short floats.
"""

import math
import re

import numpy as np

from tf_dictsum.serving.server.json_reader import Json, JsonObject

__all__ = ["decimal", "decimals", "quoted", "shown"]

_LONGEST = 1021  # characters of a value that an error shows
_LARGEST = float(np.finfo(np.float32).max)
_ESCAPED = re.compile(r'["\\\x00-\x1f]')
_NAMES = {
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}


def quoted(text: str) -> str:
    """A string in quotation marks; only what must be escaped is."""
    return '"' + _ESCAPED.sub(lambda m: _NAMES.get(m[0]) or f"\\u{ord(m[0]):04X}", text) + '"'


def decimal(value: float, kind: type[np.floating] = np.float32) -> str:
    """A number of a reply: six digits where they read back as the same number, else 9 (float32) or
    17 (float64).
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "-Infinity" if value < 0 else "Infinity"
    value = float(kind(value))
    text = f"{value:.6g}"
    if kind(text) != value:
        text = f"{value:.{9 if kind is np.float32 else 17}g}"
    return text if "." in text or "e" in text else text + ".0"


def decimals(values: np.ndarray) -> list[str]:
    """`decimal` of every number of a floating array, in its order."""
    kind = np.float32 if values.dtype != np.float64 else np.float64
    flat = values.ravel().astype(kind)
    short = [f"{value:.6g}" for value in flat.tolist()]
    equal = (np.array(short, kind) == flat) & np.isfinite(flat)
    return [
        (text if "." in text or "e" in text else text + ".0")
        if same
        else decimal(float(value), kind)
        for text, same, value in zip(short, equal.tolist(), flat.tolist(), strict=True)
    ]


def shown(value: Json) -> str:
    """A value inside an error text; cut, and up to the first number in it that is not finite, as
    TensorFlow Serving's.
    """
    if _is_double(value):
        assert isinstance(value, (int, float))
        return decimal(float(value), np.float64 if abs(value) > _LARGEST else np.float32)
    parts: list[str] = []
    _write(value, parts)
    return "".join(parts)[:_LONGEST]


def _write(value: Json, parts: list[str]) -> None:
    """Appends a value's text to parts until it is complete, long enough, or meets a number that is
    not finite.
    """
    todo: list[tuple[Json, int] | str] = [(value, 0)]
    written = 0
    while todo and written < _LONGEST:
        item = todo.pop()
        if isinstance(item, str):
            text = item
        else:
            inner, depth = item
            if isinstance(inner, (JsonObject, list)):
                todo.extend(reversed(_opened(inner, depth)))
                continue
            if isinstance(inner, float) and not math.isfinite(inner):
                return
            text = _scalar(inner)
        parts.append(text)
        written += len(text)


def _opened(value: JsonObject | list[Json], depth: int) -> list[tuple[Json, int] | str]:
    if isinstance(value, list):
        return ["[", *_joined([(item, depth + 1) for item in value], ", "), "]"]
    if not value.members:
        return ["{}"]
    line = "\n" + " " * 4 * (depth + 1)
    opened: list[tuple[Json, int] | str] = ["{"]
    for number, (name, item) in enumerate(value.members):
        opened += [f"{',' if number else ''}{line}{quoted(name)}: ", (item, depth + 1)]
    return [*opened, "\n" + " " * 4 * depth + "}"]


def _joined(items: list[tuple[Json, int]], between: str) -> list[tuple[Json, int] | str]:
    joined: list[tuple[Json, int] | str] = []
    for item in items:
        joined += [between, item] if joined else [item]
    return joined


def _scalar(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if _is_double(value):
        assert isinstance(value, (int, float))
        return _double(float(value))
    return str(value) if isinstance(value, int) else quoted(str(value))


def _is_double(value: Json) -> bool:
    """Whether RapidJSON holds a number as a double: all but integers of 64 bits."""
    if isinstance(value, int):
        return not -(2**63) <= value < 2**64
    return isinstance(value, float)


def _double(value: float) -> str:
    """RapidJSON's text of a finite double: the shortest digits, plain up to 21 of them."""
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    digits, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = digits.partition(".")
    point = len(whole) + int(power or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    if not digits:
        return sign + "0.0"
    if len(digits) <= point <= 21:
        return sign + digits.ljust(point, "0") + ".0"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    return f"{sign}{digits[0]}{'.' if len(digits) > 1 else ''}{digits[1:]}e{point - 1}"
