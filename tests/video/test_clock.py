from fractions import Fraction
from types import SimpleNamespace

import pytest

from tf_dictsum.video.clock import Clock, stamp_of


def frames(pts, dts):
    return [SimpleNamespace(pts=p, dts=d) for p, d in zip(pts, dts, strict=True)]


def test_which_timestamps_are_trusted():
    assert stamp_of(frames([5, 7, 9], [1, 2, 3])) == "pts"
    assert stamp_of(frames([2, 8, 6], [4, 6, 8])) == "dts"  # AVI with B-frames
    assert stamp_of(frames([None, None], [None, None])) == ""
    assert stamp_of(frames([3], [None])) == "pts"


def ticks(clock, items):
    for frame in items:
        clock.tick(frame)
    return clock.timeline()


def test_good_timestamps_are_kept():
    line = ticks(Clock("pts", Fraction(1, 10), 2), frames([100, 103, 104], [0, 0, 0]))
    assert (line.ticks.tolist(), line.start, line.exact, line.time_base) == (
        [0, 3, 4],
        100,
        True,
        Fraction(1, 10),
    )
    assert line.seconds.tolist() == pytest.approx([0.0, 0.3, 0.4])
    assert line.ends.tolist() == pytest.approx([0.3, 0.4, 0.5])
    assert line.fps == 5.0


def test_missing_and_backward_ones_are_replaced():
    line = ticks(Clock("pts", Fraction(1, 10), 2), frames([100, None, 99, 103, 110], [0] * 5))
    assert line.ticks.tolist() == [0, 2, 4, 6, 10]
    assert not line.exact
    line = ticks(Clock("", Fraction(1, 10), 2), frames([None] * 3, [None] * 3))
    assert (line.ticks.tolist(), line.exact, line.start) == ([0, 2, 4], False, 0)


def test_a_single_frame():
    line = ticks(Clock("pts", Fraction(1, 25), 1), frames([7], [7]))
    assert (line.n_frames, line.fps, line.ends.tolist()) == (1, 0.0, [0.0])
