import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tf_dictsum.data.video import Video
from tf_dictsum.shots.frames import frame_scores, shot_scores
from tf_dictsum.shots.shots import RULES, Shots
from tf_dictsum.util.errors import UserError


@st.composite
def videos(draw):
    """Any shots (gaps allowed) over any picks (the first may be late, the last past the end)."""
    n_frames = draw(st.integers(3, 60))
    cuts = sorted(draw(st.sets(st.integers(0, n_frames), min_size=2, max_size=9)))
    shots = [(a, b - 1) for a, b in itertools.pairwise(cuts) if draw(st.booleans())] or [
        (cuts[0], cuts[1] - 1)
    ]
    picks = sorted(draw(st.sets(st.integers(0, n_frames + 3), min_size=1, max_size=12)))
    return Video("v", None, np.array(picks), n_frames, np.array(shots))


def naive_choice(means, lengths, budget, rule):
    chosen, room = [], budget
    for shot in sorted(range(len(means)), key=lambda i: (-means[i], i)):
        if lengths[shot] <= room:
            chosen.append(shot)
            room -= lengths[shot]
        elif rule == "top":
            break
    return sorted(chosen)


@settings(deadline=None, max_examples=200)
@given(videos(), st.integers(0, 2**32 - 1))
def test_means_are_those_of_the_frames(video, seed):
    rows = np.random.default_rng(seed).random((3, video.n_steps))
    expected = [
        shot_scores(frame_scores(row, video.picks, video.n_frames), video.change_points)
        for row in rows
    ]
    np.testing.assert_allclose(Shots(video).means(rows), expected, atol=1e-12)


@given(st.floats(1e-6, 1), videos())
def test_a_constant_score_is_every_shots_exact_score(score, video):
    video = dataclasses.replace(video, picks=np.r_[0, video.picks[video.picks > 0]])
    assert (Shots(video).means(np.full((1, video.n_steps), score)) == score).all()


@settings(deadline=None)
@given(videos(), st.integers(0, 2**32 - 1))
def test_totals_steps_and_frames(video, seed):
    shots, rng = Shots(video), np.random.default_rng(seed)
    frames = rng.integers(0, 5, (2, video.n_frames))
    np.testing.assert_allclose(
        shots.totals(frames),
        [[row[a : b + 1].sum() for a, b in video.change_points] for row in frames],
    )
    assert shots.steps.tolist() == [
        ((video.picks >= a) & (video.picks <= b)).sum() for a, b in video.change_points
    ]
    chosen = rng.random((2, len(shots))) < 0.5
    kept = np.zeros((2, video.n_frames + 5), bool)
    for row, shot in zip(*np.nonzero(chosen), strict=True):
        kept[row, video.change_points[shot, 0] : video.change_points[shot, 1] + 1] = True
    np.testing.assert_array_equal(shots.frames(chosen), kept[:, : video.n_frames])
    np.testing.assert_array_equal(shots.at(chosen, video.picks), kept[:, video.picks])


@settings(deadline=None)
@given(videos(), st.integers(0, 2**32 - 1), st.sampled_from([0.15, 0.4, 1.0]))
def test_greedy_and_top_against_a_loop(video, seed, ratio):
    shots = Shots(video, ratio)
    means = np.random.default_rng(seed).choice([0.0, 0.3, 0.5, 0.8], (4, len(shots)))
    for rule in ("greedy", "top"):
        found = [np.flatnonzero(row).tolist() for row in shots.choose(means, rule)]
        assert found == [naive_choice(row, shots.lengths, shots.budget, rule) for row in means]


@settings(deadline=None)
@given(videos(), st.integers(0, 2**32 - 1), st.sampled_from(RULES))
def test_many_rows_are_single_rows_and_keep_to_the_budget(video, seed, rule):
    shots = Shots(video, 0.5)
    means = np.random.default_rng(seed).random((5, len(shots)))
    chosen = shots.choose(means, rule)
    np.testing.assert_array_equal(
        chosen, np.concatenate([shots.choose(row[None], rule) for row in means])
    )
    assert (chosen @ shots.lengths <= shots.budget).all()


def test_overlapping_shots_are_refused():
    video = Video("video_3", None, np.array([0, 5]), 10, np.array([[0, 5], [5, 9]]))
    with pytest.raises(UserError, match=r"video_3: change_points overlap or are out of order"):
        Shots(video)
