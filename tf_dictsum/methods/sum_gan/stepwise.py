"""SUM-GAN-sl's training step."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tf_dictsum.losses.adversarial import (
    generator_loss,
    original_loss,
    reconstruction_loss,
    sparsity_loss,
    summary_loss,
)
from tf_dictsum.losses.variational import prior_loss
from tf_dictsum.methods.sum_gan.network import VariationalNetwork
from tf_dictsum.methods.training_model import Logs, mean_score, step_mask

__all__ = ["SumGanSlModel"]


class SumGanSlModel(VariationalNetwork):
    """The updates of SUM-GAN-AAE (same authors, later) around SUM-GAN's variational autoencoder:

    selector (with encoder and compression): ‖φ(X) − φ(X̂)‖ + prior + |mean s − σ|; decoder (with
    compression):
    ‖φ(X) − φ(X̂)‖ + (1 − C(X̂))²; discriminator (with compression): (1 − C(X))² + C(X̂)² with X̂
    detached. A forward pass with new noise precedes each. There are no reference numbers for it:
    its network is the one that is proved for SUM-GAN, its losses are those that are proved for
    SUM-GAN-AAE.

    Trained on {"features", "lengths"}. Optional "noise" float [batch, 3 updates, 2 layers, H]
    instead of draws.
    """

    def __init__(self, *args: Any, sigma: float = 0.1, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.sigma = sigma

    @property
    def groups(self) -> dict[str, list[Any]]:
        return {
            "selector": self.scorer.trainable_variables + self.encoder.trainable_variables,
            "decoder": self.decoder.trainable_variables + self.compression,
            "discriminator": self.discriminator.trainable_variables + self.compression,
        }

    def losses_of(self, data: Mapping[str, Any], number: int) -> tuple[Logs, tf.Tensor]:
        """(every loss of the pass before update `number`, averaged over the batch; scores)."""
        mask = step_mask(data)
        scores, compressed = self.scorer.score_and_compress(data["features"], mask)
        noise = data["noise"][:, number] if "noise" in data else self.noise(compressed)[:, 0]
        code, rebuilt = self.rebuild(compressed * scores[..., tf.newaxis], noise, mask)
        seen = tf.stop_gradient(rebuilt) if number == 2 else rebuilt
        phi, logits = self.judge(mask, compressed, seen)
        p_original, p_rebuilt = (tf.sigmoid(logit) for logit in logits)
        values = {
            "reconstruction": reconstruction_loss(phi[0], phi[1]),
            "prior": prior_loss(code.mean, code.log_variance),
            "sparsity": sparsity_loss(scores, mask, self.sigma),
            "generator": generator_loss(p_rebuilt),
            "original": original_loss(p_original),
            "summary": summary_loss(p_rebuilt),
            "p_original": p_original,
            "p_reconstruction": p_rebuilt,
        }
        return {name: tf.reduce_mean(value) for name, value in values.items()}, scores

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """The three updates."""
        logs: Logs = {}
        for number, name in enumerate(self.groups):
            with tf.GradientTape() as tape:
                parts, scores = self.losses_of(data, number)
                total = {
                    "selector": parts["reconstruction"] + parts["prior"] + parts["sparsity"],
                    "decoder": parts["reconstruction"] + parts["generator"],
                    "discriminator": parts["original"] + parts["summary"],
                }[name]
            if not number:
                logs = {**parts, **mean_score(scores, step_mask(data))}
            logs |= {f"{name}_total": total} | self.step(name, tape, total)
        return logs
