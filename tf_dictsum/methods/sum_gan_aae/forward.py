"""What one forward pass of the adversarial model yields."""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

__all__ = ["Data", "Forward", "Logs"]

Logs = dict[str, tf.Tensor]
Data = Mapping[str, tf.Tensor]


class Forward(NamedTuple):
    """One forward pass; [batch, ...]."""

    scores: tf.Tensor  # s [batch, time]
    compressed: tf.Tensor  # X [batch, time, H]
    encoding: tf.Tensor  # e [batch, H]
    reconstruction: tf.Tensor  # X̂ [batch, time, H]
    phi_original: tf.Tensor  # φ(X) [batch, H]
    phi_reconstruction: tf.Tensor  # φ(X̂) [batch, H]
    p_original: tf.Tensor  # C(X) [batch]
    p_reconstruction: tf.Tensor  # C(X̂) [batch]
