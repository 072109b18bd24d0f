"""Decoding in one thread, the network in another: neither waits for the other, memory stays
bounded.
"""

import dataclasses
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from tf_dictsum.video.crop import Crop
from tf_dictsum.video.info import Beginning, Timeline
from tf_dictsum.video.looks import looks_of
from tf_dictsum.video.reader import VideoFile

__all__ = ["Extracted", "Network", "Part", "extract"]

BATCH_SIZE = 16
KEEP_EVERY = 20.0  # seconds of work that a kill may cost

T = TypeVar("T")


class Network(Protocol):
    """What features need of a network (`extractors.extractor.Extractor`)."""

    crop: Crop

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 RGB [batch, side, side, 3] -> float32 [batch, D]."""
        ...


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """What a pass over a video has had so far.

    Attributes:
      features: float32 [n_steps, D].
      picks: int64 [n_steps], numbers of the sampled frames.
      looks: float32 [n_steps, 5] (`video.looks`).
      beginning: the frames up to the one behind the last pick.
    """

    features: np.ndarray
    picks: np.ndarray
    looks: np.ndarray
    beginning: Beginning


@dataclasses.dataclass(frozen=True, eq=False)
class Extracted:
    """What one pass over a video gives.

    Attributes:
      features: float32 [n_steps, D].
      picks: int64 [n_steps], numbers of the sampled frames.
      looks: float32 [n_steps, 5] (`video.looks`).
      timeline: of all decoded frames.
      changes: float32 [n_frames], how much every frame differs from the one before
        (`video.changes`).
    """

    features: np.ndarray
    picks: np.ndarray
    looks: np.ndarray
    timeline: Timeline
    changes: np.ndarray


class _Sample(NamedTuple):
    number: int
    seconds: float
    picture: np.ndarray
    looks: np.ndarray


def extract(
    video: VideoFile,
    network: Network,
    fps: float = 2.0,
    *,
    batch_size: int = BATCH_SIZE,
    progress: Callable[[float], None] | None = None,
    part: Part | None = None,
    keep: Callable[[Part], None] | None = None,
) -> Extracted:
    """Features of a video, sampled at `fps` steps per second.

    Args:
      video: decoded once.
      network: the network.
      fps: steps per second.
      batch_size: pictures per call of the network.
      progress: called with the video's seconds that are done.
      part: what an earlier pass over the same video at the same rate had; this one goes on from
        there.
      keep: called with what there is so far every `KEEP_EVERY` seconds, and when anything stops the
        pass.

    Raises:
      UserError: as `VideoFile.sampled_frames`.
    """
    picks: list[int] = part.picks.tolist() if part else []
    rows: list[np.ndarray] = [part.features] if part else []
    looks: list[np.ndarray] = [part.looks] if part else []

    def keep_all() -> None:
        beginning = video.beginning(picks[-1] + 2)
        if keep and beginning.timeline.n_frames == picks[-1] + 2:  # else the video is at its end
            keep(Part(*_joined(rows, picks, looks), beginning))

    kept, last = len(picks), time.monotonic()
    samples = _samples(video, network.crop, fps, part.beginning if part else None)
    try:
        for batch in _ahead(_batches(samples, batch_size)):
            features = network(np.stack([sample.picture for sample in batch]))
            rows.append(features)
            looks.append(np.stack([sample.looks for sample in batch]))
            picks += [sample.number for sample in batch]
            if progress:
                progress(batch[-1].seconds)
            if keep and time.monotonic() - last >= KEEP_EVERY:
                keep_all()
                kept, last = len(picks), time.monotonic()
    except BaseException:
        whole = len(picks) == sum(map(len, rows)) == sum(map(len, looks))
        if keep and whole and len(picks) > kept:
            keep_all()
        raise
    assert video.timeline is not None
    assert video.changes is not None
    return Extracted(*_joined(rows, picks, looks), video.timeline, video.changes)


def _joined(
    rows: list[np.ndarray], picks: list[int], looks: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.concatenate(rows), np.array(picks, np.int64), np.concatenate(looks)


def _samples(
    video: VideoFile, crop: Crop, fps: float, after: Beginning | None
) -> Iterator[_Sample]:
    for number, seconds, picture in video.sampled_frames(fps, crop, after):
        yield _Sample(number, seconds, picture, looks_of(picture))


def _batches(samples: Iterator[_Sample], size: int) -> Iterator[list[_Sample]]:
    batch: list[_Sample] = []
    for sample in samples:
        batch.append(sample)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _ahead(items: Iterator[T], depth: int = 3) -> Iterator[T]:
    """`items`, computed by a thread of its own, at most `depth` ahead. An exception in it is
    raised here.
    """
    ready: queue.Queue[tuple[list[T], BaseException | None]] = queue.Queue(depth)
    stop = threading.Event()

    def put(value: list[T], error: BaseException | None = None) -> None:
        while not stop.is_set():
            try:
                ready.put((value, error), timeout=0.1)
                return
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put([item])
                if stop.is_set():
                    return
            put([])
        except BaseException as error:
            put([], error)

    thread = threading.Thread(target=work, name="decode", daemon=True)
    thread.start()
    try:
        while True:
            value, error = ready.get()
            if error is not None:
                raise error
            if not value:
                return
            yield value[0]
    finally:
        stop.set()
        thread.join()
