"""Logistic regression of single frames, a supervised reference that sees no time at all."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from tf_dictsum.data.video import Video
from tf_dictsum.methods.base import Method
from tf_dictsum.methods.labels import summary_frames
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.methods.setup import Setup
from tf_dictsum.selectors.linear import LinearSelector
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.options import option

__all__ = ["Logistic", "LogisticSettings"]


@dataclasses.dataclass(frozen=True)
class LogisticSettings(MethodSettings):
    """Of scikit-learn's LogisticRegression."""

    method: ClassVar[str] = "logistic"

    inverse_l2: float = option(1.0, "C, inverse of the weight of the L2 penalty", lower_bound=1e-9)
    iterations: int = option(1000, "most iterations of its solver", lower_bound=1)


class Logistic(Method):
    """Whether a frame is in the summary that gtscore gives, from its standardised features alone
    (labels and standardising are ours). It is solved before the first epoch; there are no
    others."""

    name: ClassVar[str] = "logistic"
    Settings = LogisticSettings
    needs = frozenset({"features", "gtscore"})
    trains: ClassVar[bool] = False

    settings: LogisticSettings

    def __init__(self, settings: LogisticSettings, setup: Setup):
        super().__init__(settings, setup)
        self._selector = LinearSelector(setup.input_size, name="selector")

    def reset(self, seed: int) -> None:
        for variable in self._selector.weights:
            variable.assign(keras.ops.zeros_like(variable))

    def prepare(
        self,
        videos: Sequence[Video],
        folder: pathlib.Path,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        from sklearn.linear_model import LogisticRegression  # a second to import

        x = np.concatenate([v.features for v in videos if v.features is not None]).astype(float)
        labels = summary_frames(videos).values
        y = np.concatenate([labels[v.key] for v in videos])
        if len(set(y.tolist())) < 2:
            raise UserError(
                "the summaries of the training videos hold all of their frames or none: "
                "method=logistic has nothing to tell apart. Use longer videos."
            )
        mean, scale = x.mean(axis=0), x.std(axis=0)
        scale[scale == 0] = 1
        model = LogisticRegression(C=self.settings.inverse_l2, max_iter=self.settings.iterations)
        model.fit((x - mean) / scale, y)
        weight = model.coef_[0] / scale
        self._selector.weight.assign(weight[:, np.newaxis].astype(np.float32))
        self._selector.bias.assign((model.intercept_ - mean @ weight).astype(np.float32))

    def fit(
        self, *, first_epoch: int, epochs: int, callbacks: Sequence[keras.callbacks.Callback]
    ) -> None:
        """Nothing is left to train."""

    def score(self, videos: Sequence[Video]) -> dict[str, np.ndarray]:
        return {
            v.key: self._selector(tf.constant(v.features)[tf.newaxis]).numpy()[0] for v in videos
        }

    @property
    def variables(self) -> dict[str, Any]:
        return {"weight": self._selector.weight, "bias": self._selector.bias}

    @property
    def selector(self) -> LinearSelector:
        return self._selector

    @property
    def learning_rates(self) -> dict[str, float]:
        return {}

    def steps_per_epoch(self, videos: Sequence[Video]) -> int:
        return 0
