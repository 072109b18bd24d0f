"""Cosine similarity of all pairs of steps."""

import tensorflow as tf

__all__ = ["cosine_similarity"]


def cosine_similarity(a: tf.Tensor, b: tf.Tensor) -> tf.Tensor:
    """a [batch, time, D] and b [batch, steps, D] -> float [batch, time, steps]; 0 where a vector is
    zero."""

    def direction(x: tf.Tensor) -> tf.Tensor:
        square = tf.reduce_sum(x * x, axis=-1, keepdims=True)
        positive = square > 0
        inverse = tf.math.rsqrt(tf.where(positive, square, tf.ones_like(square)))
        return x * tf.where(positive, inverse, tf.zeros_like(inverse))

    return tf.matmul(direction(a), direction(b), transpose_b=True)
