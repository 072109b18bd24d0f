"""Determinants of a determinantal point process (DPP) over the frames of a video.

A set y of frames has probability det(L_y) / det(L + I), where L = V Vᵀ and row v_t = q_t k_t of V
is a frame's quality times its features. All is computed in float64 whatever the model's dtype: in
float32 the determinants of a few similar frames are lost.
"""

import tensorflow as tf

__all__ = ["negative_log_likelihood", "picked_determinant"]


def _rows(v: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.where(mask[:, :, tf.newaxis], v, tf.zeros_like(v)), tf.float64)


def _log_determinant(matrix: tf.Tensor) -> tf.Tensor:
    """Of positive definite matrices float [batch, n, n]."""
    diagonal = tf.linalg.diag_part(tf.linalg.cholesky(matrix))
    return 2 * tf.reduce_sum(tf.math.log(diagonal), axis=-1)


def negative_log_likelihood(
    v: tf.Tensor, picked: tf.Tensor, mask: tf.Tensor, jitter: float = 1e-6
) -> tf.Tensor:
    """log det(L + I) − log det(L_y), the DPP's loss for the set y of picked frames.

    det(L + I) is taken of the small matrix Vᵀ V + I, which has the same determinant.

    Args:
      v: float [batch, time, N], the rows of V.
      picked: float [batch, time], 1 for the frames of y; more than N of them make L_y singular.
      mask: bool [batch, time].
      jitter: share of L_y's mean diagonal that is added to its diagonal, so that frames that look
        the same give a large loss instead of an infinite one; 0: the paper's formula.

    Returns:
      float [batch], in v's dtype; log det(L_y) of an empty set is 0.
    """
    rows = _rows(v, mask)
    size = v.shape[-1]
    gram = tf.matmul(rows, rows, transpose_a=True)
    whole = _log_determinant(gram + tf.eye(size, dtype=rows.dtype))
    inside = tf.cast(picked, rows.dtype) * tf.cast(mask, rows.dtype)
    chosen = rows * inside[:, :, tf.newaxis]
    minor = tf.matmul(chosen, chosen, transpose_b=True)
    if jitter:
        count = tf.maximum(tf.reduce_sum(inside, axis=-1), 1)
        mean = tf.linalg.trace(minor) / count
        shift = jitter * (tf.stop_gradient(mean) + jitter)
        minor += tf.linalg.diag(shift[:, tf.newaxis] * inside)
    minor += tf.linalg.diag(1 - inside)  # frames outside of y: factors of one
    return tf.cast(whole - _log_determinant(minor), v.dtype)


def picked_determinant(v: tf.Tensor, picked: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """det(L_y + I): what the public code of dppLSTM adds to its loss, by a slip; arguments as
    above, float [batch]."""
    rows = _rows(v, mask)
    chosen = rows * tf.cast(picked, rows.dtype)[:, :, tf.newaxis]
    gram = tf.matmul(chosen, chosen, transpose_a=True)
    identity = tf.eye(v.shape[-1], dtype=rows.dtype)
    return tf.cast(tf.exp(_log_determinant(gram + identity)), v.dtype)
