"""Rewards of DR-DSN for picking frames, and its loss of a policy."""

import numpy as np
import tensorflow as tf

from tf_dictsum.layers.cosine import cosine_similarity

__all__ = ["FAR", "diversity", "length_penalty", "log_likelihood", "representativeness"]

FAR = 20  # steps; farther apart, two frames count as entirely different


def diversity(features: tf.Tensor, actions: tf.Tensor, far: int | None = FAR) -> tf.Tensor:
    """R_div: mean dissimilarity 1 − cos(x_i, x_j) of all pairs of picked frames.

    Args:
      features: float [batch, time, D].
      actions: float [batch, episodes, time], 1 where picked; 0 in padding.
      far: pairs more than this many steps apart count 1; None: never.

    Returns:
      float [batch, episodes]; 0 with fewer than two picks (where the public code crashes on one).
    """
    different = 1 - cosine_similarity(features, features)
    if far is not None:
        steps = tf.range(tf.shape(features)[1])
        apart = tf.abs(steps[:, tf.newaxis] - steps) > far
        different = tf.where(apart, tf.ones_like(different), different)
    total = tf.reduce_sum(tf.matmul(actions, different) * actions, axis=-1)
    count = tf.reduce_sum(actions, axis=-1)
    return tf.math.divide_no_nan(total, count * (count - 1))


def representativeness(features: tf.Tensor, actions: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """R_rep = exp(−mean_t min_{j picked} ‖x_t − x_j‖²); arguments as `diversity`, mask bool [batch,
    time].

    Returns:
      float [batch, episodes]; 0 without a pick.
    """
    squares = tf.reduce_sum(features * features, axis=-1)
    products = tf.matmul(features, features, transpose_b=True)
    distances = squares[:, :, tf.newaxis] + squares[:, tf.newaxis] - 2 * products
    picked = actions[:, :, tf.newaxis] > 0.5  # [batch, episodes, 1, time]
    nearest = tf.reduce_min(
        tf.where(picked, distances[:, tf.newaxis], distances.dtype.max), axis=-1
    )
    real = tf.cast(mask, features.dtype)
    weights = (real / tf.reduce_sum(real, axis=-1, keepdims=True))[:, tf.newaxis]
    mean = tf.reduce_sum(tf.where(weights > 0, nearest * weights, tf.zeros_like(nearest)), axis=-1)
    any_picked = tf.reduce_any(picked[:, :, 0], axis=-1)
    return tf.where(any_picked, tf.exp(-mean), tf.zeros_like(mean))


def log_likelihood(probabilities: tf.Tensor, actions: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Mean over the real steps of log Bernoulli(action; probability): float [batch, episodes].

    probabilities float [batch, time] in (0, 1); they are kept away from 0 and 1 by the dtype's
    resolution, as torch.distributions.Bernoulli keeps them.
    """
    tiny = np.finfo(probabilities.dtype.as_numpy_dtype).eps
    p = tf.clip_by_value(probabilities, tiny, 1 - tiny)[:, tf.newaxis]
    logs = actions * tf.math.log(p) + (1 - actions) * tf.math.log1p(-p)
    real = tf.cast(mask, p.dtype)[:, tf.newaxis]
    return tf.reduce_sum(logs * real, axis=-1) / tf.reduce_sum(real, axis=-1)


def length_penalty(probabilities: tf.Tensor, mask: tf.Tensor, share: float = 0.5) -> tf.Tensor:
    """(mean p − share)² over the real steps: float [batch]."""
    real = tf.cast(mask, probabilities.dtype)
    mean = tf.reduce_sum(probabilities * real, axis=-1) / tf.reduce_sum(real, axis=-1)
    return tf.square(mean - share)
