"""Videos of different lengths without their padding: the frames of step 0 of all videos, then
those of step 1, ...
"""

import dataclasses

import tensorflow as tf

__all__ = ["Packing"]


@dataclasses.dataclass(frozen=True)
class Packing:
    """Where the frames of a padded batch [batch, time] lie when packed, longest video first.

    At step t the videos that still have frames are the first `active[t]`, and their frames are the
    rows `start[t]` to `start[t] + active[t]` of a packed tensor [frames, ...]. Every video is
    left-aligned, read in either direction, so both directions of an LSTM have the same rows active.

    Attributes:
      batch, time: int32, of the padded batch.
      frames: int32 [frames], the padded position (video * time + frame) of every packed frame.
      mirror: int32 [frames], the packed position of the frame that a backward reader has instead;
        its own inverse.
      start, active: int32 [steps].
    """

    batch: tf.Tensor
    time: tf.Tensor
    frames: tf.Tensor
    mirror: tf.Tensor
    start: tf.Tensor
    active: tf.Tensor

    @classmethod
    def of(cls, lengths: tf.Tensor, time: tf.Tensor) -> "Packing":
        """From lengths int32 [batch], each in 0..time."""
        order = tf.argsort(lengths, direction="DESCENDING", stable=True)
        longest_first = tf.gather(lengths, order)
        steps = tf.reduce_max(tf.concat([lengths, [0]], axis=0))  # 0 for no video at all
        inside = tf.range(steps)[:, tf.newaxis] < longest_first
        step, row = tf.unstack(tf.cast(tf.where(inside), tf.int32), axis=1)
        active = tf.reduce_sum(tf.cast(inside, tf.int32), axis=1)
        start = tf.cumsum(active, exclusive=True)
        mirror = tf.gather(start, tf.gather(longest_first, row) - 1 - step) + row
        return cls(
            tf.size(lengths), time, tf.gather(order, row) * time + step, mirror, start, active
        )

    def pack(self, x: tf.Tensor) -> tf.Tensor:
        """x [batch, time, D] as [frames, D]."""
        return tf.gather(tf.reshape(x, [-1, x.shape[-1]]), self.frames)

    def unpack(self, x: tf.Tensor) -> tf.Tensor:
        """x [frames] as [batch, time], zero elsewhere."""
        flat = tf.scatter_nd(self.frames[:, tf.newaxis], x, [self.batch * self.time])
        return tf.reshape(flat, [self.batch, self.time])
