"""Increasing timestamps from whatever a file has."""

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from tf_dictsum.video.info import Timeline

__all__ = ["Clock", "stamp_of"]


def stamp_of(frames: Sequence[Any]) -> str:
    """Which timestamp of a file's frames to trust: "pts", "dts" or "" (neither), judged by its
    first frames.

    Presentation times increase; where they are missing or do not (AVI with B-frames), FFmpeg's
    decoding times of the frames as they come out may; raw streams have neither.
    """
    for name in ("pts", "dts"):
        stamps = [getattr(frame, name) for frame in frames]
        if None not in stamps and all(a < b for a, b in itertools.pairwise(stamps)):
            return name
    return ""


class Clock:
    """Takes the frames in the order of showing.

    Args:
      stamp: "pts", "dts" or "", from `stamp_of`.
      time_base: seconds per tick.
      period: ticks from a frame to the next where the file does not tell.
    """

    def __init__(self, stamp: str, time_base: Fraction, period: int):
        self._stamp, self._time_base, self._period = stamp, time_base, period
        self._ticks: list[int] = []
        self._start: int | None = None
        self._exact = stamp == "pts"

    def go_on(self, timeline: Timeline) -> None:
        """Takes over the frames of an earlier pass; the next one comes after them."""
        self._ticks = timeline.ticks.tolist()
        self._start, self._exact = timeline.start, timeline.exact

    @property
    def count(self) -> int:
        """Frames so far."""
        return len(self._ticks)

    def tick(self, frame: Any) -> int:
        """The next frame's ticks since the first frame, more than the last one's."""
        stamp = getattr(frame, self._stamp) if self._stamp else None
        if not self._ticks:
            self._start = stamp
            self._ticks.append(0)
            return 0
        tick = None if stamp is None or self._start is None else stamp - self._start
        if tick is None or tick <= self._ticks[-1]:
            self._exact = False
            tick = self._ticks[-1] + self._period
        self._ticks.append(tick)
        return tick

    def seconds(self, index: int) -> float:
        """When a frame is shown, since the first."""
        return self._ticks[index] * float(self._time_base)

    def timeline(self, count: int | None = None) -> Timeline:
        """All of it, or the first `count` frames."""
        return Timeline(
            np.array(self._ticks[:count], np.int64), self._time_base, self._start or 0, self._exact
        )
