"""Which frames make the clip: ranges within shots that together are as long as was asked for."""

import numpy as np

__all__ = ["Filling"]

_EPSILON = 1e-6
_ENOUGH = 0.97  # of the budget: below that, chosen ranges are cut for the sake of one more


class Filling:
    """Frames that are taken, and what may still be.

    Lengths are in mean frames, so that a variable frame rate changes nothing.

    Args:
      clock: float64 [n_frames + 1], when every frame begins and the last one ends, in mean frames.
      shots: int [n_shots, 2], first and last frame of every shot, without gaps.
      worth: float64 [n_frames], of every frame.
      budget: what the taken frames may last together.
      least: what a range should last.
    """

    def __init__(
        self, clock: np.ndarray, shots: np.ndarray, worth: np.ndarray, budget: float, least: float
    ):
        self._clock, self._budget = clock, budget
        self.least = min(least, budget)
        self.room = budget
        self._taken = np.zeros(len(worth), bool)
        self._shot_of = np.repeat(np.arange(len(shots)), shots[:, 1] - shots[:, 0] + 1)
        self._shots = shots
        self._sums = np.concatenate([[0.0], np.cumsum(worth)])

    def length(self, first: int, last: int) -> float:
        """What the frames `first` to `last` last."""
        return float(self._clock[last + 1] - self._clock[first])

    @property
    def is_full(self) -> bool:
        """Whether next to nothing of the budget is left."""
        return self._budget - self.room >= _ENOUGH * self._budget

    @property
    def has_room(self) -> bool:
        """Whether one more range fits."""
        return self.room >= self.least - _EPSILON

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """First and last frame of every run of taken frames within a shot, in order of time."""
        padded = np.concatenate([[False], self._taken, [False]])
        cut = np.concatenate([[True], self._shot_of[1:] != self._shot_of[:-1], [True]])
        begins = np.flatnonzero(padded[1:] & (~padded[:-1] | cut))
        ends = np.flatnonzero(padded[:-1] & (~padded[1:] | cut)) - 1
        return list(zip(begins.tolist(), ends.tolist(), strict=True))

    def take(self, first: int, last: int) -> None:
        """A whole range; it must fit."""
        self._taken[first : last + 1] = True
        self.room -= self.length(first, last)

    def take_best(
        self,
        first: int,
        last: int,
        at: int,
        most: float | None = None,
        least: float | None = None,
    ) -> bool:
        """The best window around frame `at` within a range: as long as it may be, up to `most` and
        to what is left.

        Returns:
          Whether it was taken: not where `at` is taken, or the window would last less than `least`
            (None: as for all).
        """
        if self._taken[first : last + 1].any():
            if self._taken[at]:
                return False
            held = np.flatnonzero(self._taken[first : last + 1]) + first
            first = int(max((held[held < at] + 1).max(initial=first), first))
            last = int(min((held[held > at] - 1).min(initial=last), last))
        length = min(self.room, self.length(first, last) if most is None else most)
        window = self._window(first, last, at, length)
        shortest = self.least if least is None else least
        if window is None or self.length(*window) < shortest - 0.5:  # to the frame
            return False
        self.take(*window)
        return True

    def _window(self, first: int, last: int, at: int, length: float) -> tuple[int, int] | None:
        """Of all windows around `at` of this length, the one of most worth; of equal ones the most
        central.
        """
        starts = np.arange(first, at + 1)
        limits = self._clock[starts] + length + _EPSILON
        ends = np.minimum(np.searchsorted(self._clock, limits, side="right") - 2, last)
        inside = ends >= at
        if not inside.any():
            return None
        starts, ends = starts[inside], ends[inside]
        lasting = np.round(self._clock[ends + 1] - self._clock[starts], 3)
        worth = np.round(self._sums[ends + 1] - self._sums[starts], 9)
        off = np.abs(starts + ends - 2 * at)
        best = np.lexsort([off, -worth, -lasting])[0]
        return int(starts[best]), int(ends[best])

    def reach(self, first: int, last: int, at: int) -> None:
        """Lets the range that is nearest within `first` to `last` grow as far as frame `at`, if
        that fits.
        """
        held = np.flatnonzero(self._taken[first : last + 1]) + first
        if not len(held) or self._taken[at]:
            return
        nearest = int(held[np.abs(held - at).argmin()])
        low, high = (nearest + 1, at) if nearest < at else (at, nearest - 1)
        if self.length(low, high) <= self.room + _EPSILON:
            self.take(low, high)

    def extend(self) -> None:
        """Lets ranges grow within their shots into what is free beside them, the ranges of most
        worth first.
        """
        ranges = self.ranges
        ranges.sort(key=lambda r: -(self._sums[r[1] + 1] - self._sums[r[0]]) / (r[1] - r[0] + 1))
        for first, last in ranges:
            low, high = self._shots[self._shot_of[first]].tolist()
            while last < high and self._fits(last + 1):
                last += 1
            while first > low and self._fits(first - 1):
                first -= 1

    def _fits(self, frame: int) -> bool:
        """Takes one frame if it is free and fits."""
        if self._taken[frame] or self.length(frame, frame) > self.room + _EPSILON:
            return False
        self.take(frame, frame)
        return True

    def make_room(self, wanted: float) -> bool:
        """Shortens the longest ranges at their worse end until `wanted` is free; whether that
        could be done.
        """
        while self.room < wanted - _EPSILON:
            first, last = max(self.ranges, key=lambda r: self.length(*r), default=(0, -1))
            if last <= first or self.length(first + 1, last) < self.least:
                return False
            half = (first + last + 1) // 2
            drop_end = self._mean(half, last) <= self._mean(first, half - 1)
            frame = last if drop_end else first
            self._taken[frame] = False
            self.room += self.length(frame, frame)
        return True

    def _mean(self, first: int, last: int) -> float:
        return float(self._sums[last + 1] - self._sums[first]) / max(last - first + 1, 1)
