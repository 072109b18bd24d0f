"""Dropout whose draws a test can replace."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import tensorflow as tf

__all__ = ["dropout_of"]


def dropout_of(
    data: Mapping[str, Any], rate: float, random: keras.random.SeedGenerator
) -> Callable[[tf.Tensor], tf.Tensor]:
    """A function that drops a tensor's values, for one training step.

    The draws cover padding too, so with a rate above zero a padded batch draws other masks than an
    unpadded one.

    Args:
      data: of the step; its "dropout_masks", where there are any, take the place of the draws, one
        per call.
      rate: share of values set to zero; the others are divided by 1 − rate.
      random: where the draws come from; its state is a variable, so that a resumed run draws the
        same.
    """
    if "dropout_masks" in data:
        masks = iter(data["dropout_masks"])
        return lambda x: x * next(masks)
    if not rate:
        return tf.identity
    return lambda x: keras.random.dropout(x, rate, seed=random)
