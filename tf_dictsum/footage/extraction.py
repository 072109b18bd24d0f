"""Decoding in one thread, the network in another: neither waits for the other, memory stays bounded."""

import dataclasses
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tf_dictsum.extractors.extractor import Extractor
from tf_dictsum.video.info import Timeline
from tf_dictsum.video.reader import VideoFile

__all__ = ["Extracted", "extract"]

BATCH_SIZE = 16


@dataclasses.dataclass(frozen=True, eq=False)
class Extracted:
    """What one pass over a video gives.

    Attributes:
      features: float32 [n_steps, D].
      picks: int64 [n_steps], numbers of the sampled frames.
      timeline: of all decoded frames.
    """

    features: np.ndarray
    picks: np.ndarray
    timeline: Timeline


def extract(
    video: VideoFile,
    extractor: Extractor,
    fps: float = 2.0,
    *,
    batch_size: int = BATCH_SIZE,
    progress: Callable[[float], None] | None = None,
) -> Extracted:
    """Features of a video, sampled at `fps` steps per second.

    Args:
      video: decoded once.
      extractor: the network.
      fps: steps per second.
      batch_size: pictures per call of the network.
      progress: called with the video's seconds that are done.

    Raises:
      UserError: as `VideoFile.sampled_frames`.
    """
    picks: list[int] = []
    rows: list[np.ndarray] = []
    for batch in _ahead(_batches(video, extractor, fps, batch_size)):
        picks += [number for number, _, _ in batch]
        rows.append(extractor(np.stack([picture for _, _, picture in batch])))
        if progress:
            progress(batch[-1][1])
    assert video.timeline is not None
    return Extracted(np.concatenate(rows), np.array(picks, np.int64), video.timeline)


def _batches(
    video: VideoFile, extractor: Extractor, fps: float, batch_size: int
) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for frame in video.sampled_frames(fps, extractor.crop):
        batch.append(frame)
        if len(batch) == batch_size:
            yield batch
            batch = []
    if batch:
        yield batch


def _ahead(items: Iterator[Any], depth: int = 3) -> Iterator[Any]:
    """`items`, computed by a thread of its own, at most `depth` ahead. An exception in it is raised here."""
    ready: queue.Queue[tuple[str, Any]] = queue.Queue(depth)
    stop = threading.Event()

    def put(kind: str, value: Any) -> None:
        while not stop.is_set():
            try:
                ready.put((kind, value), timeout=0.1)
                return
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in items:
                put("item", item)
                if stop.is_set():
                    return
            put("end", None)
        except BaseException as error:
            put("error", error)

    thread = threading.Thread(target=work, name="decode", daemon=True)
    thread.start()
    try:
        while True:
            kind, value = ready.get()
            if kind == "end":
                return
            if kind == "error":
                raise value
            yield value
    finally:
        stop.set()
        thread.join()
