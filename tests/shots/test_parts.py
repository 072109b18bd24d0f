import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tf_dictsum.shots.parts import split_long_shots


def test_a_long_shot_becomes_equal_parts():
    found = split_long_shots([[0, 29], [30, 329]], np.arange(0, 330, 10), range(331), 100)
    np.testing.assert_array_equal(found, [[0, 29], [30, 129], [130, 229], [230, 329]])


def test_parts_are_not_shorter_than_the_sampling():
    np.testing.assert_array_equal(
        split_long_shots([[0, 44]], [0, 15, 30], range(46), 1), [[0, 14], [15, 29], [30, 44]]
    )
    np.testing.assert_array_equal(split_long_shots([[0, 8]], [0], range(10), 1), [[0, 8]])


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8), st.integers(1, 80), st.integers(1, 20))
def test_frames_stay_and_parts_hold_a_pick(lengths, longest, gap):
    ends = np.cumsum(lengths)
    shots = np.stack([ends - lengths, ends - 1], axis=1)
    picks = np.unique(np.concatenate([np.arange(0, ends[-1], gap), shots[:, 0]]))
    found = split_long_shots(shots, picks, np.arange(ends[-1] + 1), longest)
    np.testing.assert_array_equal(
        np.concatenate([np.arange(a, b + 1) for a, b in found]), np.arange(ends[-1])
    )
    assert set(shots[:, 0]) <= set(found[:, 0])
    held = [((picks >= a) & (picks <= b)).sum() for a, b in found]
    assert min(held) >= 1
    # Parts differ from their even share by less than two samples.
    assert all(
        b - a + 1 < longest + 2 * gap or n == 1 for (a, b), n in zip(found, held, strict=True)
    )


def test_length_is_in_time():
    edges = np.concatenate(
        [np.arange(0, 4, 0.1), np.arange(4, 8.1, 1)]
    )  # 40 frames in 4 s, 4 frames in 4 s
    found = split_long_shots([[0, 39], [40, 43]], [0, 10, 20, 30, 40, 41, 42, 43], edges, 2)
    np.testing.assert_array_equal(found, [[0, 19], [20, 39], [40, 41], [42, 43]])
