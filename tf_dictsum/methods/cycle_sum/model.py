"""Cycle-SUM's losses and training step."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.variational_encoder import Code
from tf_dictsum.losses.adversarial import norm, sparsity_loss
from tf_dictsum.losses.variational import prior_loss
from tf_dictsum.methods.cycle_sum.parts import Critic, Generator
from tf_dictsum.methods.training_model import Logs, TrainingModel, mean_score, step_mask
from tf_dictsum.selectors.lstm import LstmSelector

__all__ = ["CycleForward", "CycleSumModel"]

GENERATOR_STEPS = 2  # per critic step; the paper says 2 to 5


class CycleForward(NamedTuple):
    """One forward pass; [batch, ...]. o: the video, s: the summary, G_f: s -> o, G_b: o -> s."""

    scores: tf.Tensor
    summary: tf.Tensor  # s
    original_from_summary: tf.Tensor  # G_f(s)
    summary_cycle: tf.Tensor  # G_b(G_f(s))
    summary_from_original: tf.Tensor  # G_b(o)
    original_cycle: tf.Tensor  # G_f(G_b(o))
    forward_code: Code
    backward_code: Code
    forward_critic: tuple[tf.Tensor, ...]  # φ(o), φ(ô), D_f(o), D_f(ô)
    backward_critic: tuple[tf.Tensor, ...]  # φ(s), φ(ŝ), D_b(s), D_b(ŝ)


class CycleSumModel(TrainingModel):
    """Re-derived from the paper's equations: its code is not public.

    L = sparsity + λ₁ (gan_f + gan_b) + λ₂ (prior + reconstruction, both ways) + λ₃ (cycle_f +
    cycle_b), where gan_f = D_f(o) − D_f(ô), gan_b = D_b(s) − D_b(ŝ), reconstruction = ‖φ(o) − φ(ô)‖
    / k in the critic's space of width k, cycle = ‖G_b(G_f(s)) − s‖₁ / T. Selector and both
    generators minimise L twice, then both critics maximise gan_f + gan_b on detached inputs; after
    every step the weights just stepped are clipped to ±0.5.

    Ours, where the text that we have does not say: the λ, σ, that the summary is soft and at full
    length, the decoder's feedback, the critics' depth, and that D_b(s) sends its gradient to the
    selector.

    22,350,851 weights at D = 1024, H = 300. Trained on {"features", "lengths"}; optional "noise"
    float [batch, 3 passes, 4, 2 layers, H] (G_f(s), G_b(ô), G_b(o), G_f(ŝ)) instead of the model's
    own draws.

    Args:
      selector: three layers of H in the paper.
      units: H of generators and critics.
      sigma: σ; weights: λ₁, λ₂, λ₃; weight_clip: 0.5, or 0: none.
      init, seed: of the generators' and critics' weights.
    """

    def __init__(
        self,
        selector: LstmSelector,
        units: int = 300,
        sigma: float = 0.3,
        weights: tuple[float, float, float] = (1.0, 1.0, 1.0),
        weight_clip: float = 0.5,
        init: str = "xavier",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.selector, self.units = selector, units
        self.sigma, self.loss_weights, self.weight_clip = sigma, weights, weight_clip
        initializers, dtype = Initializers(init, seed + 1), self.dtype_policy
        size = selector.input_size
        self.forward_generator = Generator(size, units, initializers, name="forward", dtype=dtype)
        self.backward_generator = Generator(size, units, initializers, name="backward", dtype=dtype)
        self.forward_critic = Critic(size, units, initializers, name="critic_f", dtype=dtype)
        self.backward_critic = Critic(size, units, initializers, name="critic_b", dtype=dtype)
        self.random = keras.random.SeedGenerator(seed)

    @property
    def groups(self) -> dict[str, list[Any]]:
        return {
            "generator": self.selector.trainable_variables
            + self.forward_generator.trainable_variables
            + self.backward_generator.trainable_variables,
            "critic": self.forward_critic.trainable_variables
            + self.backward_critic.trainable_variables,
        }

    def forward(
        self, features: tf.Tensor, mask: tf.Tensor, noise: tf.Tensor, detached: bool = False
    ) -> CycleForward:
        """noise: float [batch, 4, 2 layers, H]; detached: the critics' inputs carry no gradient."""
        features = tf.where(mask[..., tf.newaxis], features, tf.zeros_like(features))
        scores = self.selector(features, mask=mask)
        summary = features * scores[..., tf.newaxis]
        to_original, to_summary = self.forward_generator.generate, self.backward_generator.generate
        original, forward_code = to_original(summary, noise[:, 0], mask)
        summary_cycle, _ = to_summary(original, noise[:, 1], mask)
        rebuilt, backward_code = to_summary(features, noise[:, 2], mask)
        original_cycle, _ = to_original(rebuilt, noise[:, 3], mask)
        seen = [summary, original, rebuilt]
        if detached:
            seen = [tf.stop_gradient(x) for x in seen]
        return CycleForward(
            scores,
            summary,
            original,
            summary_cycle,
            rebuilt,
            original_cycle,
            forward_code,
            backward_code,
            self.forward_critic.judge(features, seen[1], mask),
            self.backward_critic.judge(seen[0], seen[2], mask),
        )

    def losses_of(self, forward: CycleForward, features: tf.Tensor, mask: tf.Tensor) -> Logs:
        """Every term averaged over the batch; "generator" and "critic" are what the two updates
        minimise."""
        real = tf.cast(mask, features.dtype)
        length = tf.reduce_sum(real, axis=-1)

        def l1(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
            return tf.reduce_sum(tf.abs(a - b) * real[..., tf.newaxis], axis=[1, 2]) / length

        parts: Logs = {"sparsity": sparsity_loss(forward.scores, mask, self.sigma)}
        for way, critic, code in (
            ("forward", forward.forward_critic, forward.forward_code),
            ("backward", forward.backward_critic, forward.backward_code),
        ):
            phi, phi_fake, value, value_fake = critic
            parts[f"gan_{way}"] = value - value_fake
            parts[f"prior_{way}"] = prior_loss(code.mean, code.log_variance)
            parts[f"recon_{way}"] = norm(phi - phi_fake) / self.units
        parts["cycle_forward"] = l1(forward.summary_cycle, forward.summary)
        parts["cycle_backward"] = l1(forward.original_cycle, features)
        parts = {name: tf.reduce_mean(value) for name, value in parts.items()}
        both = {
            name: parts[f"{name}_forward"] + parts[f"{name}_backward"]
            for name in ("gan", "prior", "recon", "cycle")
        }
        gan, autoencoder, cycle = self.loss_weights
        total = parts["sparsity"] + gan * both["gan"] + cycle * both["cycle"]
        total += autoencoder * (both["prior"] + both["recon"])
        return {**parts, "generator": total, "critic": -both["gan"]}

    def pretraining_loss(
        self, features: tf.Tensor, mask: tf.Tensor, noise: tf.Tensor, name: str
    ) -> tf.Tensor:
        """prior + Σ_t ‖o_t − ô_t‖² / T of one generator ("forward" or "backward") on the video
        itself, batch mean."""
        generator = {"forward": self.forward_generator, "backward": self.backward_generator}[name]
        rebuilt, code = generator.generate(features, noise, mask)
        real = tf.cast(mask, features.dtype)
        square = tf.reduce_sum(tf.square(rebuilt - features), axis=-1) * real
        error = tf.reduce_sum(square, axis=-1) / tf.reduce_sum(real, axis=-1)
        return tf.reduce_mean(error + prior_loss(code.mean, code.log_variance))

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """Two updates of selector and generators, one of the critics."""
        mask, features, logs = step_mask(data), data["features"], {}
        order = ["generator"] * GENERATOR_STEPS + ["critic"]
        for number, name in enumerate(order):
            noise = data["noise"][:, number] if "noise" in data else self._noise(features)
            with tf.GradientTape() as tape:
                forward = self.forward(features, mask, noise, detached=name == "critic")
                parts = self.losses_of(forward, features, mask)
            if not number:
                logs = {**parts, **mean_score(forward.scores, mask)}
            logs |= {f"{name}_{number + 1}": parts[name]} | self.step(name, tape, parts[name])
            if self.weight_clip:
                for variable in self.groups[name]:
                    value = tf.convert_to_tensor(variable)
                    variable.assign(tf.clip_by_value(value, -self.weight_clip, self.weight_clip))
        return logs

    def _noise(self, features: tf.Tensor) -> tf.Tensor:
        shape = [tf.shape(features)[0], 4, 2, self.units]
        return keras.random.normal(shape, dtype=features.dtype.name, seed=self.random)
