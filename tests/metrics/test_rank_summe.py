import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tf_dictsum.data.video import Video
from tf_dictsum.metrics.rank_summe import (
    MeanSummaryCorrelation,
    SummaryCorrelation,
    binary_correlation,
)
from tf_dictsum.shots.shots import Shots


def summe_like(seed=0, users=6, n_steps=30):
    rng = np.random.default_rng(seed)
    n_frames = 15 * n_steps - 3
    cuts = np.r_[0, np.sort(rng.choice(np.arange(1, n_frames), 9, replace=False)), n_frames]
    shots = np.stack([cuts[:-1], cuts[1:] - 1], axis=1)
    return Video(
        "v",
        None,
        np.arange(0, n_frames, 15),
        n_frames,
        shots,
        user_summary=rng.random((users, n_frames)) < 0.3,
    )


@settings(deadline=None)
@given(st.integers(2, 40), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_counts_give_what_scipy_gives(n, levels, seed):
    rng = np.random.default_rng(seed)
    binary, other = rng.integers(0, 2, n), rng.integers(0, levels, n)
    ones = np.bincount(other[binary == 1], minlength=levels)[None]
    tau, rho = binary_correlation(
        ones.astype(float), np.bincount(other, minlength=levels).astype(float)
    )
    if len(set(binary)) < 2 or len(set(other)) < 2:
        assert (tau[0], rho[0]) == (0, 0)
    else:
        assert tau[0] == pytest.approx(stats.kendalltau(binary, other).statistic, abs=1e-12)
        assert rho[0] == pytest.approx(stats.spearmanr(binary, other).statistic, abs=1e-12)


def test_variant_b_is_scores_against_the_mean_user():
    video = summe_like()
    rows = np.random.default_rng(1).random((3, video.n_steps))
    found = MeanSummaryCorrelation(video)(rows, np.zeros((3, 9), bool))
    mean = video.user_summary.mean(axis=0)[video.picks]
    np.testing.assert_allclose(
        found["tau_summe_b"], [stats.kendalltau(row, mean).statistic for row in rows]
    )
    np.testing.assert_allclose(
        found["rho_summe_b"], [stats.spearmanr(row, mean).statistic for row in rows]
    )


def test_variant_c_is_the_summary_against_the_mean_user_at_full_rate():
    video = summe_like()
    shots = Shots(video)
    chosen = np.random.default_rng(2).random((4, len(shots))) < 0.3
    chosen[3] = False
    found = SummaryCorrelation(video, shots)(np.zeros((4, 30)), chosen)
    frames, mean = shots.frames(chosen), video.user_summary.mean(axis=0)
    np.testing.assert_allclose(
        found["tau_summe_c"][:3], [stats.kendalltau(row, mean).statistic for row in frames[:3]]
    )
    np.testing.assert_allclose(
        found["rho_summe_c"][:3], [stats.spearmanr(row, mean).statistic for row in frames[:3]]
    )
    assert (found["tau_summe_c"][3], found["rho_summe_c"][3]) == (0, 0)


def test_monotone_transforms_change_nothing():
    video = summe_like()
    row = np.random.default_rng(3).random((1, video.n_steps))
    measure = MeanSummaryCorrelation(video)
    assert measure(row, row > 2) == measure(np.exp(4 * row) + 7, row > 2)
