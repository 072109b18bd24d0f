"""VASNet's scorer: one head of self-attention over the whole video, then a regressor for every
frame."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.attention_dense import linear, xavier_dense
from tf_dictsum.layers.masked_attention import masked_softmax
from tf_dictsum.layers.sample_norm import SampleNorm
from tf_dictsum.selectors.base import Selector

__all__ = ["VasnetSelector"]

QUERY_SCALE = 0.06  # of the public code


@keras.saving.register_keras_serializable("tf_dictsum")
class VasnetSelector(Selector):
    """Fajtl et al., "Summarizing Videos with Attention" (2018), as github.com/ok1zjf/VASNet
    computes it.

    A = softmax_j(0.06 q_i · k_j); y_j = Σ_i A_ij v_i (the public code applies A transposed, so the
    weights of one output do not sum to one); LN(y W_out + x) -> Linear, ReLU -> LN -> Linear ->
    sigmoid. LN is `SampleNorm`.
    5,249,025 weights at D = units = 1024; the public code has 2,099,200 more in two layers that it
    never calls.

    Args:
      input_size: D.
      units: width of the regressor.
      seed: of the initial weights: Xavier uniform with gain √2, every bias 0.1.

    Call arguments:
      features: float [batch, time, D]; mask: bool [batch, time] or None.
      dropout: applied to A, to the residual sum and to the regressor's hidden layer, in that order;
        None: no dropout.

    Returns:
      scores float [batch, time] in (0, 1), zero where masked.
    """

    def __init__(self, input_size: int, units: int = 1024, seed: int = 0, **kwargs: Any):
        super().__init__(input_size, **kwargs)
        self.units, self.seed = units, seed
        sizes = {
            "key": (input_size, input_size),
            "query": (input_size, input_size),
            "value": (input_size, input_size),
            "attended": (input_size, input_size),
            "hidden": (input_size, units),
            "score": (units, 1),
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
        self.norm_attended = SampleNorm(name="norm_attended", dtype=self.dtype_policy)
        self.norm_attended.build((None, input_size))
        self.norm_hidden = SampleNorm(name="norm_hidden", dtype=self.dtype_policy)
        self.norm_hidden.build((None, units))
        self.built = True

    def call(
        self,
        features: tf.Tensor,
        mask: tf.Tensor | None = None,
        dropout: Callable[[tf.Tensor], tf.Tensor] | None = None,
    ) -> tf.Tensor:
        drop = dropout or tf.identity
        attended = self.attend(features, mask, drop)[1]
        hidden = self.norm_attended(drop(attended + features))
        hidden = self.norm_hidden(drop(tf.nn.relu(linear(self.hidden, hidden))))
        scores = tf.sigmoid(linear(self.score, hidden)[..., 0])
        return scores if mask is None else tf.where(mask, scores, tf.zeros_like(scores))

    def attend(
        self,
        features: tf.Tensor,
        mask: tf.Tensor | None,
        dropout: Callable[[tf.Tensor], tf.Tensor] = tf.identity,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """(A float [batch, time, time], what it makes of the features float [batch, time, D])."""
        query = QUERY_SCALE * linear(self.query, features)
        logits = tf.matmul(query, linear(self.key, features), transpose_b=True)
        weights = masked_softmax(logits, mask)
        context = tf.matmul(dropout(weights), linear(self.value, features), transpose_a=True)
        return weights, linear(self.attended, context)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "seed": self.seed,
        }
