"""How unlike the other shots a shot is."""

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.saliency.checks import checked
from tf_dictsum.saliency.rarity import distances

__all__ = ["shot_novelty", "shot_pace"]


def shot_novelty(features: ArrayLike, times: ArrayLike, shots: ArrayLike) -> np.ndarray:
    """Distance from the mean of each frame's shot to the nearest other shot's mean: float64 [n]; 0
    where there is one shot.

    Args:
      features: [n, D].
      times: seconds, increasing.
      shots: int [n], the shot of every frame, not decreasing.

    Raises:
      ValueError: as `saliency.checks.checked`.
    """
    rows, _ = checked(features, times)
    _, own, counts = np.unique(np.asarray(shots), return_inverse=True, return_counts=True)
    if len(counts) == 1:
        return np.zeros(len(rows))
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    means = np.add.reduceat(rows.astype(np.float64), starts, axis=0) / counts[:, None]
    away = distances(means, means)
    np.fill_diagonal(away, np.inf)
    return away.min(axis=1)[own]


def shot_pace(times: ArrayLike, shots: ArrayLike) -> np.ndarray:
    """How quickly the video is cut where a frame lies: minus the seconds of its shot, float64 [n].

    Args:
      times: seconds, increasing.
      shots: int [n], the shot of every frame, not decreasing.
    """
    seconds = np.asarray(times, np.float64)
    _, own, counts = np.unique(np.asarray(shots), return_inverse=True, return_counts=True)
    firsts = seconds[np.concatenate([[0], np.cumsum(counts)[:-1]])]
    return -np.diff(np.append(firsts, seconds[-1]))[own]
