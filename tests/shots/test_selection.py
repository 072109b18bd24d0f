import dataclasses

import numpy as np
import pytest

from tf_dictsum.data.video import Video
from tf_dictsum.shots.selection import select_shots
from tf_dictsum.util.errors import UserError

# Five shots of 10, 20, 10, 40 and 20 frames, one pick every 10 frames.
VIDEO = Video(
    "video_1",
    None,
    np.arange(0, 100, 10),
    100,
    np.array([[0, 9], [10, 29], [30, 39], [40, 79], [80, 99]]),
)
SCORES = np.repeat([0.5, 0.9, 0.2, 0.8, 0.6], [1, 2, 1, 4, 2])


@pytest.mark.parametrize(
    ("rule", "expected"), [("knapsack", (0, 1, 2)), ("greedy", (1, 4)), ("top", (1,))]
)
def test_rules(rule, expected):
    # By falling score: 1 (20 frames), 3 (40, does not fit any more), 4 (20), 0 (10), 2 (10); a sum
    # of means prefers many short shots.
    summary = select_shots(
        SCORES - np.repeat([0, 0, -0.3, 0, 0], [1, 2, 1, 4, 2]), VIDEO, ratio=0.4, rule=rule
    )
    assert (summary.budget, summary.selected_shots) == (40, expected)


def test_knapsack_beats_greedy_where_one_good_shot_blocks_two():
    video = Video("v", None, np.array([0, 6, 11]), 16, np.array([[0, 5], [6, 10], [11, 15]]))
    scores = [0.9, 0.8, 0.7]
    assert select_shots(scores, video, ratio=0.63).selected_shots == (1, 2)
    assert select_shots(scores, video, ratio=0.63, rule="greedy").selected_shots == (0,)


def test_greedy_goes_on_past_a_shot_that_does_not_fit_and_top_stops():
    assert select_shots(SCORES, VIDEO, ratio=0.3, rule="greedy").selected_shots == (0, 1)
    assert select_shots(SCORES, VIDEO, ratio=0.3, rule="top").selected_shots == (1,)


@pytest.mark.parametrize("rule", ["knapsack", "greedy", "top"])
def test_equal_scores_go_to_the_earlier_shot(rule):
    starts = np.arange(0, 400, 10)
    video = Video("v", None, starts, 400, np.stack([starts, starts + 9], axis=1))
    assert select_shots(np.full(40, 0.1), video, ratio=0.5, rule=rule).selected_shots == tuple(
        range(20)
    )


def test_frames_are_those_of_the_chosen_shots_and_the_budget_ends_with_the_last_shot():
    video = dataclasses.replace(VIDEO, n_frames=120)
    summary = select_shots(SCORES, video, ratio=0.2)
    assert summary.budget == 20
    expected = np.zeros(120, bool)
    expected[10:30] = True
    np.testing.assert_array_equal(summary.frames, expected)


@pytest.mark.parametrize(
    ("scores", "changes", "ratio", "message"),
    [
        (SCORES[:9], {}, 0.15, r"video_1: 9 scores for 10 sampled frames"),
        (np.where(np.arange(10) == 3, np.nan, SCORES), {}, 0.15, r"video_1: score 3 is NaN"),
        (
            SCORES,
            {"change_points": None},
            0.15,
            r"video_1: the dataset has no change_points.*add shot boundaries",
        ),
        (
            SCORES,
            {"change_points": np.array([[0, 100]])},
            0.15,
            r"video_1: change_points do not fit the 100 frames",
        ),
        (SCORES, {}, 0.0, r"ratio 0.0"),
        (SCORES, {}, 1.5, r"ratio 1.5"),
    ],
)
def test_user_errors(scores, changes, ratio, message):
    with pytest.raises(UserError, match=message):
        select_shots(scores, dataclasses.replace(VIDEO, **changes), ratio=ratio)


def test_unknown_rule():
    with pytest.raises(ValueError, match="knapsack, greedy, top"):
        select_shots(SCORES, VIDEO, rule="best")
