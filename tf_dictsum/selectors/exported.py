"""The graph of a selector as it is served: features and lengths in, scores and lengths out."""

from typing import Any

import tensorflow as tf

__all__ = ["ExportedSelector", "GenericModule"]


class ExportedSelector(tf.Module):
    """Scores of several videos of different lengths; a subclass computes them in `scores`.

    Args:
      input_size: D, width of the features.
    """

    def __init__(self, input_size: int, name: str | None = None):
        super().__init__(name=name)
        self.input_size = input_size

    def __call__(self, features: tf.Tensor, lengths: tf.Tensor) -> dict[str, tf.Tensor]:
        """Scores of the sampled frames of several videos.

        Args:
          features: float32 [batch, time, D]; what lies past a video's length is not looked at.
          lengths: int32 [batch], sampled frames of every video; outside 0..time it is taken as the
            nearest of these.

        Returns:
          {"scores": float32 [batch, time], zero past the length; "lengths": int32 [batch], as they
          were used}
        """
        features = tf.ensure_shape(features, [None, None, self.input_size])
        lengths = tf.ensure_shape(lengths, [None])
        batch, time = tf.unstack(tf.shape(features)[:2])
        one_each = tf.debugging.assert_equal(
            tf.size(lengths), batch, "lengths must have one entry for every video of features."
        )
        with tf.control_dependencies([one_each]):
            lengths = tf.clip_by_value(lengths, 0, time)
        return {"scores": self.scores(features, lengths), "lengths": lengths}

    def scores(self, features: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """features float32 [batch, time, D], lengths int32 [batch] in 0..time -> float32 [batch,
        time].
        """
        raise NotImplementedError


class GenericModule(ExportedSelector):
    """Any selector: its own `call`, on a copy made outside `layers.loops.compiled_loops`.

    Args:
      selector: a `selectors.base.Selector`, built, float32.
    """

    def __init__(self, selector: Any):
        super().__init__(selector.input_size, name="selector")
        self.selector = type(selector).from_config(selector.get_config())
        self.selector.set_weights(selector.get_weights())
        self.selector.trainable = False

    def scores(self, features: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        time = tf.shape(features)[1]
        # Layers may need one step at least; the padding must be finite, since 0 · NaN is NaN.
        features = tf.pad(features, [[0, 0], [0, tf.cast(time == 0, tf.int32)], [0, 0]])
        mask = tf.sequence_mask(lengths, tf.shape(features)[1])
        features = tf.where(mask[:, :, tf.newaxis], features, tf.zeros_like(features))
        scores = self.selector(features, mask=mask, training=False)
        return tf.where(mask, scores, tf.zeros_like(scores))[:, :time]
