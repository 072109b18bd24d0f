"""From videos to padded batches in a fixed order."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from tf_dictsum.data.buckets import bucket_of, choose_buckets
from tf_dictsum.data.video import Video

__all__ = ["Batch", "epoch_order", "make_batches", "pad_to", "padded_lengths", "training_stream"]

ALIGNMENT = 8  # padded lengths are multiples of this, so that datasets share compiled programs


@dataclasses.dataclass(frozen=True, eq=False)
class Batch:
    """Some videos, padded to one length.

    Attributes:
      keys: of the videos.
      features: float32 [batch, time, D], zero past a video's length.
      lengths: int32 [batch].
      hidden: float32 [batch, N], the parallel encoder's h; None without one.
    """

    keys: tuple[str, ...]
    features: np.ndarray
    lengths: np.ndarray
    hidden: np.ndarray | None = None

    def tensors(self) -> dict[str, np.ndarray]:
        """What `Summarizer.train_step` takes."""
        values = {"features": self.features, "lengths": self.lengths}
        return values if self.hidden is None else {**values, "hidden": self.hidden}


def pad_to(features: np.ndarray, length: int) -> np.ndarray:
    """features [n, D] with zero rows up to `length`."""
    return np.pad(features, [(0, length - len(features)), (0, 0)])


def padded_lengths(lengths: Iterable[int]) -> tuple[int, ...]:
    """The few lengths that sequences of `lengths` are padded to: at most about 10 % padding in all, multiples of ALIGNMENT."""
    return choose_buckets([-(-length // ALIGNMENT) * ALIGNMENT for length in lengths])


def make_batches(
    videos: Sequence[Video],
    batch_size: int,
    buckets: tuple[int, ...] = (),
    hidden: dict[str, np.ndarray] | None = None,
) -> list[Batch]:
    """Groups videos into batches.

    At batch size 1 they keep the order of `videos`. Larger batches join videos of similar length (little padding)
    and are ordered by the first of their videos.

    Args:
      videos: with features.
      batch_size: videos per batch; the last batch may be smaller.
      buckets: lengths to pad to (`padded_lengths`; XLA compiles anew for every one); none: no more padding than a batch needs.
      hidden: key -> h float32 [N].
    """
    order = list(range(len(videos)))
    if batch_size > 1:
        order.sort(key=lambda n: (-videos[n].n_steps, n))
    groups = [order[n : n + batch_size] for n in range(0, len(order), batch_size)]
    groups.sort(key=min)
    longest = [max(videos[n].n_steps for n in group) for group in groups]
    batches = []
    for group, length in zip(groups, longest, strict=True):
        length = bucket_of(length, buckets)
        chosen = [videos[n] for n in group]
        batches.append(
            Batch(
                tuple(v.key for v in chosen),
                np.stack([pad_to(v.features, length) for v in chosen if v.features is not None]),
                np.array([v.n_steps for v in chosen], np.int32),
                None if hidden is None else np.stack([hidden[v.key] for v in chosen]),
            )
        )
    return batches


def epoch_order(count: int, epoch: int, seed: int, shuffle: bool) -> np.ndarray:
    """Order of `count` batches in an epoch: int64 [count]. It depends on the arguments only, so a resumed run repeats it."""
    if not shuffle:
        return np.arange(count)
    return np.random.default_rng([seed, epoch]).permutation(count)


def training_stream(
    batches: Sequence[Batch], first_epoch: int, epochs: int, seed: int, shuffle: bool
) -> tf.data.Dataset:
    """The batches of epochs first_epoch .. epochs - 1, one after another, as tensors for `train_step`."""

    def generate() -> Iterator[dict[str, np.ndarray]]:
        for epoch in range(first_epoch, epochs):
            for n in epoch_order(len(batches), epoch, seed, shuffle):
                yield batches[n].tensors()

    sizes = {len(b.keys) for b in batches}
    batch = sizes.pop() if len(sizes) == 1 else None
    signature = {
        name: tf.TensorSpec(
            [batch, None, value.shape[-1]] if name == "features" else [batch, *value.shape[1:]],
            value.dtype,
        )
        for name, value in batches[0].tensors().items()
    }
    return tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(2)
