"""SUM-GAN's training step."""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tf_dictsum.layers.variational_encoder import Code
from tf_dictsum.losses.adversarial import norm, reconstruction_loss, sparsity_loss
from tf_dictsum.losses.determinantal import negative_log_likelihood
from tf_dictsum.losses.variational import prior_loss, repelling_loss, saturating_gan
from tf_dictsum.methods.sum_gan.network import VariationalNetwork
from tf_dictsum.methods.training_model import Logs, mean_score, step_mask

__all__ = ["Objective", "SumGanForward", "SumGanModel"]

CHOSEN = 0.15  # share of the frames that the DPP regulariser takes as the summary


@dataclasses.dataclass(frozen=True)
class Objective:
    """Choices on which the paper, its variants and the community code differ.

    Attributes:
      sigma: σ, the mean score that the sparsity term asks for.
      recon_norm: "l2" (community code) or "l2sq" (paper), of the reconstruction and of the sparsity
        term.
      third: what the GAN's third term rebuilds: the "unweighted" video (community code) or one
        weighted by "random" scores U(0, 1) (paper).
      regulariser: "sparsity", or the paper's variants "rep" (repelling) and "dpp".
    """

    sigma: float = 0.3
    recon_norm: str = "l2"
    third: str = "unweighted"
    regulariser: str = "sparsity"


class SumGanForward(NamedTuple):
    """One forward pass; [batch, ...]."""

    scores: tf.Tensor
    compressed: tf.Tensor
    code: Code  # of the weighted video
    reconstruction: tf.Tensor
    third: tf.Tensor  # the reconstruction of the unweighted or randomly weighted video
    phi: list[tf.Tensor]  # φ(X), φ(X̂), φ(third)
    logits: list[tf.Tensor]  # the discriminator's, before the sigmoid


class SumGanModel(VariationalNetwork):
    """Three updates, each after a forward pass of its own, as in the community code:

    selector (with encoder and compression): reconstruction + prior + sparsity (or rep, or dpp);
    decoder (with compression): reconstruction + gan; discriminator (with compression): −gan, where
    gan = log C(X) + log(1 − C(X̂)) + log(1 − C(X̂_u)). Nothing is detached. The community code
    leaves the discriminator out for the first 16 videos of every epoch; here it is stepped every
    time.

    Trained on {"features", "lengths"}. Optional, instead of the model's own draws: "noise" float
    [batch, 3 updates, 2 passes, 2 layers, H], "random_scores" float [batch, 3 updates, time].
    """

    def __init__(self, *args: Any, objective: Objective | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.objective = objective or Objective()

    @property
    def groups(self) -> dict[str, list[Any]]:
        return {
            "selector": self.scorer.trainable_variables + self.encoder.trainable_variables,
            "decoder": self.decoder.trainable_variables + self.compression,
            "discriminator": self.discriminator.trainable_variables + self.compression,
        }

    def forward(
        self,
        features: tf.Tensor,
        mask: tf.Tensor,
        noise: tf.Tensor,
        random_scores: tf.Tensor | None = None,
    ) -> SumGanForward:
        """noise: float [batch, 2 passes, 2 layers, H]; random_scores: float [batch, time], for
        third="random"."""
        scores, compressed = self.scorer.score_and_compress(features, mask)
        weighted = compressed * scores[..., tf.newaxis]
        second = compressed if random_scores is None else compressed * random_scores[..., None]
        # Summary and third video meet the same weights: one pass for both.
        code, rebuilt = self.rebuild(
            tf.concat([weighted, second], axis=0),
            tf.concat(tf.unstack(noise, axis=1), axis=0),
            tf.concat([mask, mask], axis=0),
        )
        batch = tf.shape(scores)[0]
        code = Code(
            outputs=code.outputs[:batch],
            mean=code.mean[:batch],
            log_variance=code.log_variance[:batch],
            state=tuple(part[:batch] for part in code.state),
        )
        reconstruction, third = tf.split(rebuilt, 2, axis=0)
        phi, logits = self.judge(mask, compressed, reconstruction, third)
        return SumGanForward(scores, compressed, code, reconstruction, third, phi, logits)

    def losses_of(self, forward: SumGanForward, mask: tf.Tensor) -> Logs:
        """ "reconstruction", "prior", the regulariser and "gan", each averaged over the batch."""
        goal = self.objective
        values = {
            "reconstruction": reconstruction_loss(forward.phi[0], forward.phi[1], goal.recon_norm),
            "prior": prior_loss(forward.code.mean, forward.code.log_variance),
            "gan": saturating_gan(*forward.logits),
        }
        if goal.regulariser == "rep":
            values["rep"] = repelling_loss(forward.code.outputs, mask)
        elif goal.regulariser == "dpp":
            v = forward.code.outputs * forward.scores[..., tf.newaxis]
            values["dpp"] = negative_log_likelihood(v, highest(forward.scores, mask), mask)
        else:
            off = sparsity_loss(forward.scores, mask, goal.sigma)
            values["sparsity"] = norm(off[:, tf.newaxis], goal.recon_norm)
        return {name: tf.reduce_mean(value) for name, value in values.items()}

    def totals(self, parts: Logs) -> Logs:
        """What each update minimises."""
        return {
            "selector": parts["reconstruction"]
            + parts["prior"]
            + parts[self.objective.regulariser],
            "decoder": parts["reconstruction"] + parts["gan"],
            "discriminator": -parts["gan"],
        }

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """The three updates."""
        mask, logs = step_mask(data), {}
        for number, name in enumerate(self.groups):
            with tf.GradientTape() as tape:
                forward = self.forward(data["features"], mask, *self._draws(data, number))
                parts = self.losses_of(forward, mask)
                total = self.totals(parts)[name]
            if not number:
                logs = {**parts, **mean_score(forward.scores, mask)}
                logs["p_original"] = tf.reduce_mean(tf.sigmoid(forward.logits[0]))
                logs["p_reconstruction"] = tf.reduce_mean(tf.sigmoid(forward.logits[1]))
            logs |= {f"{name}_total": total} | self.step(name, tape, total)
        return logs

    def _draws(self, data: Mapping[str, Any], number: int) -> list[tf.Tensor]:
        """Noise, and random scores if the objective wants them, of update `number`."""
        features = data["features"]
        draws = [data["noise"][:, number] if "noise" in data else self.noise(features, 2)]
        if self.objective.third == "random":
            if "random_scores" in data:
                draws.append(data["random_scores"][:, number])
            else:
                shape, dtype = tf.shape(features)[:2], features.dtype.name
                draws.append(keras.random.uniform(shape, dtype=dtype, seed=self.random))
        return draws


def highest(scores: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """1 for the CHOSEN share of the frames (at least one) with the highest scores, else 0; float
    [batch, time]."""
    length = tf.reduce_sum(tf.cast(mask, scores.dtype), axis=-1)
    count = tf.cast(tf.maximum(tf.floor(CHOSEN * length), 1), tf.int32)
    order = tf.argsort(
        tf.where(mask, scores, scores.dtype.min), direction="DESCENDING", stable=True
    )
    rank = tf.argsort(order)
    return tf.cast((rank < count[:, tf.newaxis]) & mask, scores.dtype)
