"""A font for pictures that is there wherever matplotlib is."""

import functools
import pathlib

import matplotlib
from matplotlib.ft2font import FT2Font
from PIL import ImageFont

__all__ = ["drawable", "font"]

_FOLDER = pathlib.Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@functools.cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans of this height in pixels."""
    return ImageFont.truetype(
        str(_FOLDER / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")), size
    )


def drawable(text: str) -> str:
    """The text with what DejaVu Sans has no sign for (Chinese, Japanese, emoji, control characters) as a small square."""
    known = _known()
    return "".join(c if ord(c) in known else "□" for c in text)


@functools.cache
def _known() -> frozenset[int]:
    return frozenset(
        code for code in FT2Font(str(_FOLDER / "DejaVuSans.ttf")).get_charmap() if code >= 32
    )
