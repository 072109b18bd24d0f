"""The network of SUM-GAN, which SUM-GAN-sl and AC-SUM-GAN share: selector, variational autoencoder,
discriminator."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.discriminator import Discriminator
from tf_dictsum.layers.feedback_decoder import FeedbackDecoder
from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.lstm import project
from tf_dictsum.layers.variational_encoder import Code, VariationalEncoder
from tf_dictsum.methods.training_model import TrainingModel
from tf_dictsum.selectors.bilstm import BiLSTMSelector

__all__ = ["VariationalNetwork"]


class VariationalNetwork(TrainingModel):
    """Compression D -> H and two-layer bidirectional selector, encoder, feedback decoder,
    discriminator.

    23,285,502 weights at D = 1024, H = 500 (23,305,502 with two of PyTorch's biases per gate).

    Args:
      input_size: D; units: H.
      clip: largest gradient norm of an update.
      init, seed: of the weights; the seed is also that of the noise.
      scorer: compression and selector, where they are made elsewhere.
    """

    def __init__(
        self,
        input_size: int,
        units: int = 500,
        clip: float = 0.0,
        init: str = "torch",
        seed: int = 0,
        scorer: BiLSTMSelector | None = None,
        **kwargs: Any,
    ):
        super().__init__(clip, **kwargs)
        self.units = units
        initializers = Initializers(init, seed)
        dtype = self.dtype_policy
        self.scorer = scorer or BiLSTMSelector(
            input_size, units, initializers, name="scorer", dtype=dtype
        )
        self.encoder = VariationalEncoder(
            units, units, init=initializers, name="encoder", dtype=dtype
        )
        self.decoder = FeedbackDecoder(units, init=initializers, name="decoder", dtype=dtype)
        self.discriminator = Discriminator(units, initializers, name="discriminator", dtype=dtype)
        self.random = keras.random.SeedGenerator(seed)

    @property
    def selector(self) -> BiLSTMSelector:
        """What is exported."""
        return self.scorer

    @property
    def compression(self) -> list[Any]:
        """Weights of the Linear D -> H, which several updates move."""
        return self.scorer.compress.trainable_variables

    def noise(self, like: tf.Tensor, count: int = 1) -> tf.Tensor:
        """Standard normal float [batch, count, 2 layers, H] for the batch of `like`."""
        shape = [tf.shape(like)[0], count, 2, self.units]
        return keras.random.normal(shape, dtype=like.dtype.name, seed=self.random)

    def rebuild(self, x: tf.Tensor, noise: tf.Tensor, mask: tf.Tensor) -> tuple[Code, tf.Tensor]:
        """x float [batch, time, H] through encoder and decoder, with noise [batch, 2 layers, H]."""
        code = self.encoder(x, noise, mask=mask)
        return code, self.decoder(code.state, mask)

    def judge(self, mask: tf.Tensor, *videos: tf.Tensor) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """(φ float [batch, H], logits float [batch]) of each of several videos of the same lengths,
        in one pass."""
        count = len(videos)
        phi, _ = self.discriminator(
            tf.concat(videos, axis=0), mask=tf.concat([mask] * count, axis=0)
        )
        out = self.discriminator.out
        logits = project(phi, tf.convert_to_tensor(out.kernel), tf.convert_to_tensor(out.bias))
        return tf.split(phi, count, axis=0), tf.split(logits[:, 0], count, axis=0)
