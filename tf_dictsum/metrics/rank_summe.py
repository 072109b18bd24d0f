"""Rank correlation on SumMe as two other groups of papers define it: variants B and C.

People of SumMe gave no importance scores, only summaries, so the field came up with three protocols
whose numbers cannot be compared: variant A is `metrics.rank` (scores against each user's binary
summary), B and C are here.
"""

import numpy as np

from tf_dictsum.data.video import Video
from tf_dictsum.metrics.rank import kendall_tau_b, spearman_rho
from tf_dictsum.shots.shots import Shots

__all__ = ["MeanSummaryCorrelation", "SummaryCorrelation", "binary_correlation"]


class MeanSummaryCorrelation:
    """Variant B: the scores against the part of the users who kept a frame, at the picks."""

    def __init__(self, video: Video) -> None:
        """`user_summary` is needed."""
        assert video.user_summary is not None
        self._mean = np.asarray(video.user_summary).astype(bool)[:, video.picks].sum(axis=0)[None]

    def __call__(self, rows: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
        """tau_summe_b and rho_summe_b, each [m]; 0 where undefined."""
        return {
            "tau_summe_b": kendall_tau_b(rows, self._mean)[:, 0],
            "rho_summe_b": spearman_rho(rows, self._mean)[:, 0],
        }


class SummaryCorrelation:
    """Variant C: the summary itself (0 or 1) against the part of the users who kept a frame.

    At the full frame rate.

    It measures the choice of shots with everything that shot boundaries and the knapsack bring
    along: random scores reach about .10 / .11 on SumMe.
    """

    def __init__(self, video: Video, shots: Shots) -> None:
        """`user_summary` is needed."""
        assert video.user_summary is not None
        users = np.asarray(video.user_summary).astype(bool)
        kept = users.sum(axis=0)
        levels = np.arange(len(users) + 1)
        self._of_shot = shots.totals(
            kept == levels[:, None]
        ).T  # frames of every shot that so many users kept
        self._of_video = np.bincount(kept, minlength=len(levels)).astype(np.float64)

    def __call__(self, rows: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
        """tau_summe_c and rho_summe_c, each [m]; 0 where undefined (an empty summary)."""
        tau, rho = binary_correlation(chosen.astype(np.float64) @ self._of_shot, self._of_video)
        return {"tau_summe_c": tau, "rho_summe_c": rho}


def binary_correlation(ones: np.ndarray, totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """τ_b and ρ of a vector of zeros and ones with one of few levels, from a table of counts.

    Args:
      ones: [m, levels], how many entries of each level (in increasing order) go with a one.
      totals: [levels] or [m, levels], how many entries there are of each level.

    Returns:
      τ_b and ρ, each float64 [m]; 0 where either vector is constant.
    """
    totals = np.broadcast_to(totals, ones.shape)
    zeros = totals - ones
    n, n1, n0 = totals.sum(axis=1), ones.sum(axis=1), zeros.sum(axis=1)
    below = np.cumsum(zeros, axis=1) - zeros
    above = n0[:, None] - below - zeros
    untied = n * (n - 1) / 2 - (totals * (totals - 1) / 2).sum(axis=1)
    tau = _ratio((ones * (below - above)).sum(axis=1), np.sqrt(n1 * n0 * untied))
    rank = np.cumsum(totals, axis=1) - (totals - 1) / 2  # mean rank of a level's entries
    off = rank - ((n + 1) / 2)[:, None]
    rho = _ratio(
        (ones * off).sum(axis=1), np.sqrt(_ratio(n1 * n0, n) * (totals * off**2).sum(axis=1))
    )
    return tau, rho


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
