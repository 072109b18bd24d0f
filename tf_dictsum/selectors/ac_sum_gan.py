"""AC-SUM-GAN's scorer: frame scores, weighed by the fragments that an actor picks."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tf_dictsum.layers.fragments import fragment_means, fragment_numbers
from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.selectors.base import Selector
from tf_dictsum.selectors.bilstm import BiLSTMSelector

__all__ = ["AcSumGanSelector", "Episode", "Layers"]


class Episode(NamedTuple):
    """What the actor did with a video; [batch, picks, ...]."""

    states: tf.Tensor  # before every pick [.., fragments], without gradient
    probabilities: tf.Tensor  # of every pick [.., fragments]
    actions: tf.Tensor  # int32
    new: tf.Tensor  # bool: the fragment was not picked before
    weights: tf.Tensor  # of the fragments after every pick [.., fragments]


@keras.saving.register_keras_serializable("tf_dictsum")
class Layers(keras.layers.Layer):
    """Linear layers with ReLU between them.

    Args:
      sizes: width of the input and of every layer's output.
      init: "torch", "keras" or the `Initializers` of a larger model.
      seed: of the initial weights, unless `init` is an `Initializers`.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        init: str | Initializers = "torch",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.sizes = tuple(sizes)
        self.initializers = Initializers.of(init, seed)
        self.linear = []
        for number, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
            layer = keras.layers.Dense(
                outputs,
                activation="relu" if number < len(sizes) - 2 else None,
                name=f"linear_{number}",
                dtype=self.dtype_policy,
                **self.initializers.dense(inputs),
            )
            layer.build((None, inputs))
            self.linear.append(layer)
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        for layer in self.linear:
            x = layer(x)
        return x

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.initializers.get_config(),
            "sizes": list(self.sizes),
        }


@keras.saving.register_keras_serializable("tf_dictsum")
class AcSumGanSelector(Selector):
    """Apostolidis et al., "AC-SUM-GAN" (TCSVT 2020): scores of a `BiLSTMSelector`, weighed by what
    an actor picks.

    The state is the mean score of every fragment; `picks` times the actor (Linear layers, softmax)
    picks one and the state's entry becomes 0. The k-th fragment that was not picked before (k from
    0) weighs (picks − k)/(fragments − k) + 1, the others (fragments − picks)/fragments; scores are
    multiplied with the weights and can exceed 1. The public code draws the picks also when it
    scores, so its scores change from call to call; here scoring takes the likeliest fragment each
    time.

    Args:
      input_size: D; units: H.
      fragments: of a video; picks: of them.
      actor: widths of the actor's hidden layers.
      init: see `Initializers`; seed: of the initial weights.

    Call arguments:
      features: float [batch, time, D]; mask: bool [batch, time] or None.

    Returns:
      scores float [batch, time], zero where masked.
    """

    def __init__(
        self,
        input_size: int,
        units: int = 512,
        fragments: int = 60,
        picks: int = 9,
        actor: Sequence[int] = (512, 1024, 512),
        init: str | Initializers = "torch",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(input_size, **kwargs)
        self.initializers = Initializers.of(init, seed)
        self.units, self.fragments, self.picks = units, fragments, picks
        self.widths = tuple(actor)
        dtype = self.dtype_policy
        self.scorer = BiLSTMSelector(
            input_size, units, self.initializers, name="scorer", dtype=dtype
        )
        sizes = (fragments, *actor, fragments)
        self.actor = Layers(sizes, self.initializers, name="actor", dtype=dtype)
        self.built = True

    def pick(
        self,
        scores: tf.Tensor,
        numbers: tf.Tensor,
        mask: tf.Tensor,
        choose: Callable[[int, tf.Tensor], tf.Tensor],
    ) -> Episode:
        """One episode.

        Args:
          scores: float [batch, time]; numbers: fragment of every step, int32 [batch, time]; mask:
            bool [batch, time].
          choose: (pick, probabilities [batch, fragments]) -> fragment int32 [batch].
        """
        count, picks = self.fragments, self.picks
        state = tf.stop_gradient(fragment_means(scores, numbers, mask, count))
        weights = tf.fill(tf.shape(state), tf.constant(1 - picks / count, state.dtype))
        picked = tf.zeros_like(state)
        steps = []
        for n in range(picks):
            probabilities = tf.nn.softmax(self.actor(state))
            action = choose(n, probabilities)
            hit = tf.one_hot(action, count, dtype=state.dtype)
            new = tf.reduce_sum(hit * picked, axis=-1) < 0.5
            k = tf.reduce_sum(picked, axis=-1, keepdims=True)
            taken = (hit > 0.5) & new[:, tf.newaxis]
            weights = tf.where(taken, (picks - k) / (count - k) + 1, weights)
            steps.append((state, probabilities, action, new, weights))
            picked = tf.maximum(picked, hit)
            state = state * (1 - hit)
        return Episode(*(tf.stack(part, axis=1) for part in zip(*steps, strict=True)))

    def call(self, features: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        if mask is None:
            mask = tf.ones(tf.shape(features)[:2], tf.bool)
        scores = self.scorer(features, mask=mask)
        lengths = tf.reduce_sum(tf.cast(mask, tf.int32), axis=-1)
        numbers = fragment_numbers(lengths, tf.shape(features)[1], self.fragments)
        episode = self.pick(
            scores, numbers, mask, lambda _, p: tf.argmax(p, axis=-1, output_type=tf.int32)
        )
        return scores * self.frame_weights(episode.weights[:, -1], numbers)

    def frame_weights(self, weights: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
        """weights [batch, fragments] -> float [batch, time]; a step of no fragment has that of one
        not picked."""
        rest = 1 - self.picks / self.fragments
        inside = tf.one_hot(numbers, self.fragments, dtype=weights.dtype)
        return rest + tf.einsum("bm,btm->bt", weights - rest, inside)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.initializers.get_config(),
            "units": self.units,
            "fragments": self.fragments,
            "picks": self.picks,
            "actor": list(self.widths),
        }
