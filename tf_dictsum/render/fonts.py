"""A font for pictures that is there wherever matplotlib is."""

import functools
import importlib.util
import pathlib

from PIL import ImageFont

__all__ = ["drawable", "font"]

# Found without loading matplotlib, which takes half a second.
_SPEC = importlib.util.find_spec("matplotlib")
assert _SPEC is not None
assert _SPEC.origin is not None
_FOLDER = pathlib.Path(_SPEC.origin).parent / "mpl-data" / "fonts" / "ttf"


@functools.cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans of this height in pixels."""
    return ImageFont.truetype(
        str(_FOLDER / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")), size
    )


def drawable(text: str) -> str:
    """The text with what DejaVu Sans has no sign for (Chinese, Japanese, emoji, control
    characters) as a small square.
    """
    if text.isascii() and text.isprintable():
        return text
    signs = _signs()
    return "".join(c if ord(c) in signs else "□" for c in text)


@functools.cache
def _signs() -> frozenset[int]:
    from fontTools.ttLib import TTFont  # not needed for most names

    with TTFont(_FOLDER / "DejaVuSans.ttf", lazy=True) as face:
        return frozenset(code for code in face.getBestCmap() if code >= 32)
