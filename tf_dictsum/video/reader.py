"""A video file as frames: by time, by number, with bounded memory, up to where it is broken."""

import contextlib
import dataclasses
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from absl import logging

from tf_dictsum.util.errors import UserError
from tf_dictsum.video.changes import ChangeMeter
from tf_dictsum.video.clock import Clock, stamp_of
from tf_dictsum.video.crop import Crop, Cropper
from tf_dictsum.video.info import Beginning, Timeline, VideoInfo
from tf_dictsum.video.opening import import_av, open_container, shown, video_stream
from tf_dictsum.video.orientation import orientation_of
from tf_dictsum.video.sampling import Sampler

__all__ = ["Frame", "VideoFile"]

_LOOK_AHEAD = 16  # frames whose timestamps are looked at before one kind of them is trusted
_SEEK_SECONDS = 10.0  # a frame farther ahead than this is sought, a nearer one reached by decoding


class Frame(NamedTuple):
    """A decoded frame: its number from 0, its time since the first frame, uint8 [height, width, 3]
    as shown.
    """

    number: int
    seconds: float
    rgb: np.ndarray


class VideoFile:
    """A video that FFmpeg can read, opened anew for every pass, so that passes may run side by
    side.

    Frames come with rotation, mirroring and the shape of the pixels applied, all of the size that
    `info` says.
    Frame numbers count decoded frames in the order of showing; nothing is taken from the
    container's counts.

    Args:
      path: the file.
      timeline: of an earlier whole pass over the same file, which makes `frames` seek instead of
        decoding all.
      threads: of the decoder; 0 lets FFmpeg choose.

    Attributes:
      info: `VideoInfo`; its frame_count is None until a pass has reached the end.
      timeline: `Timeline`; None until a pass has reached the end (of the file, or of what can be
        read of it).
      changes: float32 [n_frames], how much every frame differs from the one before; None as
        `timeline`, and where that was given.
      problem: what was broken, as text, when a pass has found something; None otherwise.

    Raises:
      UserError: not a readable video with at least one frame; one line that says why.
    """

    def __init__(
        self, path: str | os.PathLike[str], timeline: Timeline | None = None, threads: int = 0
    ):
        self.path = path
        self.timeline = timeline
        self.changes: np.ndarray | None = None
        self.problem: str | None = None
        self._pass: tuple[Clock, list[float]] | None = None
        self._threads = threads
        with contextlib.closing(self._decoded()) as frames:
            beginning = [decoded for decoded, _ in zip(frames, range(_LOOK_AHEAD), strict=False)]
        if not beginning:
            raise UserError(
                f"{shown(path)}: no frame of it can be decoded "
                f"({self.problem or 'it has none'}). Copy it again."
            )
        self._stamp = stamp_of(beginning)
        self._orientation = orientation_of(beginning[0])
        stored = (beginning[0].width, beginning[0].height)
        with contextlib.closing(open_container(path)) as container:
            self.info = self._describe(container, stored)

    def _describe(self, container: Any, stored: tuple[int, int]) -> VideoInfo:
        av = import_av()
        stream = video_stream(container, self.path)
        rate = stream.guessed_rate or stream.average_rate
        self._time_base = Fraction(stream.time_base)
        self._period = max(round((1 / rate if rate else Fraction(1, 25)) / self._time_base), 1)
        aspect = (
            stream.sample_aspect_ratio or stream.codec_context.sample_aspect_ratio or Fraction(1)
        )
        # Non-square pixels make the picture wider, never lower: no line is lost.
        width, height = stored
        self._size = (
            (max(round(width * aspect), 1), height)
            if aspect >= 1
            else (width, max(round(height / aspect), 1))
        )
        if max(self._size) > 4 * max(stored):  # nonsense in the header
            self._size, aspect = stored, Fraction(1)
        turned = self._orientation.quarters % 2 == 1
        duration: float | None = None
        if stream.duration is not None:
            duration = float(stream.duration * stream.time_base)
        elif container.duration:
            duration = container.duration / av.time_base
        return VideoInfo(
            width=self._size[1] if turned else self._size[0],
            height=self._size[0] if turned else self._size[1],
            rotation=self._orientation.quarters * 90,
            mirrored=self._orientation.mirrored,
            pixel_aspect=Fraction(aspect),
            average_fps=float(rate) if rate else None,
            duration=duration if duration and duration > 0 else None,
            codec=stream.codec_context.name,
            audio_streams=tuple(
                s.codec_context.name if s.codec_context else "unknown"
                for s in container.streams.audio
            ),
            frame_count=self.timeline.n_frames if self.timeline else None,
        )

    def sampled_frames(
        self, fps: float = 2.0, crop: Crop | None = None, after: Beginning | None = None
    ) -> Iterator[Frame]:
        """The frames that `sampling` picks at `fps` steps per second, in order; with a `crop` only
        that part of them.

        Decodes the whole file once; holds two frames. What is broken is logged once, as a warning,
        and left out.
        When the iterator ends, `timeline`, `changes` and `info.frame_count` are known.

        Args:
          fps: steps per second.
          crop: what of the pictures is wanted.
          after: how far an earlier pass came (`beginning`): what it has had is left out, and where
            the file seeks exactly it is not decoded again.
        """
        sampler = Sampler(fps, self._time_base)
        clock = Clock(self._stamp, self._time_base, self._period)
        meter, changes = ChangeMeter(), list[float]()
        picture = (
            self._whole()
            if crop is None
            else Cropper(crop, (self.info.width, self.info.height), self._orientation)
        )
        self.problem = None
        first_new = after.timeline.n_frames - 1 if after else 0
        held, frames = self._continued(after) if after else (None, self._decoded())
        if held is not None and after is not None:
            clock.go_on(after.timeline)
            for tick in after.timeline.ticks.tolist():
                sampler.add(tick)
            meter.add(held)
            changes += after.changes.tolist()
            self.problem = after.problem or None
        self._pass = (clock, changes)
        with contextlib.closing(frames):
            for decoded in frames:
                changes.append(meter.add(decoded))
                if sampler.add(clock.tick(decoded)) and clock.count - 2 >= first_new:
                    yield Frame(clock.count - 2, clock.seconds(-2), picture(held))
                held = decoded
        if held is None:
            raise UserError(
                f"{shown(self.path)}: cannot be decoded any more "
                f"({self.problem or 'was it changed?'})."
            )
        if sampler.finish() and clock.count - 1 >= first_new:
            yield Frame(clock.count - 1, clock.seconds(-1), picture(held))
        self.changes = np.array(changes, np.float32)
        self._finish(clock.timeline())

    def beginning(self, count: int) -> Beginning:
        """The first `count` frames of the pass that goes on, to go on `after` them another time."""
        assert self._pass is not None
        clock, changes = self._pass
        return Beginning(
            clock.timeline(count), np.array(changes[:count], np.float32), self.problem or ""
        )

    def _continued(self, after: Beginning) -> tuple[Any, Generator[Any, None, None]]:
        """The last frame that was decoded and those behind it; None and all where the file does
        not seek exactly.
        """
        line = after.timeline
        if line.exact and line.n_frames > 1:
            frames = self._decoded(line.start + int(line.ticks[-1]))
            for decoded in frames:
                tick = None if decoded.pts is None else decoded.pts - line.start
                if tick == line.ticks[-1]:
                    return decoded, frames
                if tick is None or tick > line.ticks[-1]:
                    break
            frames.close()
            self.problem = None
        return None, self._decoded()

    def frames(self, indices: Iterable[int]) -> Iterator[Frame]:
        """The frames of these numbers (any iterable, such as a range), in increasing order, each
        once.

        With a `timeline` distant frames are sought; without one everything up to the last is
        decoded.

        Raises:
          UserError: there is no frame of such a number.
        """
        wanted = sorted({int(i) for i in indices})
        if wanted and wanted[0] < 0:
            raise ValueError(f"negative frame number {wanted[0]}")
        if self.timeline is not None and wanted and wanted[-1] >= self.timeline.n_frames:
            self._no_such(wanted[-1], self.timeline.n_frames)
        picture = self._whole()
        while wanted:
            done = 0
            for index, seconds, decoded in self._from(wanted):
                yield Frame(index, seconds, picture(decoded))
                done += 1
            if not done:
                self._no_such(wanted[0], wanted[0])
            del wanted[:done]

    def scan(self) -> Timeline:
        """The timeline; decodes everything, without converting any picture, unless it is known."""
        if self.timeline is None:
            for _ in self.sampled_frames(1e-6):
                pass
        assert self.timeline is not None
        return self.timeline

    def _from(self, wanted: list[int]) -> Iterator[tuple[int, float, Any]]:
        """Some of the `wanted` frames from the first on: up to the next long way, after which
        seeking is faster.
        """
        line = self.timeline
        if line is not None and line.exact:
            seconds = line.seconds
            count = 1
            while (
                count < len(wanted)
                and seconds[wanted[count]] - seconds[wanted[count - 1]] < _SEEK_SECONDS
            ):
                count += 1
            wanted = wanted[:count]
            if seconds[wanted[0]] >= _SEEK_SECONDS:
                found = 0
                for item in self._sought(wanted, line):
                    found += 1
                    yield item
                if found:
                    return
        clock, targets = Clock(self._stamp, self._time_base, self._period), iter(wanted)
        target = next(targets)
        with contextlib.closing(self._decoded()) as frames:
            for decoded in frames:
                clock.tick(decoded)
                if clock.count - 1 == target:
                    yield target, clock.seconds(-1), decoded
                    if (target := next(targets, -1)) < 0:
                        return
        self._no_such(target, clock.count)

    def _sought(self, wanted: list[int], line: Timeline) -> Iterator[tuple[int, float, Any]]:
        """The `wanted` frames by seeking; fewer (a beginning of them) where the file does not seek
        exactly.
        """
        targets = iter(wanted)
        target = next(targets)
        before = -1
        with contextlib.closing(self._decoded(line.start + int(line.ticks[target]))) as frames:
            for decoded in frames:
                tick = None if decoded.pts is None else decoded.pts - line.start
                if tick is None or tick <= before or tick > line.ticks[target]:
                    return
                before = tick
                if tick == line.ticks[target]:
                    yield target, tick * float(line.time_base), decoded
                    if (target := next(targets, -1)) < 0:
                        return

    def _decoded(self, seek: int | None = None) -> Generator[Any, None, None]:
        """Every `av.VideoFrame` that can be decoded; what fails is noted in `problem`.

        Threads share the slices of a frame, never whole frames: that would cost a third more work
          and lose the frames
        in flight where the data are damaged.

        Args:
          seek: a timestamp; decoding begins at the key frame before it.
        """
        av = import_av()
        container = open_container(self.path)
        try:
            stream = video_stream(container, self.path)
            stream.thread_type = "SLICE"
            stream.codec_context.thread_count = self._threads
            if seek is not None:
                try:
                    container.seek(seek, stream=stream)
                except av.error.FFmpegError:
                    return
            packets = container.demux(stream)
            while True:
                try:
                    packet = next(packets)
                except StopIteration:
                    return
                except (av.error.FFmpegError, OSError) as error:
                    self.problem = self.problem or f"reading it failed: {error.strerror or error}"
                    # What the decoder still holds was read before the break.
                    with contextlib.suppress(av.error.FFmpegError):
                        yield from stream.codec_context.decode(None)
                    return
                try:
                    pictures = packet.decode()
                except av.error.EOFError:
                    continue
                except av.error.FFmpegError as error:
                    self.problem = self.problem or f"damaged data: {error.strerror or error}"
                    continue
                yield from pictures
        finally:
            container.close()

    def _whole(self) -> Callable[[Any], np.ndarray]:
        reformatter = import_av().video.reformatter.VideoReformatter()
        width, height = self._size

        def picture(decoded: Any) -> np.ndarray:
            rgb = reformatter.reformat(decoded, width, height, "rgb24", interpolation="BICUBIC")
            return self._orientation.apply(rgb.to_ndarray())

        return picture

    def _finish(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.info = dataclasses.replace(
            self.info,
            frame_count=timeline.n_frames,
            average_fps=timeline.fps or self.info.average_fps,
        )
        end, said = float(timeline.ends[-1]), self.info.duration
        if said and self.problem is None and end < 0.95 * said - 1.0:
            self.problem = "it ends early"
        if self.problem:
            header = (
                f" of the {said:.1f} s that its header says" if said and end < said - 1.0 else ""
            )
            logging.warning(
                "%s: %s; used are the %d frames (%.1f s%s) that could be decoded.",
                shown(self.path),
                self.problem,
                timeline.n_frames,
                end,
                header,
            )

    def _no_such(self, index: int, count: int) -> None:
        raise UserError(f"{shown(self.path)}: has no frame {index} (it has {count}).")
