"""AC-SUM-GAN's training step."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tf_dictsum.layers.fragments import fragment_numbers
from tf_dictsum.layers.variational_encoder import Code
from tf_dictsum.losses.actor_critic import actor_loss, critic_loss, returns_of
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
from tf_dictsum.selectors.ac_sum_gan import AcSumGanSelector, Episode, Layers

__all__ = ["AcSumGanModel", "Rebuilt"]

GAMMA = 0.99
ENTROPY = 0.1
DISCRIMINATOR = 2  # number of its update


class Rebuilt(NamedTuple):
    """A video and what the autoencoder makes of its weighted scores; [batch, ...]."""

    compressed: tf.Tensor
    scores: tf.Tensor
    weighted: tf.Tensor  # scores times the weights of the fragments
    code: Code
    reconstruction: tf.Tensor
    phi: list[tf.Tensor]  # φ(X), φ(X̂)
    p: list[tf.Tensor]  # C(X), C(X̂)


class AcSumGanModel(VariationalNetwork):
    """Four updates, each after a forward pass with newly drawn picks, as in the public code:

    encoder: reconstruction + prior; decoder: reconstruction + (1 − C(X̂))²; discriminator (with
    compression):
    (1 − C(X))² + C(X̂)²; actor (with selector, compression and critic): actor + |mean s − σ| +
    critic loss.
    The reward of a pick is 1 − ‖φ(X) − φ(X̂)‖ of the video rebuilt after it, 0 where the fragment
    was picked before.
    State and rewards carry no gradient: the selector learns from the sparsity term alone.

    Trained on {"features", "lengths"}. Optional, instead of the model's own: "actions" int32
    [batch, 4 updates, picks], "noise" float [batch, 3 updates, 2 layers, H], "noise_actor" float
    [batch, picks, 2 layers, H], "fragments" int32 [batch, time] (outside of 0..fragments − 1: a
    step of none).
    """

    def __init__(
        self,
        selector: AcSumGanSelector,
        critic: Sequence[int] = (512, 1024, 512, 256),
        sigma: float = 0.5,
        clip: float = 5.0,
        init: str = "torch",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(
            selector.input_size,
            selector.units,
            clip,
            init,
            seed + 1,  # the selector's own weights are drawn from `seed`
            scorer=selector.scorer,
            **kwargs,
        )
        self.agent = selector
        self.sigma = sigma
        sizes = (selector.fragments, *critic, 1)
        self.critic = Layers(sizes, init, seed + 2, name="critic", dtype=self.dtype_policy)

    @property
    def selector(self) -> AcSumGanSelector:
        """What is exported."""
        return self.agent

    @property
    def groups(self) -> dict[str, list[Any]]:
        return {
            "encoder": self.encoder.trainable_variables,
            "decoder": self.decoder.trainable_variables,
            "discriminator": self.discriminator.trainable_variables + self.compression,
            "actor": self.agent.trainable_variables + self.critic.trainable_variables,
        }

    def episode(
        self, data: Mapping[str, Any], number: int
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, Episode]:
        """(scores, compressed, fragment of every step, what the actor did) of update `number`."""
        mask = step_mask(data)
        scores, compressed = self.scorer.score_and_compress(data["features"], mask)
        numbers = data.get("fragments")
        if numbers is None:
            time = tf.shape(data["features"])[1]
            numbers = fragment_numbers(data["lengths"], time, self.agent.fragments)

        def choose(pick: int, probabilities: tf.Tensor) -> tf.Tensor:
            if "actions" in data:
                return data["actions"][:, number, pick]
            logits = tf.math.log(tf.stop_gradient(probabilities))
            drawn = keras.random.categorical(logits, 1, dtype="int32", seed=self.random)
            return drawn[:, 0]

        return scores, compressed, numbers, self.agent.pick(scores, numbers, mask, choose)

    def forward(self, data: Mapping[str, Any], number: int) -> Rebuilt:
        """The pass before update `number`, of the first three; the discriminator's has no gradient
        through X̂."""
        mask = step_mask(data)
        scores, compressed, numbers, episode = self.episode(data, number)
        weighted = scores * self.agent.frame_weights(episode.weights[:, -1], numbers)
        noise = data["noise"][:, number] if "noise" in data else self.noise(compressed)[:, 0]
        code, rebuilt = self.rebuild(compressed * weighted[..., tf.newaxis], noise, mask)
        seen = tf.stop_gradient(rebuilt) if number == DISCRIMINATOR else rebuilt
        phi, logits = self.judge(mask, compressed, seen)
        p = [tf.sigmoid(logit) for logit in logits]
        return Rebuilt(compressed, scores, weighted, code, rebuilt, phi, p)

    def rewards(
        self,
        data: Mapping[str, Any],
        scores: tf.Tensor,
        compressed: tf.Tensor,
        numbers: tf.Tensor,
        episode: Episode,
    ) -> tf.Tensor:
        """float [batch, picks], without gradient; the videos after every pick are one batch."""
        picks, mask = self.agent.picks, step_mask(data)
        noise = data.get("noise_actor")
        if noise is None:
            noise = self.noise(compressed, picks)

        def each(x: tf.Tensor) -> tf.Tensor:
            """[batch, ...] once per pick: [picks · batch, ...]."""
            return tf.concat([x] * picks, axis=0)

        weights = tf.concat(tf.unstack(episode.weights, axis=1), axis=0)
        weighted = each(scores) * self.agent.frame_weights(weights, each(numbers))
        repeated = each(compressed)
        noise = tf.concat(tf.unstack(noise, axis=1), axis=0)
        _, rebuilt = self.rebuild(repeated * weighted[..., tf.newaxis], noise, each(mask))
        phi_rebuilt, _ = self.discriminator(rebuilt, mask=each(mask))
        phi, _ = self.discriminator(compressed, mask=mask)
        distance = reconstruction_loss(each(phi), phi_rebuilt)
        reward = tf.transpose(tf.reshape(1 - distance, [picks, -1]))
        return tf.stop_gradient(tf.where(episode.new, reward, tf.zeros_like(reward)))

    def losses_of(self, rebuilt: Rebuilt) -> Logs:
        """What the first three updates minimise, averaged over the batch, and its parts."""
        recon = reconstruction_loss(*rebuilt.phi)
        prior = prior_loss(rebuilt.code.mean, rebuilt.code.log_variance)
        original, fake = rebuilt.p
        values = {
            "reconstruction": recon,
            "prior": prior,
            "encoder": recon + prior,
            "decoder": recon + generator_loss(fake),
            "discriminator": original_loss(original) + summary_loss(fake),
        }
        return {name: tf.reduce_mean(value) for name, value in values.items()}

    def policy_losses(self, data: Mapping[str, Any]) -> tuple[Logs, tf.Tensor]:
        """("actor", "sparsity" and "critic" averaged over the batch with the mean "reward";
        scores)."""
        scores, compressed, numbers, episode = self.episode(data, 3)
        rewards = self.rewards(data, scores, compressed, numbers, episode)
        values = self.critic(episode.states)[..., 0]
        returns = returns_of(rewards, GAMMA)
        parts = {
            "actor": actor_loss(episode.probabilities, episode.actions, returns - values, ENTROPY),
            "sparsity": sparsity_loss(scores, step_mask(data), self.sigma),
            "critic": critic_loss(returns, values),
            "reward": rewards,
        }
        return {name: tf.reduce_mean(value) for name, value in parts.items()}, scores

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """The updates, in the order of the class's description."""
        logs: Logs = {}
        for number, name in enumerate(("encoder", "decoder", "discriminator")):
            with tf.GradientTape() as tape:
                parts = self.losses_of(self.forward(data, number))
            if not number:
                logs |= {part: parts[part] for part in ("reconstruction", "prior")}
            logs |= {f"{name}_total": parts[name]} | self.step(name, tape, parts[name])
        with tf.GradientTape() as tape:
            parts, scores = self.policy_losses(data)
            total = parts["actor"] + parts["sparsity"] + parts["critic"]
        logs |= parts | mean_score(scores, step_mask(data))
        return logs | self.step("actor", tape, total)
