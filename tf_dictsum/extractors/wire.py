"""The Protocol Buffers wire format, as much as it takes to read arrays out of a large message
without its schema compiler.

https://protobuf.dev/programming-guides/encoding: a message is a row of (field number * 8 + wire
type, value).
"""

from collections.abc import Iterator

__all__ = ["fields", "packed_integers"]


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, value) of a message: varints as int, everything else as the bytes it occupies.

    Raises:
      ValueError: not a message, or cut off.
    """
    place, end = 0, len(message)
    while place < end:
        key, place = _varint(message, place)
        number, wire_type = key >> 3, key & 7
        if wire_type == 0:
            value, place = _varint(message, place)
            yield number, value
            continue
        if wire_type == 2:
            size, place = _varint(message, place)
        elif wire_type in (1, 5):
            size = 8 if wire_type == 1 else 4
        else:
            raise ValueError(f"wire type {wire_type} at byte {place}")
        if number == 0 or place + size > end:
            raise ValueError(f"a field of {size} bytes does not fit at byte {place} of {end}")
        yield number, message[place : place + size]
        place += size


def packed_integers(value: int | memoryview) -> list[int]:
    """A repeated integer field's value: one number, or many packed."""
    if isinstance(value, int):
        return [value]
    numbers, place = [], 0
    while place < len(value):
        number, place = _varint(value, place)
        numbers.append(number)
    return numbers


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(message) or shift > 63:
            raise ValueError(f"no number at byte {place}")
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
