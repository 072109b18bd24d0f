"""A video as a fixed number of fragments."""

import tensorflow as tf

__all__ = ["fragment_means", "fragment_numbers"]


def fragment_numbers(lengths: tf.Tensor, time: tf.Tensor, count: int) -> tf.Tensor:
    """The fragment of every step: int32 [batch, time], in 0..count − 1 also past the end.

    Fragments have length // count steps each, and the `length % count` in the middle one more; of a
    video shorter than `count` only those in the middle hold a step. (The public code of AC-SUM-GAN
    has the same sizes, but for some lengths leaves the last frames out.)

    Args:
      lengths: int32 [batch]; time: of the padded videos; count: fragments.
    """
    size = lengths // count
    larger = lengths % count
    first = (count - larger + 1) // 2  # of the larger ones
    t = tf.range(time)[tf.newaxis]
    size, larger, first = size[:, tf.newaxis], larger[:, tf.newaxis], first[:, tf.newaxis]
    small = tf.maximum(size, 1)
    middle = first * size  # where the larger ones begin and end
    end = middle + larger * (size + 1)
    number = tf.where(
        t < middle,
        t // small,
        tf.where(t < end, first + (t - middle) // (size + 1), first + larger + (t - end) // small),
    )
    return tf.clip_by_value(number, 0, count - 1)


def fragment_means(values: tf.Tensor, numbers: tf.Tensor, mask: tf.Tensor, count: int) -> tf.Tensor:
    """Mean of values [batch, time] within every fragment: float [batch, count]; 0 for an empty one.

    numbers: int32 [batch, time], outside of 0..count − 1 where a step belongs to none; mask: bool
    [batch, time].
    """
    member = tf.one_hot(numbers, count, dtype=values.dtype)
    member *= tf.cast(mask, values.dtype)[..., tf.newaxis]
    total = tf.einsum("bt,btm->bm", values, member)
    return tf.math.divide_no_nan(total, tf.reduce_sum(member, axis=1))
