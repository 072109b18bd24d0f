"""How much the picture changes around a frame."""

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.saliency.checks import checked

__all__ = ["LAG", "change"]

LAG = 1.0


def change(features: ArrayLike, times: ArrayLike, lag: float = LAG) -> np.ndarray:
    """Mean Euclidean distance from each frame to the frames `lag` seconds before and after it;
    float64 [n].

    The frame nearest to that time is taken, at least one step away; at the ends one side counts,
    and a video of one frame gives 0. Linear time.

    Args:
      features: [n, D].
      times: seconds, increasing.
      lag: seconds.

    Raises:
      ValueError: as `saliency.checks.checked`.
    """
    rows, seconds = checked(features, times)
    n = len(rows)
    total, sides = np.zeros(n), np.zeros(n)
    if n == 1:
        return total
    own = np.arange(n)
    for other, inside in (
        (np.minimum(_nearest(seconds, seconds - lag), own - 1), seconds - lag >= seconds[0]),
        (np.maximum(_nearest(seconds, seconds + lag), own + 1), seconds + lag <= seconds[-1]),
    ):
        inside = inside & (other >= 0) & (other < n)
        total[inside] += np.linalg.norm(rows[inside] - rows[other[inside]], axis=1)
        sides += inside
    alone = sides == 0  # a video shorter than the lag: its two ends
    ends = np.linalg.norm(rows[0] - rows[-1])
    return np.where(alone, ends, total / np.maximum(sides, 1))


def _nearest(seconds: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Index of the frame nearest to every wanted time."""
    right = np.clip(np.searchsorted(seconds, wanted), 1, len(seconds) - 1)
    left = right - 1
    return np.where(wanted - seconds[left] <= seconds[right] - wanted, left, right)
