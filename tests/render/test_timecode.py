"""Times as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf_dictsum.render.timecode import filename_timecode, smpte_timecode, timecode


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "00:00:00.000"),
        (72.48, "00:01:12.480"),
        (59.9996, "00:01:00.000"),
        (3599.9996, "01:00:00.000"),
        (360000, "100:00:00.000"),
    ],
)
def test_timecode(seconds: float, text: str):
    assert timecode(seconds) == text
    hours, minutes, rest = text.split(":")
    assert filename_timecode(seconds) == f"{hours}h{minutes}m{rest}s"


@given(st.floats(0, 1e6))
def test_a_timecode_is_within_half_a_millisecond(seconds: float):
    hours, minutes, rest = timecode(seconds).split(":")
    assert abs(int(hours) * 3600 + int(minutes) * 60 + float(rest) - seconds) < 0.0005 + 1e-9
    assert int(minutes) < 60
    assert float(rest) < 60


@given(st.integers(0, 10**7), st.integers(1, 60))
def test_smpte_counts_frames(frame: int, base: int):
    hours, minutes, seconds, rest = map(int, smpte_timecode(frame, base).split(":"))
    assert ((hours * 60 + minutes) * 60 + seconds) * base + rest == frame
    assert rest < base
