import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tf_dictsum.data.video import Video
from tf_dictsum.metrics.fscore import UserAgreement, f_scores
from tf_dictsum.shots.shots import Shots
from tf_dictsum.util.errors import UserError


def naive(summary, user):
    both = sum(1 for s, u in zip(summary, user, strict=True) if s and u)
    precision = both / sum(summary) if sum(summary) else 0.0
    recall = both / sum(user) if sum(user) else 0.0
    return (
        100 * precision,
        100 * recall,
        100 * 2 * precision * recall / (precision + recall) if both else 0.0,
    )


@settings(deadline=None)
@given(
    st.integers(1, 40).flatmap(lambda n: st.tuples(hnp.arrays(bool, n), hnp.arrays(bool, (3, n))))
)
def test_against_the_definition(pair):
    summary, users = pair
    expected = np.array([naive(summary.tolist(), user.tolist()) for user in users]).T
    found = f_scores(summary, users)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert all(x.dtype == np.float64 for x in found)


def test_a_user_against_itself_gives_100():
    user = np.arange(50) % 7 < 2
    assert [x.tolist() for x in f_scores(user, user[None])] == [[100.0]] * 3


def test_accepts_zeros_and_ones_of_any_type():
    assert f_scores(np.array([1, 0, 1], np.int8), np.array([[1.0, 1.0, 0.0]], np.float32))[2] == [
        50.0
    ]


def test_lengths_must_agree():
    with pytest.raises(UserError, match=r"the summary has 4 frames but user_summary has 5"):
        f_scores(np.ones(4), np.ones((2, 5)))


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_shot_totals_give_the_f_of_the_frames(seed):
    rng = np.random.default_rng(seed)
    cuts = np.r_[0, np.sort(rng.choice(np.arange(1, 60), 5, replace=False)), 60]
    video = Video(
        "v",
        None,
        np.arange(0, 60, 5),
        60,
        np.stack([cuts[:-1], cuts[1:] - 1], axis=1),
        user_summary=rng.random((3, 60)) < 0.2,
    )
    shots = Shots(video)
    chosen = rng.random((4, 6)) < 0.4
    expected = [f_scores(frames, video.user_summary) for frames in shots.frames(chosen)]
    agreement = UserAgreement(video, shots)
    np.testing.assert_allclose(
        agreement.table(chosen), np.transpose(expected, (1, 0, 2)), atol=1e-9
    )
    columns = agreement(np.zeros((4, 12)), chosen)
    f = np.array(expected)[:, 2]
    np.testing.assert_allclose(columns["f_max"], f.max(axis=1), atol=1e-9)
    np.testing.assert_allclose(columns["f_avg"], f.mean(axis=1), atol=1e-9)


def test_an_empty_user_summary_counts_as_0():
    users = np.zeros((2, 30), bool)
    users[1, :10] = True
    video = Video(
        "v", None, np.arange(0, 30, 5), 30, np.array([[0, 9], [10, 29]]), user_summary=users
    )
    found = UserAgreement(video, Shots(video))(np.zeros((1, 6)), np.array([[True, False]]))
    assert (found["f_max"][0], found["f_avg"][0]) == (100, 50)
