"""What salient frames have in common over many videos."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.saliency.checks import checked

__all__ = ["along", "direction"]


def direction(videos: Iterable[tuple[ArrayLike, ArrayLike]]) -> np.ndarray:
    """The direction in feature space in which salience rises: unit vector, float32 [D].

    The covariance of features and salience ranks within a video, averaged over the videos. It is a
    linear student of these ranks at infinite ridge penalty: a smaller penalty fits one collection's
    ranks better and agrees with people less (docs/agreement.md). What varies from video to video
    averages out.

    Args:
      videos: (features [n, D], ranks [n] of the same frames) of each.

    Raises:
      ValueError: no videos, or ranks that nowhere go with the features (a constant video has none).
    """
    total, count = np.zeros(0), 0
    for features, target in videos:
        rows, ranks = np.asarray(features, np.float64), np.asarray(target, np.float64)
        part = (ranks - ranks.mean()) @ rows / len(rows)
        total, count = (total + part if count else part), count + 1
    length = np.linalg.norm(total)
    if not count or not length > 0:
        raise ValueError("a direction needs videos whose frames differ")
    return (total / length).astype(np.float32)


def along(features: ArrayLike, times: ArrayLike, towards: np.ndarray) -> np.ndarray:
    """How far each frame lies along a direction [D]: float64 [n].

    Raises:
      ValueError: as `saliency.checks.checked`.
    """
    rows, _ = checked(features, times)
    return rows.astype(np.float64) @ towards.astype(np.float64)
