"""What `agreement.py` measures: name -> scores of every video, made without a label."""

import zlib
from collections.abc import Callable

import numpy as np

from tf_dictsum.data.times import times_of
from tf_dictsum.data.video import Dataset

__all__ = ["VARIANTS", "Videos"]

DRAWS = 50


class Videos:
    """A dataset as the variants see it: features and times."""

    def __init__(self, dataset: Dataset):
        self.dataset = dataset

    def features(self, key: str) -> np.ndarray:
        """float32 [n_steps, D]."""
        features = self.dataset.videos[key].features
        assert features is not None
        return features

    def times(self, key: str) -> np.ndarray:
        """Seconds, float64 [n_steps]."""
        return times_of(self.dataset.videos[key])


Variant = Callable[[Videos, tuple[str, ...]], dict[str, np.ndarray]]
"""Scores [n_steps] of every key, or [draws, n_steps] where chance is in them."""


def _random(videos: Videos, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    return {
        key: np.random.default_rng(zlib.crc32(key.encode())).random((DRAWS, len(videos.times(key))))
        for key in keys
    }


def _middle(videos: Videos, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    lengths = {key: len(videos.times(key)) for key in keys}
    return {key: -np.abs(np.linspace(0, 1, n) - 0.5) for key, n in lengths.items()}


VARIANTS: dict[str, Variant] = {"random": _random, "middle": _middle}
