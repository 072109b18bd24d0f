"""The scorers of M-AVS and A-AVS: encoder, attention, and a decoder that reads its own last
score."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.differentiated_loop import differentiated_loop
from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.lstm import LSTM
from tf_dictsum.layers.score_decoder import additive_loop, multiplicative_loop
from tf_dictsum.layers.stacked_lstm import StackedLSTM
from tf_dictsum.selectors.base import Selector

__all__ = ["AvsSelector"]


@keras.saving.register_keras_serializable("tf_dictsum")
class AvsSelector(Selector):
    """Ji et al., "Video Summarization with Attention-Based Encoder-Decoder Networks" (arXiv
    1708.09545).

    The authors' code is not public; the equations are those of a community re-implementation
    (github.com/yashkolli/Video-Summarization-Using-Attention). Encoder: bidirectional LSTM, U/2 per
    direction -> E [time, U]. Decoder: LSTM of U that starts from the encoder's final states and is
    fed its previous score, 2.0 at first, the same in training and scoring. Multiplicative attention
    (M-AVS) follows the decoder's step, additive attention (A-AVS) precedes it: see
    `layers.score_decoder`. Any length (the community code has 320 frames always).
    1,641,985 (multiplicative) or 1,838,593 weights (additive) at D = 1024, U = 256.

    Args:
      input_size: D.
      units: U, even.
      attention: "multiplicative" or "additive".
      init: see `Initializers`.
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
        attention: str = "multiplicative",
        init: str = "keras",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(input_size, **kwargs)
        if attention not in ("multiplicative", "additive"):
            raise ValueError(
                f"attention is {attention!r}; expected 'multiplicative' or 'additive'."
            )
        self.units, self.attention, self.init, self.seed = units, attention, init, seed
        initializers = Initializers(init, seed)
        additive = attention == "additive"
        self.encoder = StackedLSTM(
            input_size,
            units // 2,
            initializers,
            bidirectional=True,
            depth=1,
            name="encoder",
            dtype=self.dtype_policy,
        )
        self.decoder = LSTM(
            units, name="decoder", dtype=self.dtype_policy, **initializers.lstm(units)
        )
        self.decoder.build((None, None, units + 1 if additive else 1))
        add = self.add_weight
        glorot = initializers.glorot
        self.keys = add(shape=(units, units), initializer=glorot(), name="keys")
        if additive:
            self.query = add(shape=(units, units), initializer=glorot(), name="query")
            self.scale = add(shape=(units,), initializer=glorot(), name="scale")
        else:
            self.mix = self._dense("mix", 2 * units, units, initializers)
        self.score = self._dense("score", units, 1, initializers)
        self.built = True

    def _dense(
        self, name: str, inputs: int, outputs: int, initializers: Initializers
    ) -> keras.layers.Dense:
        layer = keras.layers.Dense(
            outputs, name=name, dtype=self.dtype_policy, **initializers.dense(inputs)
        )
        layer.build((None, inputs))
        return layer

    def call(self, features: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        if mask is None:
            mask = tf.ones(tf.shape(features)[:2], tf.bool)
        memory, finals = self.encoder(features, mask=mask)
        h, c = (tf.concat(parts, axis=-1) for parts in zip(*finals, strict=True))
        cell, score = self.decoder, self.score
        shared = [memory, mask, h, c, cell.kernel, cell.recurrent_kernel, cell.bias]
        if self.attention == "additive":
            weights = [self.query, self.keys, self.scale, score.kernel, score.bias]
        else:
            weights = [self.keys, self.mix.kernel, self.mix.bias, score.kernel, score.bias]
        loop = additive_loop if self.attention == "additive" else multiplicative_loop
        tensors = [tf.convert_to_tensor(t) for t in shared + weights]
        scores = differentiated_loop(loop, tensors, cell.compiled)
        return tf.where(mask, scores, tf.zeros_like(scores))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "attention": self.attention,
            "init": self.init,
            "seed": self.seed,
        }
