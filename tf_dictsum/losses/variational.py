"""Losses of the variational methods (SUM-GAN and what came after it)."""

import tensorflow as tf

from tf_dictsum.layers.cosine import cosine_similarity

__all__ = ["prior_loss", "repelling_loss", "saturating_gan"]


def prior_loss(mean: tf.Tensor, log_variance: tf.Tensor) -> tf.Tensor:
    """KL divergence of N(μ, σ²) from N(0, I), ½ Σ (σ² + μ² − 1 − log σ²) over layers and units:
    float [batch].

    mean, log_variance: float [batch, layers, H].
    """
    terms = tf.exp(log_variance) + tf.square(mean) - 1 - log_variance
    return 0.5 * tf.reduce_sum(terms, axis=[1, 2])


def saturating_gan(logit_original: tf.Tensor, *logits_rebuilt: tf.Tensor) -> tf.Tensor:
    """log C(X) + Σ log(1 − C(X̂)): float [batch], from the discriminator's logits float [batch],
    where it cannot overflow.

    SUM-GAN has two rebuilt videos: the summary's, and that of the video with random or with no
    scores.
    """
    total = tf.math.log_sigmoid(logit_original)
    for logit in logits_rebuilt:
        total += tf.math.log_sigmoid(-logit)
    return total


def repelling_loss(e: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Mean cosine similarity of all pairs of different steps, Σ_{t≠t'} cos(e_t, e_t') / (T (T −
    1)): float [batch].

    e: float [batch, time, H], mask: bool [batch, time]; 0 for a video of one step.
    """
    pairs = mask[:, :, tf.newaxis] & mask[:, tf.newaxis]
    different = pairs & ~tf.cast(tf.eye(tf.shape(mask)[1]), tf.bool)
    similar = cosine_similarity(e, e)
    total = tf.reduce_sum(tf.where(different, similar, tf.zeros_like(similar)), axis=[1, 2])
    length = tf.reduce_sum(tf.cast(mask, e.dtype), axis=-1)
    return tf.math.divide_no_nan(total, length * (length - 1))
