"""A weighted mean over time."""

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["SIGMA", "smooth"]

SIGMA = 2.5
"""Seconds. Every signal agrees best with people at 2 to 4 (docs/agreement.md)."""
_REACH = 4.0 + 1e-6  # in standard deviations: what lies beyond weighs 3e-4 of the middle


def smooth(values: ArrayLike, times: ArrayLike, sigma: float = SIGMA) -> np.ndarray:
    """Gaussian mean of `values` [n] over time, renormalised at both ends; float64 [n].

    Time is linear in n for a steady frame rate; the frames may lie at any distance from each other.

    Args:
      values: one number per frame.
      times: seconds, increasing.
      sigma: seconds; 0 leaves the values as they are.
    """
    row, seconds = np.asarray(values, np.float64), np.asarray(times, np.float64)
    total, weight = row.copy(), np.ones(len(row))
    for step in range(1, len(row)):
        apart = seconds[step:] - seconds[:-step]
        if apart.min() > _REACH * sigma:
            break
        near = np.exp(-0.5 * (apart / sigma) ** 2) * (apart <= _REACH * sigma)
        total[step:] += near * row[:-step]
        total[:-step] += near * row[step:]
        weight[step:] += near
        weight[:-step] += near
    return total / weight
