"""Which frames stand for a video at a fixed number of steps per second.

Step k is the moment k / rate after the first frame. It is represented by the frame whose
presentation time is nearest to it, the later one of two equally near; at a constant frame rate that
is frame floor(k * fps / rate + 0.5), the rule of the field's 2 fps features. A frame represents at
most one step, so that picks increase strictly:
where frames are rarer than steps (slide shows, long still passages of a variable frame rate), every
frame is a pick.
Steps end half a frame after the last frame, whose length is taken to be that of the frame before
it.
"""

from fractions import Fraction

import numpy as np

__all__ = ["Sampler", "picks_of"]


class Sampler:
    """Decides frame by frame, in exact arithmetic, one frame behind.

    Args:
      rate: steps per second.
      time_base: seconds per tick of the timestamps.
    """

    def __init__(self, rate: float, time_base: Fraction):
        # Half a tick is the unit, so that the middle of two timestamps is a whole number.
        self._step = 2 / (Fraction(rate).limit_denominator(10**6) * time_base)
        self._previous: int | None = None
        self._gap = 0
        self._first_open = 0  # the lowest step that no frame represents yet

    def add(self, ticks: int) -> bool:
        """Takes the next frame's timestamp (ticks since the first frame, increasing); whether the
        frame *before* it is a pick.
        """
        before, self._previous = self._previous, ticks
        if before is None:
            return False
        self._gap = ticks - before
        return self._represents(before + ticks)

    def finish(self) -> bool:
        """Whether the last frame is a pick."""
        if self._previous is None:
            return False
        return self._first_open == 0 or self._represents(2 * self._previous + self._gap)

    def _represents(self, end: int) -> bool:
        """Whether an open step lies before `end`, in half ticks; closes all that do."""
        first_after = -(
            -end // self._step
        )  # ceil: a step in the very middle belongs to the later frame
        found = first_after > self._first_open
        self._first_open = max(self._first_open, int(first_after))
        return found


def picks_of(ticks: np.ndarray, time_base: Fraction, rate: float) -> np.ndarray:
    """The picks of a whole timeline.

    Args:
      ticks: int64 [n_frames], presentation times since the first frame, increasing.
      time_base: seconds per tick.
      rate: steps per second.

    Returns:
      int64 [n_steps], increasing; 0 first.
    """
    sampler = Sampler(rate, time_base)
    chosen = [sampler.add(int(tick)) for tick in ticks]  # entry i is about frame i - 1
    return np.flatnonzero([*chosen[1:], sampler.finish()] if chosen else []).astype(np.int64)
