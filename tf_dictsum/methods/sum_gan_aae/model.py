"""The adversarial model of SUM-GAN-AAE: its parts, its groups of variables, its losses."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum import losses
from tf_dictsum.layers.attention_decoder import AttentionDecoder
from tf_dictsum.layers.discriminator import Discriminator
from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.stacked_lstm import StackedLSTM
from tf_dictsum.methods.steppers import GroupStepper, Stepper, WholeModelStepper
from tf_dictsum.methods.sum_gan_aae import updates
from tf_dictsum.methods.sum_gan_aae.forward import Data, Forward, Logs
from tf_dictsum.methods.sum_gan_aae.settings import SumGanAaeSettings
from tf_dictsum.selectors.bilstm import BiLSTMSelector

__all__ = ["Summarizer"]


class Summarizer(keras.Model):
    """SUM-GAN-AAE. Losses are per video, then averaged over the batch; padding past a length
    changes nothing.

    Args:
      input_size: D, width of the features.
      settings: H, kind of selector, losses and updates.
      seed: of the initial weights.
    """

    def __init__(
        self,
        input_size: int,
        settings: SumGanAaeSettings | None = None,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.settings = settings or self.default_settings()
        units, bidirectional = self.settings.hidden_size, self.settings.bidirectional
        self.initializers = initializers = Initializers(self.settings.init, seed)
        dtype = self.dtype_policy
        self.scorer = BiLSTMSelector(
            input_size, units, initializers, bidirectional, name="scorer", dtype=dtype
        )
        self.encoder = StackedLSTM(units, units, initializers, name="encoder", dtype=dtype)
        self.decoder = AttentionDecoder(units, initializers, name="decoder", dtype=dtype)
        self.discriminator = Discriminator(units, initializers, name="discriminator", dtype=dtype)
        compress = self.scorer.compress.trainable_variables
        self.selector_group = self.scorer.trainable_variables + self.encoder.trainable_variables
        self.decoder_group = self.decoder.trainable_variables + compress
        self.discriminator_group = self.discriminator.trainable_variables + compress
        self.built = True

    @classmethod
    def default_settings(cls) -> SumGanAaeSettings:
        """What a model without settings has."""
        return SumGanAaeSettings()

    @property
    def selector(self) -> BiLSTMSelector:
        """What is left of the model once it is trained."""
        return self.scorer

    @property
    def adversarial_variables(self) -> list[Any]:
        """Every trainable variable but the dictionary's: 24,285,002 weights at D = 1024, H =
        500.
        """
        parts = self.decoder.trainable_variables + self.discriminator.trainable_variables
        return self.selector_group + parts

    def compile(
        self,
        *,
        selector_optimizer: keras.optimizers.Optimizer,
        decoder_optimizer: keras.optimizers.Optimizer,
        discriminator_optimizer: keras.optimizers.Optimizer,
        **kwargs: Any,
    ) -> None:
        """Takes one optimizer per update and builds each on its own variables, so that a
        checkpoint holds them whole.
        """
        super().compile(optimizer=None, **kwargs)
        self.selector_optimizer, self.decoder_optimizer = selector_optimizer, decoder_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        selector_optimizer.build(self.selector_group)
        decoder_optimizer.build(self.decoder_group)
        discriminator_optimizer.build(self.discriminator_group)
        clip = self.settings.clip
        self.stepper: Stepper = GroupStepper(clip)
        if self.settings.clip_scope == "all":
            self.stepper = WholeModelStepper(self.adversarial_variables, clip)

    def call(self, features: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        """Scores float [batch, time] of features float [batch, time, D]."""
        return self.scorer(features, mask=mask)

    def summarize_and_rebuild(
        self, features: tf.Tensor, mask: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        """features [batch, time, D] -> (s, X, e, X̂)."""
        scores, compressed = self.scorer.score_and_compress(features, mask)
        memory, states = self.encoder(scores[:, :, tf.newaxis] * compressed, mask=mask)
        (lower_h, lower_c), (upper_h, upper_c) = states
        rebuilt = self.decoder(memory, (lower_h, lower_c, upper_h, upper_c), mask=mask)
        return scores, compressed, upper_h, rebuilt

    def discriminate(
        self, original: tf.Tensor, rebuilt: tf.Tensor, mask: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        """φ(X), φ(X̂), C(X), C(X̂): both sequences in one pass, since they meet the same weights."""
        both = tf.concat([original, rebuilt], axis=0)
        phi, p = self.discriminator(both, mask=tf.concat([mask, mask], axis=0))
        return (*tf.split(phi, 2, axis=0), *tf.split(p, 2, axis=0))

    def forward(self, features: tf.Tensor, mask: tf.Tensor) -> Forward:
        """features float [batch, time, D], mask bool [batch, time] -> Forward."""
        scores, compressed, encoding, rebuilt = self.summarize_and_rebuild(features, mask)
        judged = self.discriminate(compressed, rebuilt, mask)
        return Forward(scores, compressed, encoding, rebuilt, *judged)

    # Nothing in it needs autograph, which would take a third of the time to trace a step.
    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: Data) -> Logs:
        """The paper's three updates; returns every loss and what TensorBoard shows, of this
        step.
        """
        mask = tf.sequence_mask(data["lengths"], tf.shape(data["features"])[1])
        if self.settings.update == "joint":
            return updates.joint(self, data, mask)
        return updates.sequential(self, data, mask)

    def selector_loss(
        self, forward: Forward, data: Data, mask: tf.Tensor
    ) -> tuple[tf.Tensor, Logs]:
        """L_recon + L_sparsity; L_recon with its weight, if it is not 1."""
        recon = self._reconstruction(forward)
        sparsity = tf.reduce_mean(losses.sparsity_loss(forward.scores, mask, self.settings.sigma))
        total = self._weighed(recon) + sparsity
        return total, {"reconstruction": recon, "sparsity": sparsity, "selector_total": total}

    def decoder_loss(self, forward: Forward) -> tuple[tf.Tensor, Logs]:
        """L_recon + L_gen."""
        recon = self._reconstruction(forward)
        generator = tf.reduce_mean(losses.generator_loss(forward.p_reconstruction))
        logs = {"reconstruction_decoder": recon, "generator": generator}
        return self._weighed(recon) + generator, logs

    def discriminator_loss(
        self, p_original: tf.Tensor, p_rebuilt: tf.Tensor
    ) -> tuple[tf.Tensor, Logs]:
        """L_orig + L_sum; one of them in turn with discriminator_real="alternate"."""
        original = tf.reduce_mean(losses.original_loss(p_original))
        summary = tf.reduce_mean(losses.summary_loss(p_rebuilt))
        total = original + summary
        if self.settings.discriminator_real == "alternate":
            iterations = tf.convert_to_tensor(self.discriminator_optimizer.iterations)
            total = tf.where(tf.equal(iterations % 2, 0), original, summary)
        return total, {"original": original, "summary": summary}

    def update_others(self, forward: Forward, data: Data) -> Logs:
        """Updates of variables beside the three groups, by the losses that the selector was given;
        none here.
        """
        return {}

    def _reconstruction(self, forward: Forward) -> tf.Tensor:
        """L_recon, mean over the batch."""
        phis = forward.phi_original, forward.phi_reconstruction
        return tf.reduce_mean(losses.reconstruction_loss(*phis, self.settings.recon_norm))

    def _weighed(self, recon: tf.Tensor) -> tf.Tensor:
        weight = self.settings.recon_weight
        # 0: not even a gradient that is computed and dropped
        return weight * recon if weight else tf.zeros_like(recon)
