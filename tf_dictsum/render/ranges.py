"""Ranges of a video's frames, decoded as stored, exact to the frame, with as little decoding as
the file allows.
"""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from tf_dictsum.video.info import Timeline
from tf_dictsum.video.opening import import_av, open_container, video_stream

__all__ = ["FrameRanges"]

_NEAR_SECONDS = 3.0  # a frame that is nearer ahead is reached by decoding, a farther one by seeking
_EARLIER_SECONDS = (
    0.0,
    5.0,
)  # some containers land behind the place they were asked for: ask again for one before it


class FrameRanges:
    """Decoded frames of a video by number.

    Args:
      path: the video.
      timeline: when its frames are shown. Where it is not exact, nothing is sought: frames are
        counted from the first one.

    Raises:
      UserError: not a readable video.
    """

    def __init__(self, path: str | os.PathLike[str], timeline: Timeline):
        self._path = path
        self._timeline = timeline
        self._seconds = timeline.seconds
        self._container: Any = None
        self._numbered: Iterator[tuple[int, Any]] = iter(())
        self._held: tuple[int, Any] | None = None
        self._next = 0  # the lowest number that may still come
        self._sought = False
        self._restart()

    def __enter__(self) -> "FrameRanges":
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    @property
    def stream(self) -> Any:
        """The `av` video stream, for its properties."""
        return self._stream

    def frames(self, first: int, last: int) -> Iterator[tuple[int, Any]]:
        """(number, `av.VideoFrame`) of the frames from `first` to `last`, inclusive; fewer where
        the file breaks off.
        """
        self._go_to(first)
        expected = first
        while expected <= last:
            item = self._held or next(self._numbered, None)
            self._held = None
            if item is None or item[0] > expected:
                if not self._sought:
                    return
                self._restart()  # damaged data look different from a key frame on: count from the beginning instead  # noqa: E501
            else:
                self._next = item[0] + 1
                if item[0] == expected:
                    yield item
                    expected += 1

    def _go_to(self, first: int) -> None:
        ahead = self._next <= first
        near = ahead and self._seconds[first] - self._seconds[self._next] < _NEAR_SECONDS
        if near or (ahead and not self._timeline.exact):
            return
        if not (self._timeline.exact and self._seek(first)):
            self._restart()

    def _seek(self, first: int) -> bool:
        """Whether the next frames now come from a key frame at or before `first`; if not, nothing
        can be read any more.
        """
        av = import_av()
        line = self._timeline
        for earlier in _EARLIER_SECONDS:
            try:
                self._container.seek(
                    line.start + int(line.ticks[first]) - round(earlier / line.time_base),
                    stream=self._stream,
                )
            except av.error.FFmpegError:
                return False
            numbered = self._by_timestamp()
            landed = next(numbered, None)
            if landed is not None and landed[0] <= first and landed[1].key_frame:
                self._held, self._next, self._numbered, self._sought = (
                    landed,
                    landed[0],
                    numbered,
                    True,
                )
                return True
        return False

    def _restart(self) -> None:
        if self._container is not None:
            self._container.close()
        self._container = open_container(self._path)
        self._stream = video_stream(self._container, self._path)
        self._stream.thread_type = "SLICE"  # as the reader does: threads of whole frames lose those in flight where data are damaged  # noqa: E501
        self._numbered, self._held, self._next = enumerate(self._decoded()), None, 0
        self._sought = False

    def _by_timestamp(self) -> Iterator[tuple[int, Any]]:
        """Numbered by the timeline. A frame that it does not know was not decoded when it was
        made: left out.
        """
        line = self._timeline
        for frame in self._decoded():
            if frame.pts is None:
                continue
            tick = frame.pts - line.start
            number = int(np.searchsorted(line.ticks, tick))
            if number < line.n_frames and line.ticks[number] == tick:
                yield number, frame

    def _decoded(self) -> Iterator[Any]:
        """Every decodable frame from here on, damaged packets left out, as the reader does it."""
        av = import_av()
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.error.FFmpegError, OSError):
                packet = None
            try:
                # None is the end: what the decoder still holds was read before the break.
                frames = (
                    packet.decode()
                    if packet is not None
                    else self._stream.codec_context.decode(None)
                )
            except av.error.FFmpegError:
                frames = []
            yield from frames
            if packet is None:
                return
