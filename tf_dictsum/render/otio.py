"""`.otio`: the segments as an OpenTimelineIO timeline, for cutting programs and converters."""

import os
import pathlib
from typing import Any

from tf_dictsum._version import __version__
from tf_dictsum.summary.summary import VideoSummary
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import write_text
from tf_dictsum.video.opening import shown

__all__ = ["as_timeline", "import_otio", "write_otio"]


def write_otio(path: str | os.PathLike[str], summary: VideoSummary, *, sound_tracks: int) -> None:
    """Writes the timeline.

    Raises:
      UserError: opentimelineio is not installed, or the file cannot be written.
    """
    write_text(
        path, as_timeline(summary, sound_tracks=sound_tracks).to_json_string(indent=1) + "\n"
    )


def as_timeline(summary: VideoSummary, *, sound_tracks: int) -> Any:
    """An `opentimelineio.schema.Timeline`: a video track and one track per audio track, one clip
    per segment.

    Times are frames at the video's mean rate; key frames are markers on the clips that they lie in.

    Raises:
      UserError: opentimelineio is not installed.
    """
    otio = import_otio()
    rate = _rate(summary)

    def time(seconds: float) -> Any:
        return otio.opentime.RationalTime(round(seconds * rate), rate)

    def span(start: float, end: float) -> Any:
        return otio.opentime.TimeRange.range_from_start_end_time(time(start), time(end))

    timeline = otio.schema.Timeline(f"{_text(summary.name)} summary")
    timeline.metadata["tf_dictsum"] = {
        "version": __version__,
        "method": summary.method,
        "model": summary.model,
    }
    url = pathlib.Path(summary.video).resolve().as_uri() if summary.video else ""
    for number in range(1 + sound_tracks):
        kind = otio.schema.TrackKind.Audio if number else otio.schema.TrackKind.Video
        track = otio.schema.Track(f"A{number}" if number else "V1", kind=kind)
        for place, segment in enumerate(summary.segments, 1):
            media = otio.schema.ExternalReference(url, span(0.0, summary.duration))
            clip = otio.schema.Clip(
                f"{_text(shown(summary.name))} {place}", media, span(segment.start, segment.end)
            )
            clip.metadata["tf_dictsum"] = {"shot": segment.shot + 1, "score": segment.score}
            if not number:
                clip.markers.extend(
                    otio.schema.Marker(
                        f"key frame {key.number}",
                        otio.opentime.TimeRange(time(key.seconds), time(1 / rate)),
                    )
                    for key in summary.key_frames
                    if segment.start_frame <= key.frame <= segment.end_frame
                )
            track.append(clip)
        timeline.tracks.append(track)
    return timeline


def import_otio() -> Any:
    """The module `opentimelineio`.

    Raises:
      UserError: it is not installed.
    """
    try:
        import opentimelineio
    except ImportError as error:
        raise UserError(
            f"writing .otio needs OpenTimelineIO ({error}): pip install 'tf-dictsum[timeline]'."
        ) from None
    return opentimelineio


def _rate(summary: VideoSummary) -> float:
    """The mean rate; a rate within a thousandth of a frame of one that cutting programs know
    becomes that one.
    """
    known = [24000 / 1001, 24, 25, 30000 / 1001, 30, 48, 50, 60000 / 1001, 60, 120]
    rate = summary.fps if summary.fps > 0 else 25.0
    nearest = min(known, key=lambda value: abs(value - rate))
    return float(nearest) if abs(nearest - rate) < 1e-3 * nearest / 2.5 else rate


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
