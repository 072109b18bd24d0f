"""Salience: scores without labels and without training."""

import pathlib
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from tf_dictsum.data.video import Video
from tf_dictsum.methods.base import Method
from tf_dictsum.methods.salience.settings import SalienceSettings
from tf_dictsum.methods.salience.teacher import seconds_per_step, towards
from tf_dictsum.methods.setup import Setup
from tf_dictsum.selectors.salience.selector import SalienceSelector

__all__ = ["Salience"]


class Salience(Method):
    """What stands out in a video, and what stood out in the training videos, blended by ranks.

    The training videos give a direction in feature space and the frame rate; nothing is trained, so
    a run has the one epoch before training.
    """

    name: ClassVar[str] = "salience"
    Settings = SalienceSettings
    trains: ClassVar[bool] = False

    settings: SalienceSettings

    def __init__(self, settings: SalienceSettings, setup: Setup):
        super().__init__(settings, setup)
        self._selector = SalienceSelector(
            setup.input_size,
            settings.direction_weight,
            settings.position_weight,
            settings.smoothing,
            name="scorer",
        )
        self._untrained = self._selector.get_weights()
        spec = tf.TensorSpec([1, None, setup.input_size])
        self._score = tf.function(self._selector.call, input_signature=[spec], autograph=False)

    def reset(self, seed: int) -> None:
        self._selector.set_weights(self._untrained)

    def prepare(
        self,
        videos: Sequence[Video],
        folder: pathlib.Path,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        self._selector.step.assign(seconds_per_step(videos))
        if self.settings.direction_weight:
            self._selector.direction.assign(towards(videos, self.settings))

    def fit(
        self, *, first_epoch: int, epochs: int, callbacks: Sequence[keras.callbacks.Callback]
    ) -> None:
        """Nothing to train."""

    def score(self, videos: Sequence[Video]) -> dict[str, np.ndarray]:
        return {v.key: self._score(tf.constant(v.features)[tf.newaxis])[0].numpy() for v in videos}

    @property
    def variables(self) -> dict[str, Any]:
        return {"direction": self._selector.direction, "step": self._selector.step}

    @property
    def selector(self) -> SalienceSelector:
        return self._selector

    @property
    def learning_rates(self) -> dict[str, float]:
        return {}

    def steps_per_epoch(self, videos: Sequence[Video]) -> int:
        return 0
