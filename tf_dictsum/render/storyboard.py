"""`-storyboard.jpg`: all key frames on one sheet, with the times at which they appear."""

import math
import os
from collections.abc import Sequence

from PIL import Image, ImageDraw

from tf_dictsum.render.fonts import drawable, font
from tf_dictsum.render.image_files import write_image
from tf_dictsum.render.pictures import Thumbnail
from tf_dictsum.render.timecode import timecode
from tf_dictsum.summary.summary import VideoSummary

__all__ = ["storyboard", "write_storyboard"]

QUALITY = 90
_SHAPE = 1.5  # width over height that the sheet comes near to
_SHEET = 1600  # width in pixels that it comes near to
_SMALLEST, _LARGEST = 200, 640  # longer side of a picture on it
_GAP = 10
_GROUND, _WORDS, _FAINT = "#16181d", "#f2f3f5", "#a9afb9"


def write_storyboard(
    path: str | os.PathLike[str], summary: VideoSummary, thumbnails: Sequence[Thumbnail]
) -> None:
    """Writes the sheet. Raises UserError as `files.atomic_path` does, ValueError without
    thumbnails.
    """
    write_image(path, storyboard(summary, thumbnails), "jpeg", quality=QUALITY)


def storyboard(summary: VideoSummary, thumbnails: Sequence[Thumbnail]) -> Image.Image:
    """The sheet: rows from left to right, number and time in each picture's corner, the video's
    name on top.
    """
    if not thumbnails:
        raise ValueError("no key frames: there is nothing to show")
    aspect = thumbnails[0].picture.width / thumbnails[0].picture.height
    columns = _columns(len(thumbnails), aspect)
    rows = math.ceil(len(thumbnails) / columns)
    width = (_SHEET - _GAP) / columns - _GAP
    longer = min(max(width * max(1.0, 1 / aspect), _SMALLEST), _LARGEST)
    width, height = (max(int(longer * min(aspect, 1.0)), 1), max(int(longer / max(aspect, 1.0)), 1))
    head = 64
    sheet = Image.new(
        "RGB", (max(columns * (width + _GAP) + _GAP, 480), head + rows * (height + _GAP)), _GROUND
    )
    _write_head(sheet, summary, len(thumbnails))
    for number, thumbnail in enumerate(thumbnails):
        row, column = divmod(number, columns)
        picture = thumbnail.picture.resize((width, height), Image.Resampling.LANCZOS)
        _write_time(picture, thumbnail)
        sheet.paste(picture, (_GAP + column * (width + _GAP), head + row * (height + _GAP)))
    return sheet


def _columns(count: int, aspect: float) -> int:
    """The number of columns that brings the sheet nearest to its shape."""
    return min(
        range(1, count + 1), key=lambda c: abs(math.log(c * aspect / math.ceil(count / c) / _SHAPE))
    )


def _write_head(sheet: Image.Image, summary: VideoSummary, count: int) -> None:
    draw = ImageDraw.Draw(sheet)
    room = sheet.width - 2 * _GAP
    length = timecode(summary.duration).removeprefix("00:")[:-4]
    facts = f"{count} key frame{'s' * (count != 1)} of {length}"
    draw.text(
        (_GAP, 10),
        _fitting(drawable(summary.name), font(22, True), room),
        fill=_WORDS,
        font=font(22, True),
    )
    draw.text(
        (_GAP, 40),
        _fitting(f"{facts} · {drawable(summary.method_text)}", font(14), room),
        fill=_FAINT,
        font=font(14),
    )


def _fitting(text: str, face: object, room: float) -> str:
    """The beginning of a text that fits."""
    length = face.getlength  # type: ignore[attr-defined]
    if length(text) <= room:
        return text
    while text and length(text + "…") > room:
        text = text[:-1]
    return text + "…"


def _write_time(picture: Image.Image, thumbnail: Thumbnail) -> None:
    """Burns number and time into the lower left corner, on a dark ground that any picture lets one
    read.
    """
    size = min(max(round(picture.width / 16), 14), 24)
    text = f"{thumbnail.key.number}  {timecode(thumbnail.key.seconds).removeprefix('00:')}"
    face = font(size, True)
    left, top, right, bottom = face.getbbox(text)
    pad = size // 3
    wide, high = round(right - left) + 2 * pad, round(bottom - top) + 2 * pad
    ground = Image.new("RGBA", (wide, high), (0, 0, 0, 190))
    ImageDraw.Draw(ground).text((pad - left, pad - top), text, fill="white", font=face)
    picture.paste(ground, (0, picture.height - high), ground)
