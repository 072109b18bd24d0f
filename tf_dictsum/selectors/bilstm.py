"""The selector of SUM-GAN-AAE: compression and a two-layer LSTM."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.lstm import project
from tf_dictsum.layers.stacked_lstm import StackedLSTM
from tf_dictsum.selectors.base import Selector
from tf_dictsum.selectors.exported import ExportedSelector

__all__ = ["BiLSTMSelector"]


@keras.saving.register_keras_serializable("tf_dictsum")
class BiLSTMSelector(Selector):
    """Scores every sampled frame: Linear D -> H without activation, two-layer LSTM, Linear -> 1,
    sigmoid.

    Args:
      input_size: D, width of the features.
      units: H.
      init: where the initial weights come from: "torch", "keras" or the `Initializers` of a larger
        model.
      bidirectional: the public code's selector (default); False is the paper's wording, "LSTM".
      seed: of the initial weights, unless `init` is an `Initializers`.

    Call arguments:
      features: float [batch, time, D]; mask: bool [batch, time] or None.

    Returns:
      scores float [batch, time] in (0, 1), zero where masked.
    """

    def __init__(
        self,
        input_size: int,
        units: int = 500,
        init: str | Initializers = "torch",
        bidirectional: bool = True,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(input_size, **kwargs)
        self.initializers = Initializers.of(init, seed)
        self.units = units
        self.bidirectional = bidirectional
        width = 2 * units if bidirectional else units
        self.compress = keras.layers.Dense(
            units, name="compress", dtype=self.dtype_policy, **self.initializers.dense(input_size)
        )
        self.compress.build((None, input_size))
        self.selector = StackedLSTM(
            units,
            units,
            self.initializers,
            bidirectional,
            name="selector",
            dtype=self.dtype_policy,
        )
        self.score = keras.layers.Dense(
            1, name="score", dtype=self.dtype_policy, **self.initializers.dense(width)
        )
        self.score.build((None, width))
        self.built = True

    def score_and_compress(
        self, features: tf.Tensor, mask: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """The scores, and the compressed features float [batch, time, H] that the adversarial part
        rebuilds.
        """
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

    def call(self, features: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        return self.score_and_compress(features, mask)[0]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.initializers.get_config(),
            "units": self.units,
            "bidirectional": self.bidirectional,
        }

    def export_module(self) -> ExportedSelector:
        """The graph that is served: weights laid out for its time loop, padding neither projected
        nor looped over.
        """
        from tf_dictsum.selectors.bilstm_graph.module import BiLSTMModule

        return BiLSTMModule(self)
