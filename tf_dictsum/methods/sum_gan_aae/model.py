"""The adversarial model and its training step."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tf_dictsum import losses
from tf_dictsum.layers.attention_decoder import AttentionDecoder
from tf_dictsum.layers.dictionary import Dictionary
from tf_dictsum.layers.discriminator import Discriminator
from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.stacked_lstm import StackedLSTM
from tf_dictsum.methods.gradients import GradientHistory, apply_clipped
from tf_dictsum.methods.sum_gan_aae.objective import Objective
from tf_dictsum.selectors.bilstm import BiLSTMSelector

__all__ = ["Forward", "Summarizer"]

Logs = dict[str, tf.Tensor]


class Forward(NamedTuple):
    """One forward pass; [batch, ...]."""

    scores: tf.Tensor  # s [batch, time]
    compressed: tf.Tensor  # X [batch, time, H]
    encoding: tf.Tensor  # e [batch, H]
    reconstruction: tf.Tensor  # X̂ [batch, time, H]
    phi_original: tf.Tensor  # φ(X) [batch, H]
    phi_reconstruction: tf.Tensor  # φ(X̂) [batch, H]
    p_original: tf.Tensor  # C(X) [batch]
    p_reconstruction: tf.Tensor  # C(X̂) [batch]


class Summarizer(keras.Model):
    """SUM-GAN-AAE, with the dictionary term when `parallel_size` is given.

    Trained on batches {"features": float [batch, time, D], "lengths": int32 [batch], "hidden": float [batch, N]}
    (`hidden`, the frozen parallel encoder's h, only with a dictionary). Losses are per video, then averaged over the
    batch; padding past a length changes nothing.

    Args:
      input_size: D; units: H; parallel_size: N, or None for no dictionary.
      objective: losses and updates.
      initializers: where the initial weights come from.
      bidirectional: of the selector.
    """

    def __init__(
        self,
        input_size: int,
        units: int = 500,
        parallel_size: int | None = None,
        objective: Objective | None = None,
        initializers: Initializers | None = None,
        bidirectional: bool = True,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        initializers = initializers or Initializers()
        dtype = self.dtype_policy
        self.objective = objective or Objective()
        self.scorer = BiLSTMSelector(
            input_size, units, initializers, bidirectional, name="scorer", dtype=dtype
        )
        self.encoder = StackedLSTM(units, units, initializers, name="encoder", dtype=dtype)
        self.decoder = AttentionDecoder(units, initializers, name="decoder", dtype=dtype)
        self.discriminator = Discriminator(units, initializers, name="discriminator", dtype=dtype)
        self.dictionary = None
        if parallel_size is not None:
            self.dictionary = Dictionary(
                units, parallel_size, initializers, name="dictionary", dtype=dtype
            )
        compress = self.scorer.compress.trainable_variables
        self.selector_group = self.scorer.trainable_variables + self.encoder.trainable_variables
        self.decoder_group = self.decoder.trainable_variables + compress
        self.discriminator_group = self.discriminator.trainable_variables + compress
        self.built = True

    @property
    def adversarial_variables(self) -> list[Any]:
        """Every trainable variable but the dictionary's: 24,285,002 weights at D = 1024, H = 500."""
        return (
            self.selector_group
            + self.decoder.trainable_variables
            + self.discriminator.trainable_variables
        )

    def compile(
        self,
        *,
        selector_optimizer: keras.optimizers.Optimizer,
        decoder_optimizer: keras.optimizers.Optimizer,
        discriminator_optimizer: keras.optimizers.Optimizer,
        dictionary_optimizer: keras.optimizers.Optimizer | None = None,
        **kwargs: Any,
    ) -> None:
        """Takes one optimizer per update and builds each on its own variables, so that a checkpoint holds them whole."""
        super().compile(optimizer=None, **kwargs)
        self.selector_optimizer, self.decoder_optimizer = selector_optimizer, decoder_optimizer
        self.discriminator_optimizer, self.dictionary_optimizer = (
            discriminator_optimizer,
            dictionary_optimizer,
        )
        selector_optimizer.build(self.selector_group)
        decoder_optimizer.build(self.decoder_group)
        discriminator_optimizer.build(self.discriminator_group)
        if self.dictionary is not None:
            if dictionary_optimizer is None:
                raise ValueError("a summarizer with a dictionary needs a dictionary_optimizer.")
            dictionary_optimizer.build(self.dictionary.trainable_variables)
        self.history_of_gradients = (
            GradientHistory(self.adversarial_variables)
            if self.objective.clip_scope == "all"
            else None
        )

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
        phi, p = self.discriminator(
            tf.concat([original, rebuilt], axis=0), mask=tf.concat([mask, mask], axis=0)
        )
        return (*tf.split(phi, 2, axis=0), *tf.split(p, 2, axis=0))

    def forward(self, features: tf.Tensor, mask: tf.Tensor) -> Forward:
        """features float [batch, time, D], mask bool [batch, time] -> Forward."""
        scores, compressed, encoding, rebuilt = self.summarize_and_rebuild(features, mask)
        return Forward(
            scores, compressed, encoding, rebuilt, *self.discriminate(compressed, rebuilt, mask)
        )

    @tf.autograph.experimental.do_not_convert  # nothing here needs it, and it would take a third of the time to trace a step
    def train_step(self, data: dict[str, tf.Tensor]) -> Logs:
        """The paper's three updates; returns every loss and what TensorBoard shows, of this step."""
        mask = tf.sequence_mask(data["lengths"], tf.shape(data["features"])[1])
        if self.objective.update == "joint":
            return self._joint_update(data, mask)
        logs = self._update_selector_and_encoder(data, mask)
        logs.update(self._update_decoder(data, mask))
        logs.update(self._update_discriminator(data, mask))
        return logs

    def _update_selector_and_encoder(self, data: dict[str, tf.Tensor], mask: tf.Tensor) -> Logs:
        with tf.GradientTape() as tape:
            forward = self.forward(data["features"], mask)
            total, parts = self._selector_loss(forward, data, mask)
        # Both gradients first: A moves by the loss that the selector was given.
        gradients = tape.gradient(total, self._clipped_variables(self.selector_group))
        logs = {**parts, **self._observe(forward, mask), **self._update_dictionary(forward, data)}
        logs["gradient_norm_selector"] = self._step(
            self.selector_optimizer, gradients, self.selector_group
        )
        return logs

    def _update_dictionary(self, forward: Forward, data: dict[str, tf.Tensor]) -> Logs:
        if self.dictionary is None:
            return {}
        if self.objective.dictionary == "frozen":
            return {"dictionary_norm": tf.norm(tf.convert_to_tensor(self.dictionary.matrix))}
        with tf.GradientTape() as tape:
            guess = self.dictionary(tf.stop_gradient(forward.encoding))
            loss = tf.reduce_mean(
                losses.dictionary_loss(data["hidden"], guess, self.objective.dict_norm)
            )
        variables = self.dictionary.trainable_variables
        norm = apply_clipped(
            self.dictionary_optimizer,
            tape.gradient(loss, variables),
            variables,
            self.objective.clip,
        )
        return {
            "gradient_norm_dictionary": norm,
            "dictionary_norm": tf.norm(tf.convert_to_tensor(self.dictionary.matrix)),
        }

    def _update_decoder(self, data: dict[str, tf.Tensor], mask: tf.Tensor) -> Logs:
        with tf.GradientTape() as tape:
            forward = self.forward(data["features"], mask)
            total, parts = self._decoder_loss(forward)
        return {
            **parts,
            "gradient_norm_decoder": self._apply(
                self.decoder_optimizer, tape, total, self.decoder_group
            ),
        }

    def _update_discriminator(self, data: dict[str, tf.Tensor], mask: tf.Tensor) -> Logs:
        with tf.GradientTape() as tape:
            _, compressed, _, rebuilt = self.summarize_and_rebuild(data["features"], mask)
            _, _, p_original, p_rebuilt = self.discriminate(
                compressed, tf.stop_gradient(rebuilt), mask
            )
            total, parts = self._discriminator_loss(p_original, p_rebuilt)
        return {
            **parts,
            "gradient_norm_discriminator": self._apply(
                self.discriminator_optimizer, tape, total, self.discriminator_group
            ),
        }

    def _joint_update(self, data: dict[str, tf.Tensor], mask: tf.Tensor) -> Logs:
        """One forward pass, every gradient from it, then every step."""
        with tf.GradientTape(persistent=True) as tape:
            scores, compressed, encoding, rebuilt = self.summarize_and_rebuild(
                data["features"], mask
            )
            shown = tf.identity(compressed)
            forward = Forward(
                scores, compressed, encoding, rebuilt, *self.discriminate(shown, rebuilt, mask)
            )
            selector_total, parts = self._selector_loss(forward, data, mask)
            decoder_total, decoder_parts = self._decoder_loss(forward)
            discriminator_total, discriminator_parts = self._discriminator_loss(
                forward.p_original, forward.p_reconstruction
            )
        gradients = [
            tape.gradient(selector_total, self.selector_group),
            tape.gradient(decoder_total, self.decoder_group),
        ]
        # The discriminator's loss does not reach back through X̂: its gradients stop at what it was shown, and go on from X alone.
        own, compress = (
            self.discriminator.trainable_variables,
            self.scorer.compress.trainable_variables,
        )
        *found, of_shown = tape.gradient(discriminator_total, [*own, shown])
        found += tape.gradient(compressed, compress, output_gradients=of_shown)
        by_variable = {id(v): g for v, g in zip(own + compress, found, strict=True)}
        gradients.append([by_variable[id(v)] for v in self.discriminator_group])

        logs = {**self._observe(forward, mask), **parts, **decoder_parts, **discriminator_parts}
        logs.update(self._update_dictionary(forward, data))
        groups = (
            ("selector", self.selector_optimizer, self.selector_group),
            ("decoder", self.decoder_optimizer, self.decoder_group),
            ("discriminator", self.discriminator_optimizer, self.discriminator_group),
        )
        for (name, optimizer, group), group_gradients in zip(groups, gradients, strict=True):
            logs[f"gradient_norm_{name}"] = self._step(optimizer, group_gradients, group)
        return logs

    def _selector_loss(
        self, forward: Forward, data: dict[str, tf.Tensor], mask: tf.Tensor
    ) -> tuple[tf.Tensor, Logs]:
        """L_recon + L_sparsity + λ L_dict; L_recon with its weight, if it is not 1."""
        goal = self.objective
        recon = tf.reduce_mean(
            losses.reconstruction_loss(
                forward.phi_original, forward.phi_reconstruction, goal.recon_norm
            )
        )
        sparsity = tf.reduce_mean(losses.sparsity_loss(forward.scores, mask, goal.sigma))
        total, parts = (
            self._weighed(recon) + sparsity,
            {"reconstruction": recon, "sparsity": sparsity},
        )
        if self.dictionary is not None:
            guess = self.dictionary(forward.encoding)
            loss = tf.reduce_mean(
                losses.dictionary_loss(tf.stop_gradient(data["hidden"]), guess, goal.dict_norm)
            )
            parts |= {
                "dictionary": loss,
                "dictionary_to_reconstruction": tf.math.divide_no_nan(loss, recon),
            }
            if goal.dict_weight:
                total = total + goal.dict_weight * loss
        return total, {**parts, "selector_total": total}

    def _decoder_loss(self, forward: Forward) -> tuple[tf.Tensor, Logs]:
        """L_recon + L_gen."""
        recon = losses.reconstruction_loss(
            forward.phi_original, forward.phi_reconstruction, self.objective.recon_norm
        )
        generator = tf.reduce_mean(losses.generator_loss(forward.p_reconstruction))
        recon = tf.reduce_mean(recon)
        return self._weighed(recon) + generator, {
            "reconstruction_decoder": recon,
            "generator": generator,
        }

    def _discriminator_loss(
        self, p_original: tf.Tensor, p_rebuilt: tf.Tensor
    ) -> tuple[tf.Tensor, Logs]:
        """L_orig + L_sum; one of them in turn with discriminator_real="alternate"."""
        original = tf.reduce_mean(losses.original_loss(p_original))
        summary = tf.reduce_mean(losses.summary_loss(p_rebuilt))
        total = original + summary
        if self.objective.discriminator_real == "alternate":
            even = tf.equal(tf.convert_to_tensor(self.discriminator_optimizer.iterations) % 2, 0)
            total = tf.where(even, original, summary)
        return total, {"original": original, "summary": summary}

    def _weighed(self, recon: tf.Tensor) -> tf.Tensor:
        weight = self.objective.recon_weight
        return (
            weight * recon if weight else tf.zeros_like(recon)
        )  # 0: not even a gradient that is computed and dropped

    def _observe(self, forward: Forward, mask: tf.Tensor) -> Logs:
        """Mean and deviation of the scores within a video, and what the discriminator says, averaged over the batch."""
        weights = tf.cast(mask, forward.scores.dtype)
        count = tf.reduce_sum(weights, axis=1)
        mean = tf.reduce_sum(forward.scores * weights, axis=1) / count
        variance = (
            tf.reduce_sum(weights * tf.square(forward.scores - mean[:, tf.newaxis]), axis=1) / count
        )
        return {
            "score_mean": tf.reduce_mean(mean),
            "score_std": tf.reduce_mean(tf.sqrt(variance)),
            "p_original": tf.reduce_mean(forward.p_original),
            "p_reconstruction": tf.reduce_mean(forward.p_reconstruction),
        }

    def _clipped_variables(self, group: list[Any]) -> list[Any]:
        """The variables whose gradients an update needs: its group, or all with clip_scope="all"."""
        return group if self.history_of_gradients is None else self.adversarial_variables

    def _apply(
        self,
        optimizer: keras.optimizers.Optimizer,
        tape: tf.GradientTape,
        loss: tf.Tensor,
        group: list[Any],
    ) -> tf.Tensor:
        return self._step(optimizer, tape.gradient(loss, self._clipped_variables(group)), group)

    def _step(
        self, optimizer: keras.optimizers.Optimizer, gradients: list[Any], group: list[Any]
    ) -> tf.Tensor:
        if self.history_of_gradients is not None:
            return self.history_of_gradients.apply(optimizer, gradients, group, self.objective.clip)
        return apply_clipped(optimizer, gradients, group, self.objective.clip)
