"""DR-DSN (Zhou et al., AAAI 2018), unsupervised: REINFORCE with a diversity and representativeness
reward."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import keras
import tensorflow as tf

from tf_dictsum.losses.rewards import (
    diversity,
    length_penalty,
    log_likelihood,
    representativeness,
)
from tf_dictsum.methods.adam_variants import AdamL2
from tf_dictsum.methods.keras_method import KerasMethod
from tf_dictsum.methods.logs import Log, scores_logs
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.methods.training_model import Logs, TrainingModel, mean_score, step_mask
from tf_dictsum.selectors.lstm import LstmSelector
from tf_dictsum.util.options import option

__all__ = ["DrDsn", "DrDsnModel", "DrDsnSettings"]

MEMORY = 0.9  # share of a video's baseline that an update keeps


class DrDsnModel(TrainingModel):
    """cost = β (mean p − ½)² − Σ_episodes mean_t log Bern(a_t; p_t) · (R − baseline of the video).

    R = ½ (R_div + R_rep) of the picked frames. Every video has a baseline, 0 at first, then
    0.9 · itself + 0.1 · mean reward after each of its updates.

    Trained on {"features", "lengths", "index"}. Optional "actions" float [batch, episodes, time]
    (1: picked) replace the model's own draws.

    Args:
      selector: its scores are the probabilities of picking a frame.
      videos: number of training videos, which have a baseline each.
      episodes: drawn sets of picks per update.
      beta: β.
      clip: largest gradient norm.
      seed: of the draws.
    """

    def __init__(
        self,
        selector: LstmSelector,
        videos: int,
        episodes: int = 5,
        beta: float = 0.01,
        clip: float = 5.0,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(clip, **kwargs)
        self.selector = selector
        self.episodes, self.beta = episodes, beta
        self.random = keras.random.SeedGenerator(seed)
        self.baselines = self.add_weight(
            shape=(videos,), initializer="zeros", trainable=False, name="baselines"
        )

    @property
    def groups(self) -> dict[str, list[Any]]:
        return {"selector": self.selector.trainable_variables}

    def draw(self, probabilities: tf.Tensor) -> tf.Tensor:
        """Picks float [batch, episodes, time], 1 with the probability of its step (0 where that is
        0)."""
        shape = tf.shape(probabilities)
        drawn = keras.random.uniform(
            [shape[0], self.episodes, shape[1]], dtype=probabilities.dtype.name, seed=self.random
        )
        return tf.cast(drawn < probabilities[:, tf.newaxis], probabilities.dtype)

    def rewards(self, features: tf.Tensor, actions: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """R float [batch, episodes]."""
        different = diversity(features, actions)
        return 0.5 * (different + representativeness(features, actions, mask))

    def cost(self, data: Mapping[str, Any]) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """(cost averaged over the batch, rewards [batch, episodes], scores [batch, time])."""
        mask = step_mask(data)
        scores = self.selector(data["features"], mask=mask)
        actions = data["actions"] if "actions" in data else self.draw(scores)
        actions = tf.stop_gradient(actions)
        rewards = tf.stop_gradient(self.rewards(data["features"], actions, mask))
        baseline = tf.gather(tf.convert_to_tensor(self.baselines), data["index"])
        gain = log_likelihood(scores, actions, mask) * (rewards - baseline[:, tf.newaxis])
        cost = self.beta * length_penalty(scores, mask) - tf.reduce_sum(gain, axis=-1)
        return tf.reduce_mean(cost), rewards, scores

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: Mapping[str, Any]) -> Logs:
        """One update, then the baselines of its videos."""
        with tf.GradientTape() as tape:
            cost, rewards, scores = self.cost(data)
        logs = {"cost": cost, "reward": tf.reduce_mean(rewards)}
        logs |= mean_score(scores, step_mask(data)) | self.step("selector", tape, cost)
        index = data["index"][:, tf.newaxis]
        present = tf.convert_to_tensor(self.baselines)
        moved = MEMORY * tf.gather_nd(present, index) + (1 - MEMORY) * tf.reduce_mean(rewards, -1)
        self.baselines.assign(tf.tensor_scatter_nd_update(present, index, moved))
        return logs


@dataclasses.dataclass(frozen=True)
class DrDsnSettings(MethodSettings):
    """The public code's defaults."""

    method: ClassVar[str] = "dr_dsn"

    hidden_size: int = option(256, "of the LSTM, per direction", lower_bound=1)
    init: str = option(
        "torch", "initial weights: torch (public code) or keras", choices=("torch", "keras")
    )
    episodes: int = option(5, "drawn sets of frames per update", lower_bound=1)
    beta: float = option(0.01, "β, weight of (mean score − ½)²", lower_bound=0.0)
    learning_rate: float = option(1e-5, "Adam's rate in the first epochs", lower_bound=0.0)
    learning_rate_factor: float = option(
        0.1, "the rate is multiplied with it after every learning_rate_epochs", lower_bound=0.0
    )
    learning_rate_epochs: int = option(30, "epochs of one rate; 0: all", lower_bound=0)
    l2: float = option(1e-5, "weight of w added to the gradient", lower_bound=0.0)
    clip: float = option(5.0, "largest gradient norm; 0: none", lower_bound=0.0)
    adam_epsilon: float = option(1e-8, "Adam's epsilon", lower_bound=0.0)


class DrDsn(KerasMethod):
    """A policy that is rewarded for frames that differ and represent; the last epoch counts, as in
    the public code."""

    name: ClassVar[str] = "dr_dsn"
    Settings = DrDsnSettings
    logs: ClassVar[Mapping[str, Log]] = {
        "cost": Log("loss/cost", "cost"),
        "reward": Log("reward", "reward"),
        **scores_logs(),
    }

    settings: DrDsnSettings

    def build(self, seed: int) -> DrDsnModel:
        settings = self.settings
        selector = LstmSelector(
            self.setup.input_size, settings.hidden_size, 1, settings.init, seed, name="selector"
        )
        return DrDsnModel(
            selector,
            max(1, len(self.setup.lengths)),  # no fewer than the training videos
            settings.episodes,
            settings.beta,
            settings.clip,
            seed,
            name="dr_dsn",
        )

    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        settings = self.settings
        adam = AdamL2(settings.learning_rate, l2=settings.l2, epsilon=settings.adam_epsilon)
        return {"selector": adam}

    def begin_epoch(self, epoch: int) -> None:
        settings, rate = self.settings, self.settings.learning_rate
        if settings.learning_rate_epochs:
            rate *= settings.learning_rate_factor ** (epoch // settings.learning_rate_epochs)
        self.model.selector_optimizer.learning_rate.assign(rate)
