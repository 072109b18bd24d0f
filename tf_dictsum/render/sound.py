"""Ranges of an audio track as samples, exact to the sample."""

import math
import os
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from tf_dictsum.video.opening import import_av, open_container

__all__ = ["AAC_RATES", "SoundTrack", "sound_tracks"]

AAC_RATES = (
    96000,
    88200,
    64000,
    48000,
    44100,
    32000,
    24000,
    22050,
    16000,
    12000,
    11025,
    8000,
    7350,
)
_AAC_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}
_RUN_UP = Fraction(
    1, 2
)  # seconds decoded before a range: codecs need some packets until they are right
_JITTER = Fraction(
    1, 50
)  # seconds; timestamps off by less are rounding (Matroska has milliseconds), not gaps


class SoundTrack:
    """One audio stream of a file, for reading ranges of it.

    Every track has a container of its own: files interleave tracks as they like, so one pass for
      all may miss samples.

    Args:
      path: the file.
      index: which of its audio streams, from 0.

    Attributes:
      rate: samples per second of what is read: the stream's own where AAC has it, else 48000.
      layout: name of the channel layout of what is read; mono or stereo where AAC lacks the
        stream's own.
      channels: its number of channels.
      language: as the file says, or None.
    """

    def __init__(self, path: str | os.PathLike[str], index: int):
        self._container = open_container(path)
        self._stream = self._container.streams.audio[index]
        context = self._stream.codec_context
        self.rate: int = context.sample_rate if context.sample_rate in AAC_RATES else 48000
        self.layout: str = _AAC_LAYOUTS.get(context.channels, "stereo")
        self.channels: int = context.channels if context.channels in _AAC_LAYOUTS else 2
        self.language: str | None = self._stream.language

    def close(self) -> None:
        """Closes the file."""
        self._container.close()

    def blocks(self, start: Fraction, count: int) -> Iterator[np.ndarray]:
        """`count` samples from `start` on, in blocks float32 [channels, n]; silence where the track
        has nothing.

        Args:
          start: seconds on the file's own clock.
          count: samples at `rate`.
        """
        first = math.floor(start * self.rate + Fraction(1, 2))
        done = 0  # samples given
        for place, samples in self._decoded(start):
            place -= first
            if place + samples.shape[1] <= done:
                continue
            if place >= count:
                break
            while done < place:
                silence = min(place - done, self.rate)
                yield np.zeros((self.channels, silence), np.float32)
                done += silence
            part = samples[:, done - place : count - place]
            yield part
            done += part.shape[1]
            if done == count:
                return
        while done < count:
            silence = min(count - done, self.rate)
            yield np.zeros((self.channels, silence), np.float32)
            done += silence

    def _decoded(self, start: Fraction) -> Iterator[tuple[int, np.ndarray]]:
        """(number of the first sample on the file's clock, samples) from a little before `start`
        on.
        """
        av = import_av()
        resampler = av.AudioResampler(format="fltp", layout=self.layout, rate=self.rate)
        expected: int | None = None
        for frame in self._frames(start):
            for out in resampler.resample(frame):
                samples = out.to_ndarray()
                if out.pts is None:
                    place = expected if expected is not None else 0
                else:
                    place = round(out.pts * out.time_base * self.rate)
                if expected is not None and abs(place - expected) < _JITTER * self.rate:
                    place = expected
                expected = place + samples.shape[1]
                yield place, samples

    def _frames(self, start: Fraction) -> Iterator[Any]:
        av = import_av()
        stream = self._stream
        try:
            self._container.seek(math.floor((start - _RUN_UP) / stream.time_base), stream=stream)
        except av.error.FFmpegError:  # before its beginning, or a file that cannot be sought
            self._container.seek(0)
        packets = self._container.demux(stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                frames = packet.decode()
            except (av.error.FFmpegError, OSError):
                if packet is None:
                    return
                continue  # damaged: the gap becomes silence
            yield from frames


def sound_tracks(path: str | os.PathLike[str]) -> list[SoundTrack]:
    """All audio tracks of a file that can be decoded; to be closed by the caller."""
    container = open_container(path)
    try:
        usable = [
            n
            for n, s in enumerate(container.streams.audio)
            if s.codec_context is not None and s.codec_context.channels
        ]
    finally:
        container.close()
    return [SoundTrack(path, n) for n in usable]
