"""How unlike two score curves run."""

import tensorflow as tf

__all__ = ["correlation_loss"]

_EPSILON = 1e-8


def correlation_loss(scores: tf.Tensor, target: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """1 - Pearson's correlation over the frames of each video; with ranks as target, near 1 -
    Spearman's ρ.

    Level and scale of the scores do not matter. 1 where either is constant.

    Args:
      scores: float [batch, time].
      target: float [batch, time].
      mask: bool [batch, time], at least one frame each.

    Returns:
      float [batch].
    """
    weights = tf.cast(mask, scores.dtype)
    count = tf.reduce_sum(weights, axis=1, keepdims=True)
    ours, theirs = (
        (row - tf.reduce_sum(row * weights, axis=1, keepdims=True) / count) * weights
        for row in (scores, target)
    )
    variances = tf.reduce_sum(ours**2, axis=1) * tf.reduce_sum(theirs**2, axis=1)
    return 1 - tf.reduce_sum(ours * theirs, axis=1) / tf.sqrt(variances + _EPSILON)
