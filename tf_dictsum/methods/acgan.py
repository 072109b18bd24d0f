"""ACGAN (He et al., ACM MM 2019), unsupervised: a conditional GAN of self-attention and LSTMs."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.methods.keras_method import KerasMethod
from tf_dictsum.methods.logs import Log, scores_logs
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.methods.training_model import Logs, TrainingModel, mean_score, step_mask
from tf_dictsum.selectors.acgan import AcganSelector, AttentiveNetwork
from tf_dictsum.util.options import option

__all__ = ["Acgan", "AcganModel", "AcganSettings"]


class AcganModel(TrainingModel):
    """Discriminator: −log D(x, c) − log(1 − D(e, c)) with scores and condition detached; then,
    after another forward
    pass, generator: −log D(e, c), with gradient through the condition too. x: the video, e_t = s_t
    x_t.

    There is no reconstruction, diversity or sparsity term. Which update comes first, that the
    generator's loss does not saturate, optimizer and rates are ours. Trained on {"features",
    "lengths"}.

    Args:
      selector: the generator.
      seed: of the discriminator's initial weights.
    """

    def __init__(self, selector: AcganSelector, init: str = "torch", seed: int = 0, **kwargs: Any):
        super().__init__(**kwargs)
        self.selector = selector
        self.discriminator = AttentiveNetwork(
            selector.input_size,
            selector.units,
            selector.dense_size,
            selector.heads,
            Initializers(init, seed + 1),
            name="discriminator",
            dtype=self.dtype_policy,
        )

    @property
    def groups(self) -> dict[str, list[Any]]:
        return {
            "discriminator": self.discriminator.trainable_variables,
            "generator": self.selector.trainable_variables,
        }

    def judge(self, x: tf.Tensor, condition: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """The discriminator's logit float [batch] of a video float [batch, time, D] under c float
        [batch, D]."""
        attended, _ = self.discriminator.attention(x, mask=mask)
        _, states = self.discriminator.read(attended, condition, mask)
        return self.discriminator.logits(tf.concat([h for h, _ in states], axis=-1))

    def losses_of(self, data: Mapping[str, Any], name: str) -> tuple[Logs, tf.Tensor]:
        """(losses of the pass before update `name`, averaged over the batch; scores)."""
        mask, features = step_mask(data), data["features"]
        scores, condition = self.selector.score_and_condition(features, mask)
        vector, weights = condition.vector, scores
        if name == "discriminator":
            vector, weights = tf.stop_gradient(vector), tf.stop_gradient(weights)
        real = self.judge(features, vector, mask)
        fake = self.judge(features * weights[..., tf.newaxis], vector, mask)
        values = {
            "discriminator": -tf.math.log_sigmoid(real) - tf.math.log_sigmoid(-fake),
            "generator": -tf.math.log_sigmoid(fake),
            "p_original": tf.sigmoid(real),
            "p_summary": tf.sigmoid(fake),
        }
        return {key: tf.reduce_mean(value) for key, value in values.items()}, scores

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """The two updates."""
        logs: Logs = {}
        for name in self.groups:
            with tf.GradientTape() as tape:
                parts, scores = self.losses_of(data, name)
            logs |= {**parts, name: parts[name]} if not logs else {name: parts[name]}
            logs |= mean_score(scores, step_mask(data)) | self.step(name, tape, parts[name])
        return logs


@dataclasses.dataclass(frozen=True)
class AcganSettings(MethodSettings):
    """Ours: the paper's text that we have gives no sizes or rates."""

    method: ClassVar[str] = "acgan"

    hidden_size: int = option(256, "of the LSTMs, per direction (ours)", lower_bound=1)
    dense_size: int = option(256, "of the Linear layer after them (ours)", lower_bound=1)
    heads: int = option(
        8, "of the self-attention; they divide the features' width (ours)", lower_bound=1
    )
    init: str = option(
        "torch",
        "initial weights of LSTMs and Linear layers: torch or keras (ours)",
        choices=("torch", "keras"),
    )
    learning_rate: float = option(1e-4, "Adam's rate of both updates (ours)", lower_bound=0.0)
    adam_epsilon: float = option(1e-8, "Adam's epsilon (ours)", lower_bound=0.0)


class Acgan(KerasMethod):
    """A generator that scores and a discriminator, both told the frames that attend most; the last
    epoch counts."""

    name: ClassVar[str] = "acgan"
    Settings = AcganSettings
    logs: ClassVar[Mapping[str, Log]] = {
        "discriminator": Log("loss/discriminator", "disc"),
        "generator": Log("loss/generator", "gen"),
        "p_original": Log("discriminator/original"),
        "p_summary": Log("discriminator/summary"),
        **scores_logs(),
    }

    settings: AcganSettings

    def build(self, seed: int) -> AcganModel:
        settings = self.settings
        selector = AcganSelector(
            self.setup.input_size,
            settings.hidden_size,
            settings.dense_size,
            settings.heads,
            settings.init,
            seed,
            name="selector",
        )
        return AcganModel(selector, settings.init, seed, name="acgan")

    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        settings = self.settings
        return {
            name: Adam(settings.learning_rate, epsilon=settings.adam_epsilon, name=f"adam_{name}")
            for name in ("discriminator", "generator")
        }
