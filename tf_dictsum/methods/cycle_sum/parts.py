"""Generator and critic of Cycle-SUM."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.feedback_decoder import FeedbackDecoder
from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.stacked_lstm import StackedLSTM
from tf_dictsum.layers.variational_encoder import Code, VariationalEncoder

__all__ = ["Critic", "Generator"]


class Generator(keras.layers.Layer):
    """Variational autoencoder of LSTMs that turns one sequence of features into another of the same
    width.

    Args:
      input_size: D; units: H; initializers: where the initial weights come from.
    """

    def __init__(self, input_size: int, units: int, initializers: Initializers, **kwargs: Any):
        super().__init__(**kwargs)
        dtype = self.dtype_policy
        self.encoder = VariationalEncoder(
            input_size, units, softplus=False, init=initializers, name="encoder", dtype=dtype
        )
        self.decoder = FeedbackDecoder(
            units, input_size, projected=True, init=initializers, name="decoder", dtype=dtype
        )
        self.built = True

    def generate(self, x: tf.Tensor, noise: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, Code]:
        """x float [batch, time, D], noise float [batch, 2 layers, H] -> (float [batch, time, D],
        its code)."""
        code = self.encoder(x, noise, mask=mask)
        return self.decoder(code.state, mask), code


class Critic(keras.layers.Layer):
    """Two-layer LSTM; φ is the top layer's last h, the value Linear(φ) without a sigmoid
    (Wasserstein).

    Args:
      input_size: D; units: H; initializers: where the initial weights come from.
    """

    def __init__(self, input_size: int, units: int, initializers: Initializers, **kwargs: Any):
        super().__init__(**kwargs)
        dtype = self.dtype_policy
        self.lstm = StackedLSTM(input_size, units, initializers, name="lstm", dtype=dtype)
        self.out = keras.layers.Dense(1, name="out", dtype=dtype, **initializers.dense(units))
        self.out.build((None, units))
        self.built = True

    def judge(self, a: tf.Tensor, b: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """φ(a), φ(b) float [batch, H] and values of a, b float [batch], in one pass."""
        _, states = self.lstm(tf.concat([a, b], axis=0), mask=tf.concat([mask, mask], axis=0))
        phi = states[-1][0]
        return (*tf.split(phi, 2, axis=0), *tf.split(self.out(phi)[:, 0], 2, axis=0))
