"""The losses of the method, as pure functions of one batch.

Every function takes float tensors with a leading batch axis and returns float [batch], one value
per video; the caller takes the mean over the batch, which at batch 1 is the paper's loss.

Reference: Apostolidis et al., "Unsupervised Video Summarization via Attention-Driven Adversarial
Learning" (MMM 2020) for all but the dictionary loss, which is equation 2 of "Adversarial
unsupervised video summarization augmented with dictionary loss" (ICIP 2021).
"""

import tensorflow as tf

__all__ = [
    "dictionary_loss",
    "generator_loss",
    "norm",
    "original_loss",
    "reconstruction_loss",
    "sparsity_loss",
    "summary_loss",
]


def norm(x: tf.Tensor, kind: str = "l2") -> tf.Tensor:
    """‖x‖₂ ("l2") or ‖x‖₂² ("l2sq") over the last axis, with a finite gradient (zero) at x = 0.

    Raises:
      ValueError: another kind.
    """
    square = tf.reduce_sum(x * x, axis=-1)
    if kind == "l2sq":
        return square
    if kind != "l2":
        raise ValueError(f"norm is {kind!r}; expected 'l2' or 'l2sq'.")
    positive = square > 0
    root = tf.sqrt(tf.where(positive, square, tf.ones_like(square)))
    return tf.where(positive, root, tf.zeros_like(root))


def reconstruction_loss(
    phi_original: tf.Tensor, phi_reconstruction: tf.Tensor, kind: str = "l2"
) -> tf.Tensor:
    """L_recon = ‖φ(X) − φ(X̂)‖; φ float [batch, H], the discriminator's last hidden state."""
    return norm(phi_original - phi_reconstruction, kind)


def sparsity_loss(scores: tf.Tensor, mask: tf.Tensor, sigma: float) -> tf.Tensor:
    """L_sparsity = |mean(s) − σ| over the real steps; scores float [batch, time], mask bool [batch,
    time]."""
    weights = tf.cast(mask, scores.dtype)
    mean = tf.reduce_sum(scores * weights, axis=-1) / tf.reduce_sum(weights, axis=-1)
    return tf.abs(mean - sigma)


def dictionary_loss(
    parallel_hidden: tf.Tensor, dictionary_output: tf.Tensor, kind: str = "l2"
) -> tf.Tensor:
    """L_dict = ‖h − A e‖ (equation 2); h and A e float [batch, N]."""
    return norm(parallel_hidden - dictionary_output, kind)


def generator_loss(p_reconstruction: tf.Tensor) -> tf.Tensor:
    """L_gen = (1 − C(X̂))²; float [batch]."""
    return tf.square(1 - p_reconstruction)


def original_loss(p_original: tf.Tensor) -> tf.Tensor:
    """L_orig = (1 − C(X))²; float [batch]."""
    return tf.square(1 - p_original)


def summary_loss(p_reconstruction: tf.Tensor) -> tf.Tensor:
    """L_sum = C(X̂)²; float [batch]."""
    return tf.square(p_reconstruction)
