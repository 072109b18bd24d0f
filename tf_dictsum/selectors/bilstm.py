"""Compression and selector: what is left of the method once it is trained."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.lstm import project
from tf_dictsum.layers.stacked_lstm import StackedLSTM

__all__ = ["Scorer"]


class Scorer(keras.Model):
    """Scores every sampled frame: Linear D -> H without activation, two-layer LSTM, Linear -> 1, sigmoid.

    Args:
      input_size: D, width of the features.
      units: H.
      initializers: where the initial weights come from.
      bidirectional: the public code's selector (default); False is the paper's wording, "LSTM".

    Call arguments:
      features: float [batch, time, D]; mask: bool [batch, time] or None.

    Returns:
      (scores float [batch, time] in (0, 1), zero where masked; compressed features float [batch, time, H]).
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        initializers: Initializers,
        bidirectional: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_size = input_size
        width = 2 * units if bidirectional else units
        self.compress = keras.layers.Dense(
            units, name="compress", dtype=self.dtype_policy, **initializers.dense(input_size)
        )
        self.compress.build((None, input_size))
        self.selector = StackedLSTM(
            units, units, initializers, bidirectional, name="selector", dtype=self.dtype_policy
        )
        self.score = keras.layers.Dense(
            1, name="score", dtype=self.dtype_policy, **initializers.dense(width)
        )
        self.score.build((None, width))
        self.built = True

    def call(
        self, features: tf.Tensor, mask: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        compressed = project(
            features,
            tf.convert_to_tensor(self.compress.kernel),
            tf.convert_to_tensor(self.compress.bias),
        )
        outputs, _ = self.selector(compressed, mask=mask)
        logits = project(
            outputs, tf.convert_to_tensor(self.score.kernel), tf.convert_to_tensor(self.score.bias)
        )
        scores = tf.sigmoid(logits[..., 0])
        if mask is not None:
            scores = tf.where(mask, scores, tf.zeros_like(scores))
        return scores, compressed
