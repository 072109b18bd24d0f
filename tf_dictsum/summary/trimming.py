"""Segments that end with their shot, to the frame.

Shots are found among sampled frames, so a shot's last frames may belong to the next one, up to half a second of it: in a clip
that is a flash of something else. Its beginning is a sampled frame of its own.
"""

import dataclasses
import itertools

import numpy as np

from tf_dictsum.summary.summary import Segment, VideoSummary
from tf_dictsum.video.info import Timeline
from tf_dictsum.video.reader import VideoFile

__all__ = ["trim_to_cuts"]

_SHARP = 4.0  # a cut changes the picture so many times more than its neighbours do ...
_LEAST = 8.0  # ... and by so many grey levels on average
_ENOUGH = 6  # changes to compare; at few frames per second every one may be large, and little is to be gained


def trim_to_cuts(summary: VideoSummary, timeline: Timeline) -> VideoSummary:
    """The summary with every segment ending before the hard cut that lies between its shot's last sampled frame and the
    next shot's first one; where there is no cut (a dissolve, a part of a longer shot) the segment stays as it is.

    Args:
      summary: of a video that is at hand; others come back unchanged.
      timeline: of the video.

    Raises:
      UserError: the video cannot be read any more.
    """
    if not summary.video:
        return summary
    starts = {segment.start_frame for segment in summary.segments}
    last = summary.change_points[:, 1]
    open_ends = [
        s
        for s in summary.segments
        if s.end_frame == last[s.shot]
        and s.end_frame + 1 not in starts
        and s.end_frame + 1 < summary.n_frames
    ]
    ranges = {s: range(_last_pick(summary, s), s.end_frame + 2) for s in open_ends}
    wanted = sorted({frame for frames in ranges.values() for frame in frames})
    pictures = (
        {f.number: _small(f.rgb) for f in VideoFile(summary.video, timeline).frames(wanted)}
        if wanted
        else {}
    )
    trimmed = []
    for segment in summary.segments:
        cut = _cut([pictures[frame] for frame in ranges[segment]]) if segment in ranges else None
        if cut is not None:
            end = ranges[segment][cut] - 1
            segment = dataclasses.replace(segment, end_frame=end, end=float(timeline.ends[end]))
        trimmed.append(segment)
    return dataclasses.replace(summary, segments=tuple(trimmed))


def _last_pick(summary: VideoSummary, segment: Segment) -> int:
    picks = summary.picks[
        (summary.picks >= segment.start_frame) & (summary.picks <= segment.end_frame)
    ]
    return int(picks[-1]) if len(picks) else segment.start_frame


def _small(rgb: np.ndarray) -> np.ndarray:
    step = max(min(rgb.shape[:2]) // 64, 1)
    return rgb[::step, ::step].mean(axis=2)


def _cut(pictures: list[np.ndarray]) -> int | None:
    """Which picture is the first one after a hard cut; None without one."""
    changes = np.array([np.abs(b - a).mean() for a, b in itertools.pairwise(pictures)])
    if len(changes) < _ENOUGH:
        return None
    place = int(changes.argmax())
    usual = float(np.median(np.delete(changes, place)))
    return place + 1 if changes[place] > max(_LEAST, _SHARP * usual) else None
