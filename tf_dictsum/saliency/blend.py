"""One score from several signals, by their ranks."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.saliency.change import change
from tf_dictsum.saliency.direction import along
from tf_dictsum.saliency.length import vector_length
from tf_dictsum.saliency.position import middle
from tf_dictsum.saliency.ranks import ranks
from tf_dictsum.saliency.rarity import rarity
from tf_dictsum.saliency.smoothing import SIGMA, smooth

__all__ = ["blend", "collection_salience", "video_salience"]

DIRECTION_WEIGHT = 2.0
POSITION_WEIGHT = 0.5
"""Beside `video_salience` with weight 1: chosen on the first half of TVSum (docs/agreement.md)."""


def blend(signals: Mapping[str, np.ndarray | None], weights: Mapping[str, float]) -> np.ndarray:
    """Ranks of the weighted sum of the signals' ranks, float64 [n] in (0, 1).

    A signal that is None drops out, as does one without a weight or with weight 0.

    Raises:
      ValueError: nothing is left.
    """
    parts = [
        weights[name] * ranks(row)
        for name, row in signals.items()
        if row is not None and weights.get(name)
    ]
    if not parts:
        raise ValueError("no signal to blend")
    return ranks(np.sum(parts, axis=0))


def video_salience(features: ArrayLike, times: ArrayLike, sigma: float = SIGMA) -> np.ndarray:
    """What stands out in one video by itself: change, rarity and vector length, equally weighted;
    float64 [n] in (0, 1).

    Needs no other video, label or training. Constant features give ½ everywhere.

    Args:
      features: [n, D].
      times: seconds, increasing.
      sigma: of the smoothing of each signal, seconds.

    Raises:
      ValueError: as `saliency.checks.checked`.
    """
    length = vector_length(features, times)
    signals = {
        "change": smooth(change(features, times), times, sigma),
        "rarity": smooth(rarity(features, times), times, sigma),
        "length": None if length is None else smooth(length, times, sigma),
    }
    return blend(signals, dict.fromkeys(signals, 1.0))


def collection_salience(
    features: ArrayLike,
    times: ArrayLike,
    towards: np.ndarray,
    *,
    direction_weight: float = DIRECTION_WEIGHT,
    position_weight: float = 0.0,
    sigma: float = SIGMA,
) -> np.ndarray:
    """`video_salience` and what salient frames of a collection have in common: float64 [n] in (0,
    1).

    Args:
      features: [n, D].
      times: seconds, increasing.
      towards: [D], see `saliency.direction.direction`.
      direction_weight: of the ranks along the direction; the video's own ranks have weight 1.
      position_weight: of the ranks of `middle`; 0: content only.
      sigma: of the smoothing, seconds.

    Raises:
      ValueError: as `saliency.checks.checked`.
    """
    rows = np.asarray(features, np.float32)
    signals = {
        "video": video_salience(rows, times, sigma),
        "direction": smooth(along(rows, times, towards), times, sigma),
        "position": middle(times),
    }
    weights = {"video": 1.0, "direction": direction_weight, "position": position_weight}
    return blend(signals, weights)
