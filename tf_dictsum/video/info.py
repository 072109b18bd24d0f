"""What is known about a video file."""

import dataclasses
from fractions import Fraction

import numpy as np

__all__ = ["Beginning", "Timeline", "VideoInfo"]


@dataclasses.dataclass(frozen=True, eq=False)
class Timeline:
    """When every decoded frame is shown.

    Attributes:
      ticks: int64 [n_frames], since the first frame, increasing strictly.
      time_base: seconds per tick.
      start: the first frame's own timestamp in the file, in ticks (audio is timed on the same
        clock, in seconds).
      exact: whether `ticks` are the file's own timestamps; False where some were missing or ran
        backwards and were replaced by the frame before plus the mean distance.
    """

    ticks: np.ndarray
    time_base: Fraction
    start: int = 0
    exact: bool = True

    @property
    def n_frames(self) -> int:
        """Number of frames that were decoded."""
        return len(self.ticks)

    @property
    def seconds(self) -> np.ndarray:
        """float64 [n_frames], since the first frame."""
        return self.ticks * float(self.time_base)

    @property
    def ends(self) -> np.ndarray:
        """float64 [n_frames], when every frame gives way to the next; the last is shown as long as
        the one before it.
        """
        seconds = self.seconds
        last = seconds[-1] - seconds[-2] if len(seconds) > 1 else 0.0
        return np.append(seconds[1:], seconds[-1] + last)

    @property
    def fps(self) -> float:
        """Mean frames per second; 0 for a single frame."""
        return (
            float((len(self.ticks) - 1) / (int(self.ticks[-1]) * self.time_base))
            if len(self.ticks) > 1
            else 0.0
        )


@dataclasses.dataclass(frozen=True, eq=False)
class Beginning:
    """The first frames of a video, as far as a pass has come.

    Attributes:
      timeline: of these frames.
      changes: float32 [timeline.n_frames], how much each differs from the one before
        (`changes.ChangeMeter`).
      problem: what was broken in them; "" for nothing.
    """

    timeline: Timeline
    changes: np.ndarray
    problem: str = ""


@dataclasses.dataclass(frozen=True)
class VideoInfo:
    """Facts of a video. The header's word is marked as such: only decoding tells the truth.

    Attributes:
      width, height: of the frames as shown: pixels square, rotation applied.
      rotation: degrees, counterclockwise, by which the stored pictures are turned (0, 90, 180,
        270).
      mirrored: whether they are also mirrored.
      pixel_aspect: width of a stored pixel over its height.
      average_fps: mean frames per second: the header's word, from the first whole pass on that of
        `Timeline.fps`; None if unknown.
      duration: seconds as the header says, or None.
      codec: name of the video codec.
      audio_streams: codec name of every audio stream.
      frame_count: frames that were decoded; None before the first whole pass.
    """

    width: int
    height: int
    rotation: int
    mirrored: bool
    pixel_aspect: Fraction
    average_fps: float | None
    duration: float | None
    codec: str
    audio_streams: tuple[str, ...]
    frame_count: int | None = None
