"""ACGAN's generator, which scores, and the network that it shares its shape with."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.multi_head import MultiHeadSelfAttention
from tf_dictsum.layers.stacked_lstm import StackedLSTM
from tf_dictsum.selectors.base import Selector

__all__ = ["AcganSelector", "AttentiveNetwork", "Condition", "condition_of"]

RATIO = 0.15  # of the frames make the condition


class Condition(NamedTuple):
    """What both networks are told of a video; [batch, ...]."""

    vector: tf.Tensor  # c [batch, D], the mean of the chosen rows
    chosen: tf.Tensor  # bool [batch, time]


def condition_of(attended: tf.Tensor, mask: tf.Tensor, ratio: float = RATIO) -> Condition:
    """The mean of the max(1, ⌊ratio · T⌋) self-attended rows of largest L2 norm; the choice carries
    no gradient.

    attended: float [batch, time, D]; mask: bool [batch, time]. Of equal norms the earlier row is
    chosen.
    """
    length = tf.reduce_sum(tf.cast(mask, attended.dtype), axis=-1)
    count = tf.cast(tf.maximum(tf.floor(ratio * length + 1e-9), 1), tf.int32)
    norms = tf.reduce_sum(tf.square(attended), axis=-1)
    order = tf.argsort(tf.where(mask, norms, -1), direction="DESCENDING", stable=True)
    chosen = (tf.argsort(order) < count[:, tf.newaxis]) & mask
    weights = tf.cast(chosen, attended.dtype)
    total = tf.einsum("bt,btd->bd", weights, attended)
    return Condition(total / tf.cast(count, attended.dtype)[:, tf.newaxis], chosen)


class AttentiveNetwork(keras.layers.Layer):
    """Self-attention -> bidirectional LSTM over (frame, condition) -> Linear, ReLU -> Linear to one
    logit.

    Args:
      input_size: D; units: of the LSTM per direction; dense_size: of the first Linear; heads: of
        the attention.
      initializers: where the initial weights come from.
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        dense_size: int,
        heads: int,
        initializers: Initializers,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        dtype = self.dtype_policy
        self.attention = MultiHeadSelfAttention(
            input_size, heads, initializers, name="attention", dtype=dtype
        )
        self.lstm = StackedLSTM(
            2 * input_size,
            units,
            initializers,
            bidirectional=True,
            depth=1,
            name="lstm",
            dtype=dtype,
        )
        self.hidden = keras.layers.Dense(
            dense_size,
            activation="relu",
            name="hidden",
            dtype=dtype,
            **initializers.dense(2 * units),
        )
        self.hidden.build((None, 2 * units))
        self.out = keras.layers.Dense(1, name="out", dtype=dtype, **initializers.dense(dense_size))
        self.out.build((None, dense_size))
        self.built = True

    def read(
        self, attended: tf.Tensor, condition: tf.Tensor, mask: tf.Tensor
    ) -> tuple[tf.Tensor, list[tuple[tf.Tensor, tf.Tensor]]]:
        """LSTM outputs float [batch, time, 2 · units] and final states, of the attended frames
        beside c [batch, D]."""
        beside = tf.broadcast_to(condition[:, tf.newaxis], tf.shape(attended))
        return self.lstm(tf.concat([attended, beside], axis=-1), mask=mask)

    def logits(self, x: tf.Tensor) -> tf.Tensor:
        """x float [..., 2 · units] -> float [...]."""
        return self.out(self.hidden(x))[..., 0]


@keras.saving.register_keras_serializable("tf_dictsum")
class AcganSelector(Selector):
    """The generator of ACGAN (He et al., ACM MM 2019), re-derived from the paper's equations: its
    code is not public.

    Self-attended frames, and beside each of them the condition c (`condition_of` these very
    frames), go through a bidirectional LSTM and two Linear layers to a sigmoid. Ours, where the
    equations do not say: no biases in the attention, heads, how c is made of the chosen rows and
    where it enters, widths. 9,046,529 weights at D = 1024.

    Args:
      input_size: D; units: of the LSTM per direction; dense_size: of the first Linear; heads: of
        the attention.
      init: see `Initializers`; seed: of the initial weights.

    Call arguments:
      features: float [batch, time, D]; mask: bool [batch, time] or None.

    Returns:
      scores float [batch, time] in (0, 1), zero where masked.
    """

    def __init__(
        self,
        input_size: int,
        units: int = 256,
        dense_size: int = 256,
        heads: int = 8,
        init: str = "torch",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(input_size, **kwargs)
        self.units, self.dense_size, self.heads = units, dense_size, heads
        self.initializers = Initializers.of(init, seed)
        self.network = AttentiveNetwork(
            input_size,
            units,
            dense_size,
            heads,
            self.initializers,
            name="network",
            dtype=self.dtype_policy,
        )
        self.built = True

    def score_and_condition(
        self, features: tf.Tensor, mask: tf.Tensor
    ) -> tuple[tf.Tensor, Condition]:
        """Scores float [batch, time], and the condition that the discriminator is given too."""
        attended, _ = self.network.attention(features, mask=mask)
        condition = condition_of(attended, mask)
        hidden, _ = self.network.read(attended, condition.vector, mask)
        scores = tf.sigmoid(self.network.logits(hidden))
        return tf.where(mask, scores, tf.zeros_like(scores)), condition

    def call(self, features: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        if mask is None:
            mask = tf.ones(tf.shape(features)[:2], tf.bool)
        return self.score_and_condition(features, mask)[0]

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.initializers.get_config(),
            "units": self.units,
            "dense_size": self.dense_size,
            "heads": self.heads,
        }
