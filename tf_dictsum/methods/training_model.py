"""A Keras model of several updates, each with its own variables and optimizer."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.methods.steppers import apply_clipped

__all__ = ["Logs", "TrainingModel", "mean_score", "step_mask"]

Logs = dict[str, tf.Tensor]


def step_mask(data: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """bool [batch, time]: which steps of data["features"] are frames and not padding."""
    return tf.sequence_mask(data["lengths"], tf.shape(data["features"])[1])


def mean_score(scores: tf.Tensor, mask: tf.Tensor) -> Logs:
    """Mean and standard deviation of the scores within a video, averaged over the batch, for the
    logs."""
    weights = tf.cast(mask, scores.dtype)
    count = tf.reduce_sum(weights, axis=1)
    mean = tf.reduce_sum(scores * weights, axis=1) / count
    squares = weights * tf.square(scores - mean[:, tf.newaxis])
    std = tf.sqrt(tf.reduce_sum(squares, axis=1) / count)
    return {"score_mean": tf.reduce_mean(mean), "score_std": tf.reduce_mean(std)}


class TrainingModel(keras.Model):
    """A model that is trained by one or more updates, each of which moves one group of variables.

    Args:
      clip: largest global norm of the gradients of an update; 0: no clipping.
    """

    def __init__(self, clip: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.clip = clip
        self.built = True  # subclasses build all they have on construction

    @property
    @abc.abstractmethod
    def groups(self) -> dict[str, list[Any]]:
        """Name of an update -> the variables that it moves."""

    def compile(self, **kwargs: Any) -> None:
        """Takes `<update>_optimizer` for every update; builds each on its variables, so that a
        checkpoint holds it whole."""
        optimizers = {name: kwargs.pop(f"{name}_optimizer") for name in self.groups}
        super().compile(optimizer=None, **kwargs)
        for name, optimizer in optimizers.items():
            optimizer.build(self.groups[name])
            setattr(self, f"{name}_optimizer", optimizer)

    def step(self, name: str, tape: tf.GradientTape, loss: tf.Tensor) -> Logs:
        """One update by the gradient of `loss`; returns the norm of the gradients before
        clipping."""
        return self.apply(name, tape.gradient(loss, self.groups[name]))

    def apply(self, name: str, gradients: Sequence[Any]) -> Logs:
        """One update by these gradients of its group."""
        optimizer = getattr(self, f"{name}_optimizer")
        norm = apply_clipped(optimizer, gradients, self.groups[name], self.clip)
        return {f"gradient_norm_{name}": norm}

    def call(self, features: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Scores float [batch, time] of features float [batch, time, D]."""
        return self.selector(features, mask=mask)
