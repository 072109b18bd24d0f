"""Opening a video file, or saying in one line why not."""

import os
import pathlib
import struct
import unicodedata
from typing import Any

from tf_dictsum.util.errors import UserError

__all__ = ["import_av", "open_container", "shown", "video_stream"]


def import_av() -> Any:
    """The module `av`.

    Raises:
      UserError: PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise UserError(
            f"reading video needs PyAV ({error}): pip install 'tf-dictsum[video]'."
        ) from None
    return av


def open_container(path: str | os.PathLike[str]) -> Any:
    """An `av` input container.

    Raises:
      UserError: missing, a folder, empty, unreadable, cut off before its index, or nothing that
        FFmpeg knows.
    """
    av = import_av()
    name = os.fspath(path)
    try:
        with open(name, "rb") as handle:
            beginning = handle.read(16)
    except FileNotFoundError:
        raise UserError(f"{shown(name)}: no such file.") from None
    except IsADirectoryError:
        raise UserError(f"{shown(name)}: a directory, expected a video file.") from None
    except OSError as error:
        raise UserError(f"{shown(name)}: cannot read it: {error.strerror or error}.") from None
    if not beginning:
        raise UserError(f"{shown(name)}: an empty file (0 bytes). Copy or download it again.")
    try:
        return av.open(
            f"file:{name}", metadata_errors="replace"
        )  # the prefix: else "a:b.mp4" names a protocol
    except (av.error.FFmpegError, ValueError) as error:
        if _lacks_index(pathlib.Path(name)):
            raise UserError(
                f"{shown(name)}: its index (moov) is missing, so nothing of it can be shown: it "
                "was cut off while being "
                "recorded or copied. Copy it again."
            ) from None
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(
            f"{shown(name)}: not a video that FFmpeg can read ({reason}; it begins with "
            f"{beginning[:8]!r})."
        ) from None


def video_stream(container: Any, path: str | os.PathLike[str]) -> Any:
    """The container's main video stream.

    Raises:
      UserError: it has none (cover pictures do not count), or FFmpeg has no decoder for it.
    """
    av = import_av()
    cover = av.stream.Disposition.attached_pic
    streams = [s for s in container.streams.video if not s.disposition & cover]
    if not streams:
        has = f"{len(container.streams.audio)} audio stream{'s' * (len(container.streams.audio) != 1)}"  # noqa: E501
        has += " and a cover picture" if container.streams.video else ""
        raise UserError(
            f"{shown(path)}: has no video stream (it has {has}). Give a file with moving pictures."
        )
    best = container.streams.best("video")
    stream = best if best in streams else streams[0]
    if stream.codec_context is None:
        raise UserError(
            f"{shown(path)}: its video codec is not one that this FFmpeg decodes. Convert it, "
            "for example to H.264."
        )
    return stream


def shown(path: str | os.PathLike[str]) -> str:
    """A path as text that can be printed on one line anywhere and stored in HDF5.

    Bytes that are no text and control characters (line ends, escape codes) become question marks.
    """
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join("?" if unicodedata.category(c) == "Cc" else c for c in text)


def _lacks_index(path: pathlib.Path) -> bool:
    """Whether the file is of the MP4/MOV family and no `moov` box is in it."""
    size = path.stat().st_size
    with open(path, "rb") as handle:
        place, first = 0, True
        while place + 8 <= size:
            handle.seek(place)
            length, kind = struct.unpack(">I4s", handle.read(8))
            if first and kind != b"ftyp":
                return False
            if kind == b"moov":
                return place + length > size
            if length == 1:
                wide = handle.read(8)
                length = struct.unpack(">Q", wide)[0] if len(wide) == 8 else 0
            if length < 8:
                return True
            place, first = place + length, False
    return not first
