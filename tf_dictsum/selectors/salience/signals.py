"""`tf_dictsum.saliency` for one video of evenly spaced frames, in TensorFlow; tests hold it to the
numpy functions.
"""

import tensorflow as tf

from tf_dictsum.saliency.change import LAG
from tf_dictsum.saliency.rarity import MOST, SHARE

__all__ = ["change", "middle", "ranks", "rarity", "smooth", "vector_length"]

_DIGITS = 1e5  # differences of less than 1e-5 of the largest value are rounding in float32
_EQUAL = 1e-3
_REACH = 4.0


def ranks(values: tf.Tensor) -> tf.Tensor:
    """[n] -> ranks in (0, 1), as `saliency.ranks.ranks` but for the rounding."""
    largest = tf.maximum(tf.reduce_max(tf.abs(values)), 1e-30)
    row = tf.round(values / largest * _DIGITS)
    ordered = tf.sort(row)
    below = tf.searchsorted(ordered, row, side="left")
    upto = tf.searchsorted(ordered, row, side="right")
    return tf.cast(below + upto, values.dtype) / (2 * tf.cast(tf.size(row), values.dtype))


def smooth(values: tf.Tensor, step: tf.Tensor, sigma: float) -> tf.Tensor:
    """[n] -> [n], as `saliency.smoothing.smooth` with frames `step` seconds apart."""
    reach = tf.math.floor(_REACH * sigma / step + 1e-4)
    apart = tf.range(-reach, reach + 1) * step
    kernel = tf.exp(-0.5 * (apart / max(sigma, 1e-6)) ** 2)[:, tf.newaxis, tf.newaxis]
    both = tf.stack([values, tf.ones_like(values)])[:, :, tf.newaxis]
    total, weight = tf.unstack(tf.nn.conv1d(both, kernel, stride=1, padding="SAME")[..., 0])
    return total / weight


def change(rows: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
    """[n, D] -> [n], as `saliency.change.change` with frames `step` seconds apart."""
    n = tf.shape(rows)[0]
    lag = tf.cast(tf.maximum(tf.round(LAG / step), 1), tf.int32)
    away = tf.norm(rows[lag:] - rows[:-lag], axis=1)
    missing = tf.zeros([tf.minimum(lag, n)], rows.dtype)
    before, after = tf.concat([missing, away], 0), tf.concat([away, missing], 0)
    place = tf.range(n)
    reached = tf.cast(tf.maximum(lag, tf.cast(tf.math.ceil(LAG / step - 1e-4), tf.int32)), tf.int32)
    left = tf.cast(place >= reached, rows.dtype)
    right = left[::-1]
    sides = left + right
    ends = tf.norm(rows[0] - rows[-1])
    return tf.where(
        sides > 0,
        (before * left + after * right) / tf.maximum(sides, 1),
        tf.ones_like(sides) * ends,
    )


def rarity(rows: tf.Tensor) -> tf.Tensor:
    """[n, D] -> [n], as `saliency.rarity.rarity`."""
    n = tf.shape(rows)[0]
    most = tf.minimum(n, MOST)
    spacing = tf.cast(n - 1, tf.float64) / tf.cast(tf.maximum(most - 1, 1), tf.float64)
    sample = tf.cast(tf.round(tf.cast(tf.range(most), tf.float64) * spacing), tf.int32)
    others = tf.gather(rows, sample)
    centre = tf.reduce_mean(others, axis=0)
    left, right = rows - centre, others - centre
    squares = tf.reduce_sum(left**2, 1)[:, tf.newaxis] + tf.reduce_sum(right**2, 1)
    away = tf.sqrt(tf.maximum(squares - 2 * tf.matmul(left, right, transpose_b=True), 0))
    itself = tf.range(n)[:, tf.newaxis] == sample
    away = tf.where(itself, tf.fill(tf.shape(away), rows.dtype.max), away)
    count = tf.maximum(tf.cast(tf.round(SHARE * tf.cast(most, tf.float32)), tf.int32), 1)
    near = -tf.math.top_k(-away, count)[0]
    counted = tf.cast(near < rows.dtype.max, rows.dtype)
    total = tf.reduce_sum(tf.where(near < rows.dtype.max, near, tf.zeros_like(near)), 1)
    return total / tf.maximum(tf.reduce_sum(counted, 1), 1)


def vector_length(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """[n, D] -> lengths [n], and 1.0 if they tell frames apart, else 0.0; as
    `saliency.length.vector_length`.
    """
    lengths = tf.norm(rows, axis=1)
    longest = tf.reduce_max(lengths)
    differ = longest - tf.reduce_min(lengths) > _EQUAL * longest
    return lengths, tf.cast(differ, rows.dtype)


def middle(rows: tf.Tensor) -> tf.Tensor:
    """[n, D] -> [n], as `saliency.position.middle` with evenly spaced frames."""
    n = tf.shape(rows)[0]
    place = tf.cast(tf.range(n), rows.dtype) / tf.cast(tf.maximum(n - 1, 1), rows.dtype)
    return 0.5 - tf.abs(place - 0.5) + 0.5 * tf.cast(n == 1, rows.dtype)
