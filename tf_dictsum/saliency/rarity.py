"""How unlike the rest of the video a frame is."""

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.saliency.checks import checked

__all__ = ["MOST", "SHARE", "distances", "nearest_mean", "rarity"]

SHARE = 0.1
MOST = 2048
"""Frames that every frame is compared with: 17 minutes at 2 a second. Longer videos are represented
by as many, evenly spaced.
"""
_BLOCK = 256  # frames compared at once


def rarity(
    features: ArrayLike,
    times: ArrayLike,
    share: float = SHARE,
    gap: float = 0.0,
    most: int = MOST,
) -> np.ndarray:
    """Mean Euclidean distance from each frame to the nearest `share` of the video's frames; float64
    [n].

    Time is n x `most`, memory `most` times a constant, so hours of video are no harder per minute.

    Args:
      features: [n, D].
      times: seconds, increasing.
      share: of the frames compared with, in (0, 1]; at least one.
      gap: seconds; frames as near in time do not count. 0: only the frame itself does not.
      most: see `MOST`.

    Raises:
      ValueError: as `saliency.checks.checked`, or a share out of range.
    """
    rows, seconds = checked(features, times)
    sample = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), most)).round().astype(int))
    result = np.zeros(len(rows))
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        away = distances(rows[block], rows[sample])
        away[np.abs(seconds[block, None] - seconds[sample]) <= gap] = np.inf
        result[block] = nearest_mean(away, share)
    return result


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Euclidean distances of the rows of `a` [m, D] and `b` [k, D]: float64 [m, k]."""
    centre = b.mean(axis=0)  # smaller norms, less cancellation
    left, right = (x.astype(np.float64) - centre for x in (a, b))
    squares = np.einsum("ij,ij->i", left, left)[:, None] + np.einsum("ij,ij->i", right, right)
    return np.sqrt(np.maximum(squares - 2 * (left @ right.T), 0))


def nearest_mean(away: np.ndarray, share: float) -> np.ndarray:
    """Mean of the smallest `share` of every row of `away` [m, k], at least one; infinite ones never
    count, 0 where all are.

    Raises:
      ValueError: a share out of range.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be in (0, 1], not {share}")
    count = max(1, round(share * away.shape[1]))
    near = np.partition(away, count - 1, axis=1)[:, :count] if count < away.shape[1] else away
    finite = np.isfinite(near)
    return np.where(finite, near, 0).sum(axis=1) / np.maximum(finite.sum(axis=1), 1)
