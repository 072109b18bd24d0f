"""`.edl`: the segments as an edit decision list (CMX3600), for cutting programs."""

import os
import pathlib

from tf_dictsum.render.timecode import smpte_timecode
from tf_dictsum.summary.summary import VideoSummary
from tf_dictsum.util.files import write_text
from tf_dictsum.video.opening import shown

__all__ = ["as_edl", "write_edl"]


def write_edl(path: str | os.PathLike[str], summary: VideoSummary, *, sound: bool) -> None:
    """Writes the list. Raises UserError as `files.atomic_path` does."""
    write_text(path, as_edl(summary, sound=sound))


def as_edl(summary: VideoSummary, *, sound: bool) -> str:
    """One cut per segment.

    The format counts whole frames at a constant rate: timecodes are non-drop at the mean frame
      rate, rounded up to the
    next whole number for counting (30 at 29.97); out points are exclusive. Where the rate varies,
    or lies above 60 (its frame field has two digits), a cut is at the nearest frame of that clock.

    Args:
      summary: its video's timecode is taken to begin at 0.
      sound: whether the video has any, so that events are picture and sound (AA/V).
    """
    rate = min(summary.fps, 60.0) if summary.fps > 0 else 25.0
    base = max(round(rate), 1)
    clip = pathlib.PurePath(shown(summary.video)).name or summary.name
    lines = [f"TITLE: {_line(summary.name)[:60]} summary", "FCM: NON-DROP FRAME", ""]
    record = 0
    for number, segment in enumerate(summary.segments, 1):
        first = round(segment.start * rate)
        length = max(round(segment.end * rate) - first, 1)
        times = (first, first + length, record, record + length)
        lines.append(
            f"{number:03d}  AX       {'AA/V' if sound else 'V   '}  C        "
            f"{' '.join(smpte_timecode(t, base) for t in times)}"
        )
        lines.append(f"* FROM CLIP NAME: {_line(clip)}")
        lines.append(f"* COMMENT: shot {segment.shot + 1}, score {segment.score:.4f}")
        record += length
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    """On one line, whatever the file is called."""
    return "".join(c if c.isprintable() else "?" for c in text)
