"""Summaries of generated videos, made by hand: which shots are chosen is not this folder's
business.
"""

import pathlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tf_dictsum.summary.summary import KeyFrame, Segment, VideoSummary
from tf_dictsum.video.info import Timeline, VideoInfo

SHOTS = [(0, 39), (40, 89), (90, 119), (120, 179), (180, 239)]


class Material(NamedTuple):
    """A video, its timeline, and a summary of it."""

    video: pathlib.Path
    info: VideoInfo
    line: Timeline
    summary: VideoSummary


def make_summary(
    video: pathlib.Path | None,
    info: VideoInfo | None,
    line: Timeline,
    shots: Sequence[tuple[int, int]],
    chosen: Sequence[int],
    *,
    name: str | None = None,
    **changes: Any,
) -> VideoSummary:
    """A summary of these shots, with a score that falls along the video and one key frame in the
    middle of each chosen shot.

    Args:
      shots: first and last frame, inclusive.
      chosen: rows of `shots`.
      changes: fields that shall be something else.
    """
    seconds, ends = line.seconds, line.ends
    step = max(round(line.fps / 2), 1)
    picks = np.arange(0, line.n_frames, step)
    scores = 0.5 + 0.4 * np.cos(np.arange(len(picks)) / 3.0) * np.linspace(1, 0.5, len(picks))
    points = np.array(shots, np.int64)
    shot_scores = np.array([scores[min(a // step, len(picks) - 1)] for a, _ in shots])
    segments = tuple(
        Segment(
            n,
            int(shots[n][0]),
            int(shots[n][1]),
            float(seconds[shots[n][0]]),
            float(ends[shots[n][1]]),
            float(shot_scores[n]),
        )
        for n in chosen
    )
    keys = []
    for number, n in enumerate(chosen, 1):
        pick = int(np.argmin(np.abs(picks - (shots[n][0] + shots[n][1]) / 2)))
        frame = int(picks[pick])
        keys.append(KeyFrame(number, frame, float(seconds[frame]), n, float(scores[pick])))
    values = {
        "video": str(video) if video else "",
        "name": name or (video.stem if video else "features"),
        "fps": line.n_frames / float(ends[-1]) if ends[-1] else 0.0,
        "n_frames": line.n_frames,
        "duration": float(ends[-1]),
        "start_time": float(line.start * line.time_base),
        "width": info.width if info else 0,
        "height": info.height if info else 0,
        "picks": picks,
        "pick_seconds": seconds[picks],
        "scores": scores,
        "change_points": points,
        "shot_seconds": np.stack([seconds[points[:, 0]], ends[points[:, 1]]], axis=1),
        "shot_scores": shot_scores,
        "segments": segments,
        "key_frames": tuple(keys),
        "budget": int(0.15 * line.n_frames),
        "budget_text": "15 % of the video",
        "rule": "knapsack",
        "method": "representative",
        "method_text": "Scored by a classical selector (KTS + representativeness), no trained model.",  # noqa: E501
        "model": "",
        "extractor": {"network": "bvlc_googlenet", "layer": "pool5", "fps": 2.0},
        "warnings": (),
    }
    return VideoSummary(**(values | changes))  # type: ignore[arg-type]
