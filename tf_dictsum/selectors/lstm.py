"""A stack of bidirectional LSTMs straight on the features, and a sigmoid per frame."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.lstm import project
from tf_dictsum.layers.stacked_lstm import StackedLSTM
from tf_dictsum.selectors.base import Selector

__all__ = ["LstmSelector"]


@keras.saving.register_keras_serializable("tf_dictsum")
class LstmSelector(Selector):
    """Bidirectional LSTM of `depth` layers -> Linear -> sigmoid, without a compression before it.

    DR-DSN's network (one layer of 256: 2,624,001 weights at D = 1024) and Cycle-SUM's selector
    (three of 300).

    Args:
      input_size: D.
      units: per direction.
      depth: layers.
      init: "torch", "keras" or "xavier" (see `Initializers`).
      seed: of the initial weights.

    Call arguments:
      features: float [batch, time, D]; mask: bool [batch, time] or None.

    Returns:
      scores float [batch, time] in (0, 1), zero where masked.
    """

    def __init__(
        self,
        input_size: int,
        units: int = 256,
        depth: int = 1,
        init: str = "torch",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(input_size, **kwargs)
        self.units, self.depth = units, depth
        self.init, self.seed = init, seed
        initializers = Initializers(init, seed)
        self.lstm = StackedLSTM(
            input_size,
            units,
            initializers,
            bidirectional=True,
            depth=depth,
            name="lstm",
            dtype=self.dtype_policy,
        )
        self.score = keras.layers.Dense(
            1, name="score", dtype=self.dtype_policy, **initializers.dense(2 * units)
        )
        self.score.build((None, 2 * units))
        self.built = True

    def call(self, features: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        hidden, _ = self.lstm(features, mask=mask)
        logits = project(
            hidden, tf.convert_to_tensor(self.score.kernel), tf.convert_to_tensor(self.score.bias)
        )
        scores = tf.sigmoid(logits[..., 0])
        return scores if mask is None else tf.where(mask, scores, tf.zeros_like(scores))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "depth": self.depth,
            "init": self.init,
            "seed": self.seed,
        }
