"""What `agreement.py` measures: name -> scores of every video, made without a label."""

import zlib
from collections.abc import Callable

import numpy as np

from tf_dictsum.data.halves import halves, inner_folds
from tf_dictsum.data.times import times_of
from tf_dictsum.data.video import Dataset
from tf_dictsum.saliency.blend import blend, collection_salience, video_salience
from tf_dictsum.saliency.change import change
from tf_dictsum.saliency.collection import collection_distance, collection_frames
from tf_dictsum.saliency.direction import along, direction
from tf_dictsum.saliency.length import vector_length
from tf_dictsum.saliency.novelty import shot_novelty, shot_pace
from tf_dictsum.saliency.position import middle
from tf_dictsum.saliency.rarity import rarity
from tf_dictsum.saliency.smoothing import smooth

__all__ = ["VARIANTS", "Videos"]

DRAWS = 50


class Videos:
    """A dataset as the variants see it: features, times and shots, and which videos may be learned
    from.
    """

    def __init__(self, dataset: Dataset, unit: bool = False):
        self.dataset, self.unit = dataset, unit
        self.first = halves(dataset)[0]

    def features(self, key: str) -> np.ndarray:
        """float32 [n_steps, D]; of unit length if `unit`."""
        features = self.dataset.videos[key].features
        assert features is not None
        return features / np.linalg.norm(features, axis=1, keepdims=True) if self.unit else features

    def times(self, key: str) -> np.ndarray:
        """Seconds, float64 [n_steps]."""
        return times_of(self.dataset.videos[key])

    def shots(self, key: str) -> np.ndarray:
        """The dataset's shot of every sampled frame, int [n_steps]."""
        video = self.dataset.videos[key]
        assert video.change_points is not None
        return np.searchsorted(video.change_points[:, 0], video.picks, side="right") - 1

    def folds(self, keys: tuple[str, ...]) -> list[tuple[tuple[str, ...], ...]]:
        """[(videos to learn from, videos to score)]: the first half for the second, the other folds
        within the first.
        """
        return inner_folds(self.first) if set(keys) == set(self.first) else [(self.first, keys)]


Variant = Callable[[Videos, tuple[str, ...]], dict[str, np.ndarray]]
"""Scores [n_steps] of every key, or [draws, n_steps] where chance is in them."""


def _random(videos: Videos, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    return {
        key: np.random.default_rng(zlib.crc32(key.encode())).random((DRAWS, len(videos.times(key))))
        for key in keys
    }


def _single(
    make: Callable[[Videos, str], np.ndarray | None], smoothed: bool = True, unit: bool = False
) -> Variant:
    """A variant that looks at one video at a time."""

    def variant(videos: Videos, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
        seen = Videos(videos.dataset, unit)
        rows: dict[str, np.ndarray] = {}
        for key in keys:
            row = make(seen, key)
            assert row is not None
            rows[key] = smooth(row, seen.times(key)) if smoothed else row
        return rows

    return variant


def fit_direction(videos: Videos, keys: tuple[str, ...]) -> np.ndarray:
    """From the features of these videos and what stands out in each of them."""
    pairs = [(videos.features(key), videos.times(key)) for key in keys]
    return direction((rows, video_salience(rows, times)) for rows, times in pairs)


def _learned(
    score: Callable[[Videos, str, np.ndarray], np.ndarray],
    fit: Callable[[Videos, tuple[str, ...]], np.ndarray] = fit_direction,
    unit: bool = False,
) -> Variant:
    """A variant that scores videos by what was learned, without labels, from others."""

    def variant(videos: Videos, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
        seen = Videos(videos.dataset, unit)
        rows: dict[str, np.ndarray] = {}
        for learn, held in seen.folds(keys):
            learned = fit(seen, learn)
            rows |= {key: score(seen, key, learned) for key in held}
        return rows

    return variant


def _args(videos: Videos, key: str) -> tuple[np.ndarray, np.ndarray]:
    return videos.features(key), videos.times(key)


def _video_and_position(videos: Videos, key: str) -> np.ndarray:
    rows = {"video": video_salience(*_args(videos, key)), "middle": middle(videos.times(key))}
    return blend(rows, {"video": 1.0, "middle": 0.5})


VARIANTS: dict[str, Variant] = {
    "random": _random,
    "middle": _single(lambda v, k: middle(v.times(k)), smoothed=False),
    # One signal each
    "change": _single(lambda v, k: change(*_args(v, k))),
    "change_4s": _single(lambda v, k: change(*_args(v, k), lag=4.0)),
    "change_8s": _single(lambda v, k: change(*_args(v, k), lag=8.0)),
    "rarity": _single(lambda v, k: rarity(*_args(v, k))),
    "rarity_gap_5s": _single(lambda v, k: rarity(*_args(v, k), gap=5.0)),
    "length": _single(lambda v, k: vector_length(*_args(v, k))),
    "shot_novelty": _single(lambda v, k: shot_novelty(*_args(v, k), v.shots(k))),
    "shot_pace": _single(lambda v, k: shot_pace(v.times(k), v.shots(k))),
    "collection_distance": _learned(
        lambda v, k, c: smooth(collection_distance(*_args(v, k), c), v.times(k)),
        lambda v, keys: collection_frames([v.features(key) for key in keys]),
    ),
    "direction": _learned(lambda v, k, d: smooth(along(*_args(v, k), d), v.times(k))),
    # Blends
    "video": _single(lambda v, k: video_salience(*_args(v, k)), smoothed=False),
    "video+position": _single(_video_and_position, smoothed=False),
    "content": _learned(lambda v, k, d: collection_salience(*_args(v, k), d)),
    "content+position": _learned(
        lambda v, k, d: collection_salience(*_args(v, k), d, position_weight=0.5)
    ),
    # The same on features of unit length
    "unit_video": _single(lambda v, k: video_salience(*_args(v, k)), smoothed=False, unit=True),
    "unit_direction": _learned(
        lambda v, k, d: smooth(along(*_args(v, k), d), v.times(k)), unit=True
    ),
    "unit_content": _learned(lambda v, k, d: collection_salience(*_args(v, k), d), unit=True),
}
