import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf_dictsum.video.sampling import picks_of


def naive(ticks, time_base, rate):
    """For every step the nearest frame, the later one of two; each frame once; steps end half a
    frame after the last frame.
    """
    seconds = [Fraction(int(tick)) * time_base for tick in ticks]
    last = seconds[-1] - seconds[-2] if len(seconds) > 1 else Fraction(0)
    picks, step = [0], 1
    while Fraction(step) / rate < seconds[-1] + last / 2:
        moment = Fraction(step) / rate
        picks.append(max(range(len(seconds)), key=lambda i: (-abs(seconds[i] - moment), i)))
        step += 1
    return sorted(set(picks))


@given(
    st.lists(st.integers(1, 60), max_size=40),
    st.sampled_from([Fraction(1, 25), Fraction(1, 90), Fraction(1001, 30000), Fraction(1, 1000)]),
    st.sampled_from([Fraction(1, 2), Fraction(1), Fraction(2), Fraction(5)]),
)
def test_any_timeline(gaps, time_base, rate):
    ticks = np.cumsum([0, *gaps])
    found = picks_of(ticks, time_base, float(rate))
    assert found.tolist() == naive(ticks, time_base, rate)


@pytest.mark.parametrize(
    "fps", [24, 25, 30, 60, 120, Fraction(30000, 1001), Fraction(24000, 1001), 10]
)
def test_constant_frame_rate_is_the_rule_of_the_field(fps):
    n_frames = 731
    found = picks_of(np.arange(n_frames), 1 / Fraction(fps), 2.0)
    expected = [math.floor(k * Fraction(fps) / 2 + Fraction(1, 2)) for k in range(n_frames)]
    assert found.tolist() == [pick for pick in expected if pick < n_frames]
    assert found.dtype == np.int64


def test_few_frames():
    assert picks_of(np.arange(0), Fraction(1, 25), 2.0).tolist() == []
    assert picks_of(np.arange(1), Fraction(1, 25), 2.0).tolist() == [0]
    assert picks_of(np.arange(9), Fraction(1, 30), 2.0).tolist() == [0]
    assert picks_of(np.arange(5), Fraction(3), 2.0).tolist() == [
        0,
        1,
        2,
        3,
        4,
    ]  # a slide show: frames are rarer than steps
