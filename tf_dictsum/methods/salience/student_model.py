"""One update of the network that learns the teacher's ranks."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.losses.correlation import correlation_loss
from tf_dictsum.methods.salience.settings import StudentSettings
from tf_dictsum.methods.training_model import Logs, TrainingModel, mean_score
from tf_dictsum.selectors.bilstm import BiLSTMSelector

__all__ = ["StudentModel", "excerpts"]


class StudentModel(TrainingModel):
    """A selector whose scores are to run as the teacher's: 1 - their correlation, on random
    excerpts.

    Trained on {"features", "lengths", "target" float [batch, time]}.

    Args:
      input_size: D.
      settings: H, kind of selector, length of the excerpts.
      seed: of the initial weights and of the excerpts.
    """

    def __init__(self, input_size: int, settings: StudentSettings, seed: int, **kwargs: Any):
        super().__init__(settings.clip, **kwargs)
        self.excerpt = settings.excerpt
        self.selector = BiLSTMSelector(
            input_size,
            settings.hidden_size,
            settings.init,
            settings.selector == "bidirectional",
            seed,
            name="scorer",
        )
        self.random = keras.random.SeedGenerator(seed)

    @property
    def groups(self) -> dict[str, list[Any]]:
        return {"selector": self.selector.trainable_variables}

    # Nothing in it needs autograph, which would take a third of the time to trace a step.
    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """One update."""
        features, target, lengths = data["features"], data["target"], data["lengths"]
        if self.excerpt:
            start = keras.random.uniform(tf.shape(lengths), seed=self.random)
            features, target, lengths = excerpts(features, target, lengths, start, self.excerpt)
        mask = tf.sequence_mask(lengths, tf.shape(features)[1])
        with tf.GradientTape() as tape:
            scores = self.selector(features, mask=mask)
            loss = tf.reduce_mean(correlation_loss(scores, target, mask))
        return {"correlation": loss, **mean_score(scores, mask)} | self.step("selector", tape, loss)


def excerpts(
    features: tf.Tensor, target: tf.Tensor, lengths: tf.Tensor, start: tf.Tensor, longest: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """At most `longest` steps in a row of every video.

    Args:
      features: [batch, time, D].
      target: [batch, time].
      lengths: int32 [batch].
      start: float [batch] in [0, 1): where in the room that a video leaves.
      longest: steps.

    Returns:
      (features, target, lengths) with time cut to `longest`.
    """
    kept = tf.minimum(lengths, longest)
    room = tf.cast(lengths - kept + 1, start.dtype)
    first = tf.minimum(tf.cast(start * room, tf.int32), lengths - kept)
    width = tf.minimum(tf.shape(features)[1], longest)
    steps = first[:, tf.newaxis] + tf.range(width)
    steps = tf.minimum(steps, tf.shape(features)[1] - 1)
    return tf.gather(features, steps, batch_dims=1), tf.gather(target, steps, batch_dims=1), kept
