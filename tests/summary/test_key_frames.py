import numpy as np
import pytest

from tf_dictsum.summary.key_frames import NEAR, best_steps, ranked_steps, without_repeats


def test_best_steps():
    scores = np.array([0.1, 0.5, 0.5, 0.9, 0.2])
    groups = [np.array([0, 1, 2]), np.array([], int), np.array([3, 4])]
    assert best_steps(scores, groups) == [1, 3]


def test_ranked_steps_visit_every_shot_before_any_twice():
    scores = np.array([0.1, 0.5, 0.3, 0.9, 0.2, 0.4])
    groups = [np.array([0, 1, 2]), np.array([3]), np.array([4, 5])]
    assert ranked_steps(scores, groups, np.array([0.3, 0.2, 0.3])) == [1, 5, 3, 2, 4, 0]
    assert ranked_steps(scores, [], np.array([])) == []


def turned(cosine_distance):
    """Two pictures of any length with this distance."""
    angle = np.arccos(1 - cosine_distance)
    return np.array([[3.0, 0.0], [7 * np.cos(angle), 7 * np.sin(angle)]])


@pytest.mark.parametrize(
    ("distance", "kept"), [(0.0, [0]), (NEAR * 0.98, [0]), (NEAR * 1.02, [0, 1]), (1.0, [0, 1])]
)
def test_near_duplicates_go(distance, kept):
    assert without_repeats(turned(distance), [0, 1], 2, fill=False) == (kept, 0)


def test_the_most_wanted_stays_and_the_result_is_in_time():
    rows = np.eye(3)[[0, 1, 0, 2]] * 5
    assert without_repeats(rows, [3, 2, 1, 0], 9, fill=False) == ([1, 2, 3], 0)
    assert without_repeats(rows, [3, 2, 1, 0], 2, fill=False) == ([2, 3], 0)


def test_filling_takes_the_least_alike_and_counts_them():
    rows = np.concatenate([np.eye(2)[[0, 0]], turned(0.04) / 7, np.zeros((1, 2))])
    # Step 3 is 0.04 away from step 0, step 1 repeats it; the black picture 4 is like nothing else.
    assert without_repeats(rows, [0, 1, 3, 4], 3, fill=True) == ([0, 3, 4], 1)
    assert without_repeats(rows, [0, 1, 3, 4], 9, fill=True) == ([0, 1, 3, 4], 2)
    assert without_repeats(np.ones((5, 3)), range(5), 4, fill=True)[1] == 3
