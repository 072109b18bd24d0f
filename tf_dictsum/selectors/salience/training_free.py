"""Salience of one video by itself, behind the face of a trained selector; needs no TensorFlow."""

import numpy as np

from tf_dictsum.data.times import STEP
from tf_dictsum.saliency.blend import video_salience
from tf_dictsum.selectors.loaded import LoadedSelector

__all__ = ["NAME", "TrainingFreeSelector"]

NAME = "salience"


class TrainingFreeSelector(LoadedSelector):
    """`saliency.blend.video_salience`, for features of any width sampled twice a second."""

    def __init__(self) -> None:
        text = "Scored without training by what stands out in the video (change, rarity, length)."
        super().__init__(NAME, None, {"method": NAME}, text)

    def _score(self, features: np.ndarray) -> np.ndarray:
        return video_salience(features, STEP * np.arange(len(features)))
