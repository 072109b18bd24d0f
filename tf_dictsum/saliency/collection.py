"""How unlike the frames of other videos a frame is."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.saliency.checks import checked
from tf_dictsum.saliency.rarity import distances, nearest_mean

__all__ = ["FRAMES", "SHARE", "collection_distance", "collection_frames"]

FRAMES = 1000
SHARE = 0.02
_BLOCK = 256


def collection_frames(videos: Sequence[ArrayLike], frames: int = FRAMES) -> np.ndarray:
    """At most `frames` frames that stand for a collection, equally many of every video: float32 [m,
    D].

    Args:
      videos: features [n, D] of each.
      frames: see above.

    Raises:
      ValueError: no videos.
    """
    if not videos:
        raise ValueError("a collection needs at least one video")
    each = max(1, frames // len(videos))
    kept = [np.asarray(video, np.float32) for video in videos]
    return np.concatenate(
        [
            v[np.unique(np.linspace(0, len(v) - 1, min(len(v), each)).round().astype(int))]
            for v in kept
        ]
    )


def collection_distance(
    features: ArrayLike, times: ArrayLike, collection: np.ndarray, share: float = SHARE
) -> np.ndarray:
    """Mean Euclidean distance from each frame to the nearest `share` of a collection's frames;
    float64 [n].

    Args:
      features: [n, D] of a video that is not in the collection.
      times: seconds, increasing.
      collection: [m, D], see `collection_frames`.
      share: in (0, 1].

    Raises:
      ValueError: as `saliency.checks.checked`, or a share out of range.
    """
    rows, _ = checked(features, times)
    blocks = range(0, len(rows), _BLOCK)
    return np.concatenate(
        [nearest_mean(distances(rows[i : i + _BLOCK], collection), share) for i in blocks]
    )
