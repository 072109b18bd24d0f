"""A selector without training: what stands out in a video, and what stood out in others."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.data.times import STEP
from tf_dictsum.saliency.blend import DIRECTION_WEIGHT
from tf_dictsum.saliency.smoothing import SIGMA
from tf_dictsum.selectors.base import Selector
from tf_dictsum.selectors.salience import signals

__all__ = ["SalienceSelector"]


@keras.saving.register_keras_serializable("tf_dictsum")
class SalienceSelector(Selector):
    """`saliency.blend.collection_salience` for frames that are evenly spaced in time.

    Its weights are no network's: `direction` [D] (zero until a collection of videos gives one: then
    only the video itself counts) and `step`, the seconds between sampled frames.

    Args:
      input_size: D, width of the features.
      direction_weight: of the ranks along the direction; the video's own ranks have weight 1.
      position_weight: of the ranks of nearness to the middle of the video; 0: content only.
      smoothing: standard deviation in seconds of the Gaussian that smooths each signal.

    Call arguments:
      features: float [batch, time, D]; mask: bool [batch, time] or None.

    Returns:
      scores float [batch, time]: ranks within the video in (0, 1), zero where masked.
    """

    def __init__(
        self,
        input_size: int,
        direction_weight: float = DIRECTION_WEIGHT,
        position_weight: float = 0.0,
        smoothing: float = SIGMA,
        **kwargs: Any,
    ):
        super().__init__(input_size, **kwargs)
        self.direction_weight = direction_weight
        self.position_weight = position_weight
        self.smoothing = smoothing
        self.direction = self.add_weight(
            shape=(input_size,), initializer="zeros", trainable=False, name="direction"
        )
        self.step = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(STEP), trainable=False, name="step"
        )
        self.built = True

    def call(self, features: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        batch, time = tf.unstack(tf.shape(features)[:2])
        if mask is None:
            lengths = tf.fill([batch], time)
        else:
            lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)

        def one(video: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
            rows, length = video
            scores = self._score(rows[: tf.maximum(length, 1)])[:length]
            return tf.pad(scores, [[0, time - length]])

        spec = tf.TensorSpec([None], features.dtype)
        return tf.map_fn(one, (features, lengths), fn_output_signature=spec)

    def _score(self, rows: tf.Tensor) -> tf.Tensor:
        """[n, D], n at least 1 -> [n]."""
        step = tf.convert_to_tensor(self.step)
        towards = tf.convert_to_tensor(self.direction)
        length, differ = signals.vector_length(rows)
        ranks = [
            signals.ranks(signals.smooth(values, step, self.smoothing))
            for values in (
                signals.change(rows, step),
                signals.rarity(rows),
                length,
                tf.linalg.matvec(rows, towards),
            )
        ]
        own = signals.ranks(ranks[0] + ranks[1] + differ * ranks[2])
        given = tf.cast(tf.reduce_any(towards != 0), rows.dtype)
        place = signals.ranks(signals.middle(rows))
        blended = own + self.direction_weight * given * ranks[3] + self.position_weight * place
        return signals.ranks(blended)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "direction_weight": self.direction_weight,
            "position_weight": self.position_weight,
            "smoothing": self.smoothing,
        }
