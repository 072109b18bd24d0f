"""`-summary.csv`: the segments, one a row, for spreadsheets."""

import csv
import json
import os
from collections.abc import Mapping

from tf_dictsum.render.timecode import timecode
from tf_dictsum.summary.summary import VideoSummary
from tf_dictsum.util.files import atomic_path
from tf_dictsum.video.opening import shown

__all__ = ["COLUMNS", "write_summary_csv"]

COLUMNS = (
    "segment",
    "shot",
    "start_frame",
    "end_frame",
    "n_frames",
    "start_timecode",
    "end_timecode",
    "start_seconds",
    "end_seconds",
    "seconds",
    "score",
    "video",
    "fps",
    "method",
    "model",
    "extractor",
)


def write_summary_csv(path: str | os.PathLike[str], summary: VideoSummary) -> None:
    """Writes a header and one row per segment (UTF-8, commas, Windows line ends as RFC 4180 has
    them).

    Every row says the video, its frame rate and what scored it, so that files of many videos can be
    put together.
    Raises UserError as `files.atomic_path` does.
    """
    with atomic_path(path) as partial, open(partial, "w", encoding="utf-8", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(COLUMNS)
        for number, segment in enumerate(summary.segments, 1):
            rows.writerow(
                [
                    number,
                    segment.shot + 1,
                    segment.start_frame,
                    segment.end_frame,
                    segment.n_frames,
                    timecode(segment.start),
                    timecode(segment.end),
                    f"{segment.start:.6f}",
                    f"{segment.end:.6f}",
                    f"{segment.duration:.6f}",
                    f"{segment.score:.6f}",
                    shown(summary.video),
                    f"{summary.fps:.6f}",
                    summary.method,
                    summary.model,
                    extractor_text(summary.extractor),
                ]
            )


def extractor_text(extractor: Mapping[str, object]) -> str:
    """The extractor in one cell: network and layer where it says them (all of it is in the JSON
    file), else everything.
    """
    network, layer = extractor.get("network"), extractor.get("layer")
    return f"{network} {layer}" if network and layer else json.dumps(dict(extractor), default=str)
