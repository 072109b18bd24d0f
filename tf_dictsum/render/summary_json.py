"""`-summary.json`: everything about a summary, for programs."""

import os
from typing import Any

import numpy as np

from tf_dictsum._version import __version__
from tf_dictsum.render.names import key_frame_name
from tf_dictsum.render.timecode import timecode
from tf_dictsum.summary.summary import VideoSummary
from tf_dictsum.util.files import write_json
from tf_dictsum.video.opening import shown

__all__ = ["as_json", "write_summary_json"]


def write_summary_json(path: str | os.PathLike[str], summary: VideoSummary) -> None:
    """Writes the summary as JSON; docs/video.md lists the keys. Raises UserError as
    `files.atomic_path` does.
    """
    write_json(path, as_json(summary))


def as_json(summary: VideoSummary) -> dict[str, Any]:
    """The summary as plain values.

    Frames count from 0, `end_frame` is inclusive; seconds count from the first frame; `clip_start`
    and `clip_end` are seconds of the summary clip. Shots count from 1, as in every file of a
    summary.
    """
    chosen = {segment.shot for segment in summary.segments}
    return {
        "tf_dictsum": __version__,
        "video": shown(summary.video),
        "name": summary.name,
        "width": summary.width,
        "height": summary.height,
        "fps": summary.fps,
        "n_frames": summary.n_frames,
        "duration": summary.duration,
        "start_time": summary.start_time,
        "method": summary.method,
        "method_text": summary.method_text,
        "model": summary.model,
        "extractor": _plain(summary.extractor),
        "rule": summary.rule,
        "budget": summary.budget,
        "budget_text": summary.budget_text,
        "summary_frames": summary.summary_frames,
        "summary_duration": summary.summary_duration,
        "segments": _segments(summary),
        "key_frames": [
            {
                "number": key.number,
                "frame": key.frame,
                "seconds": key.seconds,
                "timecode": timecode(key.seconds),
                "shot": key.shot + 1,
                "score": key.score,
                "file": key_frame_name(summary.name, key),
            }
            for key in summary.key_frames
        ],
        "shots": [
            {
                "number": number,
                "start_frame": int(first),
                "end_frame": int(last),
                "start": float(start),
                "end": float(end),
                "score": float(score),
                "chosen": number - 1 in chosen,
            }
            for number, ((first, last), (start, end), score) in enumerate(
                zip(summary.change_points, summary.shot_seconds, summary.shot_scores, strict=True),
                start=1,
            )
        ],
        "picks": summary.picks.tolist(),
        "pick_seconds": summary.pick_seconds.tolist(),
        "scores": summary.scores.tolist(),
        "warnings": list(summary.warnings),
    }


def _segments(summary: VideoSummary) -> list[dict[str, Any]]:
    rows, place = [], 0.0
    for number, segment in enumerate(summary.segments, 1):
        rows.append(
            {
                "number": number,
                "shot": segment.shot + 1,
                "start_frame": segment.start_frame,
                "end_frame": segment.end_frame,
                "n_frames": segment.n_frames,
                "start": segment.start,
                "end": segment.end,
                "start_timecode": timecode(segment.start),
                "end_timecode": timecode(segment.end),
                "clip_start": place,
                "clip_end": place + segment.duration,
                "score": segment.score,
            }
        )
        place += segment.duration
    return rows


def _plain(value: Any) -> Any:
    """The value without numpy's types and without mappings other than dict."""
    if hasattr(value, "items"):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(entry) for entry in value]
    return value.item() if isinstance(value, np.generic) else value
