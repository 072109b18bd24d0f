"""The summary as a video: the chosen shots one after another, with their sound (H.264 and AAC in
MP4).
"""

import contextlib
import os
import pathlib
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from tf_dictsum.render.picture import PictureFilter
from tf_dictsum.render.ranges import FrameRanges
from tf_dictsum.render.sound import SoundTrack, sound_tracks
from tf_dictsum.summary.summary import Segment
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import atomic_path
from tf_dictsum.video.info import Timeline
from tf_dictsum.video.opening import import_av, shown
from tf_dictsum.video.orientation import orientation_of

__all__ = ["PRESET", "QUALITY", "write_clip"]

# Half the time of x264's default preset at the same size (docs/video.md has the numbers).
PRESET, QUALITY = "veryfast", 20
_AAC_FRAME = 1024
# FFmpeg's default coder, twoloop, has audible bursts in steady tones (measured: 20 to 40 dB more
# error than this one).
_AAC_OPTIONS = {"aac_coder": "fast"}
_FADE = 0.004  # seconds at either end of a range, against clicks
_BITS_PER_CHANNEL = 96_000


def write_clip(
    path: str | os.PathLike[str],
    video: str | os.PathLike[str],
    timeline: Timeline,
    segments: Sequence[Segment],
    *,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Writes the segments' frames, each exactly once and as long as in the video, and what sounds
    meanwhile.

    Frame times are the video's own, so a variable frame rate stays one. Pictures are upright, 8
    bits, 4:2:0, not scaled (odd sizes gain one column or row); the shape of pixels and the colour
    tags are kept. All audio tracks stay.
    Every segment begins with a key frame, so that players seek there at once.

    Args:
      path: the file to write; whole or absent.
      video: the video that the segments are of.
      timeline: of the video.
      segments: in order of time, not empty.
      progress: called with the number of frames just written.

    Raises:
      UserError: the video cannot be read, has fewer frames than the timeline says, or the clip
        cannot be written.
    """
    if not segments:
        raise ValueError("no segments: there is nothing to write")
    with atomic_path(path) as partial:
        with contextlib.ExitStack() as stack:
            ranges = stack.enter_context(FrameRanges(video, timeline))
            tracks = sound_tracks(video)
            for track in tracks:
                stack.callback(track.close)
            output = _output(partial, stack)
            writer = _Writer(output, ranges, tracks, timeline, video)
            for first, last in _joined(segments):
                writer.write(
                    first, last, [s.start_frame for s in segments], progress or (lambda _: None)
                )
            writer.finish()


def _output(path: pathlib.Path, stack: contextlib.ExitStack) -> Any:
    """An `av` output container that the stack closes."""
    av = import_av()
    try:
        str(path).encode()
    except (
        UnicodeEncodeError
    ):  # a name that is no text: an open file, whose index then has to stay at its end
        return stack.enter_context(
            av.open(stack.enter_context(open(path, "wb")), "w", format="mp4")
        )
    return stack.enter_context(
        av.open(f"file:{path}", "w", format="mp4", options={"movflags": "+faststart"})
    )


def _joined(segments: Sequence[Segment]) -> list[tuple[int, int]]:
    """First and last frame of the ranges that the segments form; neighbours are one, so that
    nothing happens between them.
    """
    ranges: list[tuple[int, int]] = []
    for segment in segments:
        if ranges and ranges[-1][1] + 1 == segment.start_frame:
            ranges[-1] = (ranges[-1][0], segment.end_frame)
        else:
            ranges.append((segment.start_frame, segment.end_frame))
    return ranges


class _Writer:
    """One clip being written. Times are exact: ticks of the video's own time base."""

    def __init__(
        self,
        output: Any,
        ranges: FrameRanges,
        tracks: list[SoundTrack],
        timeline: Timeline,
        video: str | os.PathLike[str],
    ):
        self._output, self._ranges, self._line, self._video = output, ranges, timeline, video
        self._picture: PictureFilter | None = None
        self._encoder: Any = None
        self._durations: dict[int, int] = {}
        self._ticks = 0  # length of what has been written
        self._tracks = tracks
        self._sounds: list[_Sound] = []

    def write(
        self, first: int, last: int, starts: Sequence[int], progress: Callable[[int], None]
    ) -> None:
        """Appends the frames `first` to `last`; those in `starts` become key frames."""
        line = self._line
        begin = int(line.ticks[first])
        length = _end_tick(line, last) - begin
        expected = first
        keys = set(starts)
        for number, frame in self._ranges.frames(first, last):
            if number != expected:
                break
            if self._encoder is None:
                self._begin(frame)
            if number == first:
                for sound in self._sounds:
                    sound.begin(
                        (line.start + begin) * line.time_base,
                        (self._ticks + length) * line.time_base,
                    )
            at = self._ticks + int(line.ticks[number]) - begin
            self._encode(
                frame, at, _end_tick(line, number) - int(line.ticks[number]), number in keys
            )
            for sound in self._sounds:
                sound.advance(at * line.time_base)
            expected += 1
            progress(1)
        if expected != last + 1:
            raise UserError(
                f"{shown(self._video)}: frame {expected} cannot be decoded, though it could be "
                "when the video was read. "
                "Has the file changed? Run it again."
            )
        self._ticks += length
        for sound in self._sounds:
            sound.advance(self._ticks * line.time_base)

    def finish(self) -> None:
        """Writes what the encoders still hold."""
        self._mux(self._encoder.encode(None))
        for sound in self._sounds:
            sound.finish()

    def _begin(self, frame: Any) -> None:
        """Opens the encoders, now that a frame has shown what there is."""
        line, source = self._line, self._ranges.stream
        orientation = orientation_of(frame)
        self._picture = PictureFilter(frame, orientation)
        rate = Fraction(line.fps).limit_denominator(1001) if line.fps else Fraction(25)
        stream = self._output.add_stream(
            "libx264", rate=rate, options={"preset": PRESET, "crf": str(QUALITY), "forced-idr": "1"}
        )
        self._stream, self._encoder = stream, stream.codec_context
        self._encoder.width, self._encoder.height = self._picture.width, self._picture.height
        self._encoder.pix_fmt = "yuv420p"
        self._encoder.time_base = line.time_base
        self._encoder.thread_type = "FRAME"  # slices cost quality
        aspect = source.sample_aspect_ratio or source.codec_context.sample_aspect_ratio
        if aspect:
            self._encoder.sample_aspect_ratio = 1 / aspect if orientation.quarters % 2 else aspect
        shaped = self._picture(frame)
        for tag in ("color_range", "color_primaries", "color_trc", "colorspace"):
            setattr(self._encoder, tag, getattr(shaped, tag))
        self._sounds = [
            _Sound(self._output, track, number == 0) for number, track in enumerate(self._tracks)
        ]

    def _encode(self, frame: Any, at: int, duration: int, key: bool) -> None:
        av = import_av()
        assert self._picture is not None
        picture = self._picture(frame)
        picture.pts, picture.time_base = at, self._line.time_base
        # The decoder's own frame types would be forced upon the encoder.
        picture.pict_type = av.video.frame.PictureType.I if key else av.video.frame.PictureType.NONE
        self._durations[at] = duration
        self._mux(self._encoder.encode(picture))

    def _mux(self, packets: Sequence[Any]) -> None:
        for packet in packets:
            packet.stream = self._stream
            packet.duration = self._durations.pop(packet.pts)
            self._output.mux(packet)


class _Sound:
    """One audio track being written."""

    def __init__(self, output: Any, track: SoundTrack, default: bool):
        self._output, self._track = output, track
        self._stream = output.add_stream(
            "aac", rate=track.rate, layout=track.layout, options=_AAC_OPTIONS
        )
        self._stream.codec_context.bit_rate = _BITS_PER_CHANNEL * track.channels
        if track.language:
            self._stream.metadata["language"] = track.language
        self._blocks: Iterator[np.ndarray] = iter(())
        self._waiting = np.zeros((track.channels, 0), np.float32)
        self._encoded = 0
        self._planned = 0  # samples of the clip up to the end of the current range

    def begin(self, start: Fraction, end: Fraction) -> None:
        """A new range: from `start` on the file's clock, up to `end` on the clip's."""
        count = round(end * self._track.rate) - self._planned
        self._planned += count
        self._blocks = _faded(
            self._track.blocks(start, count), count, round(_FADE * self._track.rate)
        )

    def advance(self, to: Fraction) -> None:
        """Encodes up to `to` seconds of the clip at least, so that pictures and sound lie side by
        side in the file.
        """
        wanted = min(round(to * self._track.rate), self._planned)
        while self._encoded + self._waiting.shape[1] < wanted:
            self._waiting = np.concatenate([self._waiting, next(self._blocks)], axis=1)
            whole = self._waiting.shape[1] // _AAC_FRAME * _AAC_FRAME
            for place in range(0, whole, _AAC_FRAME):
                self._encode(self._waiting[:, place : place + _AAC_FRAME])
            self._waiting = self._waiting[:, whole:]

    def finish(self) -> None:
        """Encodes the rest."""
        if self._waiting.shape[1]:
            self._encode(self._waiting)
        self._output.mux(self._stream.encode(None))

    def _encode(self, samples: np.ndarray) -> None:
        frame = import_av().AudioFrame.from_ndarray(
            np.ascontiguousarray(samples), format="fltp", layout=self._track.layout
        )
        frame.sample_rate = self._track.rate
        frame.time_base = Fraction(1, self._track.rate)
        frame.pts = self._encoded
        self._encoded += samples.shape[1]
        self._output.mux(self._stream.encode(frame))


def _faded(blocks: Iterator[np.ndarray], count: int, fade: int) -> Iterator[np.ndarray]:
    """The blocks of one range, `count` samples together, fading in and out over `fade` samples."""
    done = 0
    for block in blocks:
        place = np.arange(done, done + block.shape[1])
        done += block.shape[1]
        if place[0] < fade or place[-1] >= count - fade:
            gain = np.clip(np.minimum(place + 0.5, count - place - 0.5) / fade, 0.0, 1.0)
            block = block * gain.astype(np.float32)
        yield block


def _end_tick(line: Timeline, number: int) -> int:
    """When a frame gives way to the next; the last is shown as long as the one before it."""
    if number + 1 < line.n_frames:
        return int(line.ticks[number + 1])
    last = (
        int(line.ticks[-1] - line.ticks[-2])
        if line.n_frames > 1
        else round(Fraction(1, 25) / line.time_base)
    )
    return int(line.ticks[number]) + max(last, 1)
