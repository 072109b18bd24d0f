import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from tf_dictsum.data.video import Video
from tf_dictsum.metrics import rank


def naive_tau_b(x, y):
    dot = ties_x = ties_y = 0
    n = len(x)
    for i in range(n):
        for j in range(i):
            sx, sy = np.sign(x[i] - x[j]), np.sign(y[i] - y[j])
            dot, ties_x, ties_y = dot + sx * sy, ties_x + (sx == 0), ties_y + (sy == 0)
    pairs = n * (n - 1) / 2
    return (
        dot / np.sqrt((pairs - ties_x) * (pairs - ties_y))
        if ties_x < pairs and ties_y < pairs
        else 0.0
    )


few_levels = st.integers(2, 12).flatmap(
    lambda n: st.tuples(*[hnp.arrays(np.int64, (3, n), elements=st.integers(0, 3))] * 2)
)


@settings(deadline=None)
@given(few_levels)
def test_tau_b_against_the_definition(pair):
    a, b = pair
    np.testing.assert_allclose(
        rank.kendall_tau_b(a, b), [[naive_tau_b(x, y) for y in b] for x in a], atol=1e-12
    )


@pytest.mark.parametrize("n", [2, 30, 700])
@pytest.mark.parametrize("levels", [2, 5, 10_000])
def test_equal_to_scipy(n, levels):
    rng = np.random.default_rng(n + levels)
    a, b = rng.random((2, n)), rng.integers(0, levels, (3, n))
    b[:, :2] = [0, 1]  # never constant: scipy would warn
    for found, reference in (
        (rank.kendall_tau_b, stats.kendalltau),
        (rank.spearman_rho, stats.spearmanr),
    ):
        np.testing.assert_allclose(
            found(a, b), [[reference(x, y).statistic for y in b] for x in a], atol=1e-12
        )


def test_blocks_do_not_matter(monkeypatch):
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, (2, 57)), rng.integers(0, 5, (4, 57))
    whole = rank.kendall_tau_b(a, b)
    for block in (1, 6 * 57 * 10, 1 << 30):
        monkeypatch.setattr(rank, "_BLOCK", block)
        np.testing.assert_allclose(rank.kendall_tau_b(a, b), whole, atol=1e-14)


def tvsum_like(n_steps=40, users=5):
    rng = np.random.default_rng(3)
    n_frames = 15 * n_steps
    scores = rng.integers(1, 6, (users, n_frames)).astype(np.float32)
    return Video(
        "v", None, np.arange(0, n_frames, 15), n_frames, user_summary=scores > 4, user_scores=scores
    )


@settings(deadline=None, max_examples=30)
@given(hnp.arrays(np.float64, 40, elements=st.integers(0, 1000).map(lambda i: i / 1000)))
def test_monotone_transforms_change_nothing(scores):
    video = tvsum_like()
    assert rank.rank_correlation(scores, video) == rank.rank_correlation(
        np.exp(3 * scores) - 7, video
    )


def test_importance_scores_come_before_summaries():
    video = tvsum_like()
    scores = np.random.default_rng(1).random(40)
    found = rank.rank_correlation(scores, video)
    expected = np.mean(
        [stats.kendalltau(scores, user[::15]).statistic for user in video.user_scores]
    )
    assert found.kendall_tau == pytest.approx(expected)
    assert (found.undefined, found.annotators) == (0, 5)


def test_binary_summaries_where_there_are_no_importance_scores():
    full = tvsum_like()
    video = Video("v", None, full.picks, full.n_frames, user_summary=full.user_summary)
    scores = np.random.default_rng(1).random(40)
    found = rank.rank_correlation(scores, video)
    assert found.spearman_rho == pytest.approx(
        np.mean([stats.spearmanr(scores, user[::15]).statistic for user in full.user_summary])
    )


def test_constants_count_as_zero():
    video = tvsum_like()
    assert rank.rank_correlation(np.full(40, 0.1), video) == rank.RankCorrelation(0.0, 0.0, 5, 5)
    annotations = video.user_scores.copy()
    annotations[1] = 3
    one_constant = Video("v", None, video.picks, video.n_frames, user_scores=annotations)
    scores = np.random.default_rng(1).random(40)
    found = rank.rank_correlation(scores, one_constant)
    others = [
        stats.kendalltau(scores, user[::15]).statistic
        for i, user in enumerate(annotations)
        if i != 1
    ]
    assert found.undefined == 1
    assert found.kendall_tau == pytest.approx(np.sum(others) / 5)


def test_one_step_is_undefined():
    video = Video("v", None, np.array([0]), 4, user_scores=np.ones((2, 4)))
    assert rank.rank_correlation([0.5], video) == rank.RankCorrelation(0.0, 0.0, 2, 2)


def test_no_annotations():
    assert rank.rank_correlation([0.5, 0.6], Video("v", None, np.array([0, 15]), 30)) is None


def test_wrong_length():
    with pytest.raises(ValueError, match="v: scores of length 3 for 40 sampled frames"):
        rank.rank_correlation([0.1, 0.2, 0.3], tvsum_like())
