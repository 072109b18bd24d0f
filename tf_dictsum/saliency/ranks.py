"""Values of one video brought to one scale."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

__all__ = ["ranks"]

_DIGITS = 9  # of the largest value; a difference beyond them is rounding


def ranks(values: ArrayLike) -> np.ndarray:
    """Ranks in (0, 1) with mean ½: (rank - ½) / n, equal values share their mean rank; float64 [n].

    Values that differ by less than 1e-9 of the largest one count as equal, so that a constant video
    has constant ranks.
    """
    row = np.asarray(values, np.float64)
    row = np.round(row / max(np.abs(row).max(), np.finfo(np.float64).tiny), _DIGITS)
    return (stats.rankdata(row) - 0.5) / len(row)
