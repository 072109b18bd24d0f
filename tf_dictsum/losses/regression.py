"""Losses against labels, of the supervised methods."""

import tensorflow as tf

__all__ = ["mean_squared_error", "min_max", "weighted_cross_entropy"]

CLIP = 1e-7  # of probabilities, and what is added inside each logarithm: Keras' backend constant


def _mean(values: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    weights = tf.cast(mask, values.dtype)
    return tf.reduce_sum(values * weights, axis=-1) / tf.reduce_sum(weights, axis=-1)


def mean_squared_error(scores: tf.Tensor, target: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Mean of (score − target)² over the real steps; float [batch, time] each, mask bool [batch,
    time]."""
    return _mean(tf.square(scores - target), mask)


def min_max(gtscore: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """gtscore float [batch, time] minus its least, divided by what is then its largest value, per
    video.

    A constant gtscore, where the public code divides 0 by 0, becomes zeros. Masked steps are zero.
    """
    low = tf.reduce_min(tf.where(mask, gtscore, gtscore.dtype.max), axis=-1, keepdims=True)
    shifted = tf.where(mask, gtscore - low, tf.zeros_like(gtscore))
    return tf.math.divide_no_nan(shifted, tf.reduce_max(shifted, axis=-1, keepdims=True))


def weighted_cross_entropy(scores: tf.Tensor, labels: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of 0/1 labels, positives weighted by T − p and negatives by p; float [batch].

    p is the mean number of positives per video of the batch and T each video's length (in the
    public code all have one length). Probabilities are clipped to [1e-7, 1 − 1e-7] and 1e-7 is
    added inside each logarithm, as Keras does.
    """
    weights = tf.cast(mask, scores.dtype)
    positives = tf.reduce_mean(tf.reduce_sum(labels * weights, axis=-1))
    length = tf.reduce_sum(weights, axis=-1, keepdims=True)
    p = tf.clip_by_value(scores, CLIP, 1 - CLIP)
    entropy = -labels * tf.math.log(p + CLIP) - (1 - labels) * tf.math.log(1 - p + CLIP)
    return _mean(tf.where(labels > 0.5, length - positives, positives) * entropy, mask)
