"""From videos to padded batches in a fixed order."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import tensorflow as tf

from tf_dictsum.data.buckets import bucket_of, padded_lengths
from tf_dictsum.data.video import Video

__all__ = [
    "Batch",
    "Extra",
    "epoch_order",
    "make_batches",
    "pad_to",
    "padded_lengths",
    "training_stream",
]


@dataclasses.dataclass(frozen=True, eq=False)
class Extra:
    """What a method gives its batches beside the features, video by video.

    Attributes:
      values: key of a video -> array; all of one dtype, and of one shape but for the time.
      per_step: the first axis is the video's sampled frames [n_steps, ...] and is padded with zeros
        like the features.
    """

    values: Mapping[str, np.ndarray]
    per_step: bool = False


@dataclasses.dataclass(frozen=True, eq=False)
class Batch:
    """Some videos, padded to one length.

    Attributes:
      keys: of the videos.
      features: float32 [batch, time, D], zero past a video's length.
      lengths: int32 [batch].
      index: int32 [batch], the videos' places in the list that was batched.
      extras: name -> [batch, ...], what the method gave.
    """

    keys: tuple[str, ...]
    features: np.ndarray
    lengths: np.ndarray
    index: np.ndarray
    extras: Mapping[str, np.ndarray] = dataclasses.field(default_factory=dict)

    def tensors(self) -> dict[str, np.ndarray]:
        """What a `train_step` takes."""
        arrays = {"features": self.features, "lengths": self.lengths, "index": self.index}
        return {**arrays, **self.extras}


def pad_to(values: np.ndarray, length: int) -> np.ndarray:
    """values [n, ...] with zero rows up to `length`."""
    return np.pad(values, [(0, length - len(values)), *[(0, 0)] * (values.ndim - 1)])


def make_batches(
    videos: Sequence[Video],
    batch_size: int,
    buckets: tuple[int, ...] = (),
    extras: Mapping[str, Extra] | None = None,
) -> list[Batch]:
    """Groups videos into batches.

    At batch size 1 they keep the order of `videos`. Larger batches join videos of similar length
    (little padding) and are ordered by the first of their videos.

    Args:
      videos: with features.
      batch_size: videos per batch; the last batch may be smaller.
      buckets: lengths to pad to (`padded_lengths`; XLA compiles anew for every one); none: no more
        padding than a batch needs.
      extras: name -> what joins the batches under that name.
    """
    order = list(range(len(videos)))
    if batch_size > 1:
        order.sort(key=lambda n: (-videos[n].n_steps, n))
    groups = [order[n : n + batch_size] for n in range(0, len(order), batch_size)]
    groups.sort(key=min)
    return [_batch([videos[n] for n in group], group, buckets, extras or {}) for group in groups]


def _batch(
    videos: Sequence[Video],
    places: Sequence[int],
    buckets: tuple[int, ...],
    extras: Mapping[str, Extra],
) -> Batch:
    length = bucket_of(max(v.n_steps for v in videos), buckets)
    joined = {}
    for name, extra in extras.items():
        values = [np.asarray(extra.values[v.key]) for v in videos]
        joined[name] = np.stack([pad_to(x, length) if extra.per_step else x for x in values])
    return Batch(
        tuple(v.key for v in videos),
        np.stack([pad_to(v.features, length) for v in videos if v.features is not None]),
        np.array([v.n_steps for v in videos], np.int32),
        np.array(places, np.int32),
        joined,
    )


def epoch_order(count: int, epoch: int, seed: int, shuffle: bool) -> np.ndarray:
    """Order of `count` batches in an epoch: int64 [count]. It depends on the arguments only, so a
    resumed run repeats it.
    """
    if not shuffle:
        return np.arange(count)
    return np.random.default_rng([seed, epoch]).permutation(count)


def training_stream(
    batches: Sequence[Batch], first_epoch: int, epochs: int, seed: int, shuffle: bool
) -> tf.data.Dataset:
    """The batches of epochs first_epoch .. epochs - 1, one after another, as tensors for
    `train_step`.
    """

    def generate() -> Iterator[dict[str, np.ndarray]]:
        for epoch in range(first_epoch, epochs):
            for n in epoch_order(len(batches), epoch, seed, shuffle):
                yield batches[n].tensors()

    sizes = {len(b.keys) for b in batches}
    batch = sizes.pop() if len(sizes) == 1 else None
    signature = {
        name: _spec([b.tensors()[name] for b in batches], batch) for name in batches[0].tensors()
    }
    return tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(2)


def _spec(arrays: Sequence[np.ndarray], batch: int | None) -> tf.TensorSpec:
    """What the arrays of one name have in common; axes in which they differ, and time, are open."""
    shapes = [array.shape[1:] for array in arrays]
    common = [sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*shapes, strict=True)]
    if arrays[0].ndim == 3:
        common[0] = None  # time: one trace serves all lengths
    return tf.TensorSpec([batch, *common], arrays[0].dtype)
