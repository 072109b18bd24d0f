"""Damage to bytes: what a broken copy does, and what somebody who wants to break a reader does."""

import random
from collections.abc import Callable, Sequence
from typing import Literal

__all__ = ["mutated"]

_NUMBERS: tuple[int, ...] = (
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0xFFFFFFFF,
    1 << 40,
    (1 << 63) - 1,
)
_NUMBERS += ((1 << 64) - 1, 100, 4096)
_WORDS = (
    b"null",
    b"true",
    b"NaN",
    b"-Infinity",
    b"1e308",
    b"-1e308",
    b"1e999",
    b"-1",
    b"0.5",
    b"9" * 25,
    b"7" * 5000,
    b"[" * 2000,
    b'{"a":' * 2000,
    b"[]",
    b"{}",
    b'""',
    b'"/"',
    b'"video_1/"',
    b'"\\ud800"',
    b'"\\u001b[2J"',
    b"\x00",
    b"\xff\xfe",
    b",",
    b":",
    b'"',
    b"\n",
    b"#",
    b"../../etc/passwd",
    b"=1+1",
    b"\xf0\x9f\x98\x80",
)


def mutated(seeds: Sequence[bytes], rng: random.Random, *, text: bool) -> bytes:
    """One of `seeds` with one to eight pieces of damage; the same `rng` state gives the same
    bytes.
    """
    content = bytearray(rng.choice(seeds))
    kinds: list[Callable[[bytearray, random.Random, Sequence[bytes]], None]] = [
        _flip,
        _byte,
        _delete,
        _repeat,
        _cut,
        _splice,
        _zero,
    ]
    kinds += [_word, _word, _swap_token] if text else [_number, _number, _number]
    for _ in range(rng.choice((1, 1, 1, 2, 2, 4, 8))):
        if content:
            rng.choice(kinds)(content, rng, seeds)
    return bytes(content)


def _flip(content: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def _byte(content: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    content[rng.randrange(len(content))] = rng.randrange(256)


def _number(content: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    size = rng.choice((1, 2, 4, 8))
    value = rng.choice(_NUMBERS) & ((1 << 8 * size) - 1)
    place = rng.randrange(len(content)) // (size if rng.random() < 0.7 else 1)
    place *= size if place * size < len(content) else 1
    order: Literal["little", "big"] = "little" if rng.random() < 0.8 else "big"
    content[place : place + size] = value.to_bytes(size, order)


def _delete(content: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    place = rng.randrange(len(content))
    del content[place : place + rng.choice((1, 1, 2, 8, 64))]


def _repeat(content: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    place, size = rng.randrange(len(content)), rng.choice((1, 4, 16, 200))
    content[place:place] = content[place : place + size] * rng.choice((1, 1, 2, 50))


def _cut(content: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    if rng.random() < 0.5:
        del content[rng.randrange(len(content)) :]


def _zero(content: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    place, size = rng.randrange(len(content)), rng.choice((2, 4, 8, 32))
    content[place : place + size] = rng.choice((b"\x00", b"\xff")) * size


def _splice(content: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    other = rng.choice(seeds)
    start, size = rng.randrange(len(other) or 1), rng.choice((4, 16, 128))
    place = rng.randrange(len(content))
    content[place : place + size] = other[start : start + size]


def _word(content: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    place = rng.randrange(len(content))
    content[place : place + rng.choice((0, 0, 1, 4))] = rng.choice(_WORDS)


def _swap_token(content: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    """Another value in the place of a whole number, string or name."""
    place = rng.randrange(len(content))
    start = end = place
    while start and content[start - 1 : start].isalnum():
        start -= 1
    while end < len(content) and (content[end : end + 1].isalnum() or content[end] == ord(".")):
        end += 1
    content[start:end] = rng.choice(_WORDS)
