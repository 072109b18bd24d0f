import pytest

from tf_dictsum.summary.budget import Budget, parse_duration
from tf_dictsum.util.errors import UserError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30),
        ("30s", 30),
        ("1.5", 1.5),
        ("1m30s", 90),
        ("2 min", 120),
        ("1h 2m 3.5s", 3723.5),
        ("500ms", 0.5),
        ("01:30", 90),
        ("1:02:03.5", 3723.5),
    ],
)
def test_durations(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "abc", "-3s", "1:2:3:4", "30 parsecs", "1e3s", "30s 20"])
def test_what_is_no_duration(text):
    with pytest.raises(UserError, match=r"expected a length such as 30s, 1m30s or 00:01:30"):
        parse_duration(text)


def test_frames():
    assert Budget().frames(4494, 25.0) == 674  # int(4494 * .15), as the field counts
    assert Budget(seconds=30).frames(6000, 29.97) == 899
    assert Budget(seconds=2).frames(6000, 30.0) == 60
    assert Budget(seconds=0.001).frames(6000, 30.0) == 1
    assert Budget(seconds=999).frames(100, 30.0) == 100
    assert Budget().frames(1, 0.0) == 1
    assert (str(Budget()), str(Budget(0.125)), str(Budget(seconds=90))) == (
        "15 % of the video",
        "12.5 % of the video",
        "90 s",
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"ratio": 0.0}, r"^ratio=0: .* \(0, 1\]"),
        ({"ratio": 1.5}, r"^ratio=1.5"),
        ({"ratio": float("nan")}, r"^ratio=nan"),
        ({"seconds": 0.0}, r"^duration=0: must be more than 0 seconds"),
        ({"seconds": float("inf")}, r"^duration=inf"),
        ({"key_frames": 0}, r"^num_keyframes=0: ask for at least one"),
    ],
)
def test_out_of_range(values, message):
    with pytest.raises(UserError, match=message):
        Budget(**values)
