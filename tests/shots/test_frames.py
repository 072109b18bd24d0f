import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tf_dictsum.shots.frames import frame_scores, shot_scores


def naive_frame_scores(scores, picks, n_frames):
    result = np.zeros(n_frames)
    for frame in range(n_frames):
        earlier = [s for s, p in zip(scores, picks, strict=True) if p <= frame]
        result[frame] = earlier[-1] if earlier else 0.0
    return result


@settings(deadline=None)
@given(st.data())
def test_each_frame_takes_the_score_of_the_last_pick(data):
    n_frames = data.draw(st.integers(1, 60))
    picks = sorted(data.draw(st.sets(st.integers(0, n_frames + 5), max_size=12)))
    scores = data.draw(st.lists(st.floats(0, 1), min_size=len(picks), max_size=len(picks)))
    found = frame_scores(scores, picks, n_frames)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, naive_frame_scores(scores, picks, n_frames))


def test_frames_before_the_first_pick_score_zero():
    np.testing.assert_array_equal(
        frame_scores([0.5, 0.25], [2, 4], 6), [0, 0, 0.5, 0.5, 0.25, 0.25]
    )


@pytest.mark.parametrize(
    ("scores", "picks", "message"),
    [([1.0], [0, 1], "one length"), ([1.0, 2.0], [3, 1], "decrease")],
)
def test_bad_picks(scores, picks, message):
    with pytest.raises(ValueError, match=message):
        frame_scores(scores, picks, 5)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.data())
def test_shot_scores_are_means_over_inclusive_bounds(frames, data):
    bound = st.integers(0, len(frames) - 1)
    shots = [sorted(pair) for pair in data.draw(st.lists(st.tuples(bound, bound), max_size=8))]
    expected = [np.mean(frames[a : b + 1]) for a, b in shots]
    np.testing.assert_allclose(shot_scores(frames, shots), expected, atol=1e-12)


@given(st.floats(1e-6, 1))
def test_a_constant_score_is_every_shots_exact_score(score):
    assert (shot_scores(np.full(30, score), [[0, 6], [7, 9], [10, 29]]) == score).all()


@pytest.mark.parametrize("shot", [[3, 2], [-1, 2], [0, 5]])
def test_shots_must_lie_in_the_video(shot):
    with pytest.raises(ValueError, match="outside the 5 frames"):
        shot_scores(np.ones(5), [shot])
