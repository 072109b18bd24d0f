"""CA-SUM's scorer: attention concentrated on blocks of the video."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.attention_dense import linear, xavier_dense
from tf_dictsum.layers.cosine import cosine_similarity
from tf_dictsum.layers.masked_attention import masked_softmax
from tf_dictsum.selectors.base import Selector

__all__ = ["CaSumSelector"]


@keras.saving.register_keras_serializable("tf_dictsum")
class CaSumSelector(Selector):
    """Apostolidis et al., "Summarizing Videos using Concentrated Attention" (ICMR 2022), as its
    public code computes it.

    A = softmax(Q Kᵀ). Uniqueness u: entropy of every row divided by log T, then L1-normalised over
    the frames.
    Diversity dep_i: the mean of d_ij = 1 − cos(x_i, x_j) over the frames j outside of i's block,
    weighed by A_ij, = Σ d A / Σ d. Inside the blocks A′_ij = A_ij + dep_j, elsewhere 0. y = W_out
    [A′ V; u; dep], with no gradient through these u and dep (but through the dep of A′); LN(y + x)
    -> Linear, ReLU -> LN -> Linear -> sigmoid. 5,251,073 weights at D = 1024.

    Where a block covers the whole video (T ≤ block) the public code divides 0 by 0; here dep is 0
    then. A video of one frame has u = 0 (its log T is 0).

    Args:
      input_size: D.
      block: frames per block.
      seed: of the initial weights: Xavier uniform with gain √2, every bias 0.1, those of the
        normalisations too.

    Call arguments:
      features: float [batch, time, D]; mask: bool [batch, time] or None.
      dropout: applied to the residual sum and to the regressor's hidden layer, in that order; None:
        no dropout.

    Returns:
      scores float [batch, time] in (0, 1), zero where masked.
    """

    def __init__(self, input_size: int, block: int = 60, seed: int = 0, **kwargs: Any):
        super().__init__(input_size, **kwargs)
        self.block, self.seed = block, seed
        sizes = {
            "key": (input_size, input_size),
            "query": (input_size, input_size),
            "value": (input_size, input_size),
            "attended": (input_size + 2, input_size),
            "hidden": (input_size, input_size),
            "score": (input_size, 1),
        }
        for number, (name, (inputs, outputs)) in enumerate(sizes.items()):
            layer = xavier_dense(
                inputs,
                outputs,
                name,
                10 * seed + number,
                self.dtype_policy,
                bias=name in ("hidden", "score"),
            )
            setattr(self, name, layer)
        for name in ("norm_attended", "norm_hidden"):
            norm = keras.layers.LayerNormalization(
                epsilon=1e-6,
                beta_initializer=keras.initializers.Constant(0.1),
                name=name,
                dtype=self.dtype_policy,
            )
            norm.build((None, input_size))
            setattr(self, name, norm)
        self.built = True

    def call(
        self,
        features: tf.Tensor,
        mask: tf.Tensor | None = None,
        dropout: Any = None,
    ) -> tf.Tensor:
        drop = dropout or tf.identity
        if mask is None:
            mask = tf.ones(tf.shape(features)[:2], tf.bool)
        hidden = self.norm_attended(drop(self.attend(features, mask)[1] + features))
        hidden = self.norm_hidden(drop(tf.nn.relu(linear(self.hidden, hidden))))
        scores = tf.sigmoid(linear(self.score, hidden)[..., 0])
        return tf.where(mask, scores, tf.zeros_like(scores))

    def attend(self, features: tf.Tensor, mask: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """(A′ float [batch, time, time], what it makes of the features float [batch, time, D])."""
        query, key = linear(self.query, features), linear(self.key, features)
        weights = masked_softmax(tf.matmul(query, key, transpose_b=True), mask)
        unique = uniqueness(weights, mask)
        number = tf.range(tf.shape(features)[1]) // self.block
        inside = number[:, tf.newaxis] == number
        apart = diversity_outside(features, weights, inside, mask)
        # The diversity is that of the column, the attended frame.
        blocks = tf.where(inside, weights + apart[:, tf.newaxis], tf.zeros_like(weights))
        blocks = tf.where(mask[:, :, tf.newaxis] & mask[:, tf.newaxis], blocks, 0)
        context = tf.matmul(blocks, linear(self.value, features))
        beside = tf.stop_gradient(tf.stack([unique, apart], axis=-1))
        joined = tf.concat([context, beside], axis=-1)
        return blocks, linear(self.attended, joined)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "block": self.block, "seed": self.seed}


def uniqueness(weights: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """u float [batch, time] of attention weights [batch, time, time]."""
    real = tf.cast(mask, weights.dtype)
    entropy = -tf.reduce_sum(tf.math.xlogy(weights, weights), axis=-1)
    length = tf.reduce_sum(real, axis=-1, keepdims=True)
    entropy = tf.math.divide_no_nan(entropy, tf.math.log(tf.maximum(length, 1))) * real
    total = tf.reduce_sum(tf.abs(entropy), axis=-1, keepdims=True)
    return entropy / tf.maximum(total, 1e-12)  # as torch.nn.functional.normalize guards it


def diversity_outside(
    features: tf.Tensor, weights: tf.Tensor, inside: tf.Tensor, mask: tf.Tensor
) -> tf.Tensor:
    """dep float [batch, time]; inside: bool [time, time], pairs of one block."""
    different = 1 - cosine_similarity(features, features)
    counted = mask[:, :, tf.newaxis] & mask[:, tf.newaxis] & ~inside
    different = tf.where(counted, different, tf.zeros_like(different))
    return tf.math.divide_no_nan(
        tf.reduce_sum(different * weights, axis=-1), tf.reduce_sum(different, axis=-1)
    )
