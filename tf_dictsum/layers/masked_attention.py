"""Softmax over the steps of a padded sequence."""

import tensorflow as tf

__all__ = ["masked_softmax"]


def masked_softmax(logits: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """Attention weights of every step over every step.

    Args:
      logits: float [batch, ..., time (queries), time (keys)].
      mask: bool [batch, time], False past the end of a sequence; None: all steps count.

    Returns:
      float as `logits`: rows sum to one over the real keys; rows and columns of masked steps are
      zero.
    """
    if mask is None:
        return tf.nn.softmax(logits)
    inner = [1] * (logits.shape.rank - 3)
    shape = tf.shape(mask)
    keys = tf.reshape(mask, [shape[0], *inner, 1, shape[1]])
    queries = tf.reshape(mask, [shape[0], *inner, shape[1], 1])
    weights = tf.nn.softmax(tf.where(keys, logits, logits.dtype.min))
    return tf.where(keys & queries, weights, tf.zeros_like(weights))
