"""Everything that is known about one video's summary: all that the writers of files and pages need
beside the video.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

__all__ = ["KeyFrame", "Segment", "VideoSummary"]


@dataclasses.dataclass(frozen=True)
class Segment:
    """One shot of the summary clip.

    Attributes:
      shot: its row in `VideoSummary.change_points`.
      start_frame: first frame, counted from 0 in order of presentation.
      end_frame: last frame, inclusive.
      start: seconds at which the first frame appears.
      end: seconds at which the last frame gives way to the next one (so segments of adjacent shots
        touch).
      score: mean score of its frames, in [0, 1].
    """

    shot: int
    start_frame: int
    end_frame: int
    start: float
    end: float
    score: float

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self.end_frame - self.start_frame + 1

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.end - self.start


@dataclasses.dataclass(frozen=True)
class KeyFrame:
    """One frame that stands for a part of the video.

    Attributes:
      number: 1, 2, ... in order of time.
      frame: frame number, counted from 0 in order of presentation; always one of
        `VideoSummary.picks`.
      seconds: when it appears.
      shot: row of `VideoSummary.change_points` that it lies in.
      score: score of this frame, in [0, 1].
    """

    number: int
    frame: int
    seconds: float
    shot: int
    score: float


@dataclasses.dataclass(frozen=True, eq=False)
class VideoSummary:
    """The summary of one video.

    All seconds count from the first frame of the video, by presentation time, whatever the frame
    rate does.
    All frame numbers count decoded frames from 0 in order of presentation.

    Attributes:
      video: path of the video as given; "" when there is only a features file (then no pictures can
        be made).
      name: short name, the beginning of the names of all output files.
      fps: mean frame rate, n_frames / duration.
      n_frames: frames that could be decoded.
      duration: seconds from the first frame to the end of the last one.
      start_time: the file's own presentation time of the first frame, in seconds: file time =
        start_time + seconds.
      width, height: size of the upright picture in pixels, rotation and pixel aspect applied as
        decoded; 0 when unknown.
      picks: int64 [n_steps], frame number of every sampled frame.
      pick_seconds: float64 [n_steps], when they appear.
      scores: float64 [n_steps], in [0, 1], one per pick.
      change_points: int64 [n_shots, 2], first and last frame (inclusive) of every shot.
      shot_seconds: float64 [n_shots, 2], appearance of the first frame and end of the last one.
      shot_scores: float64 [n_shots], mean score of each shot's frames.
      segments: the chosen shots in order of time; may be empty (a note in `warnings` says why).
      key_frames: in order of time; may be fewer than asked for (`warnings` says why).
      budget: largest number of frames that the segments may have together.
      budget_text: where the budget comes from, for people: "15 % of the video", "30 s".
      rule: how shots were chosen within the budget: "knapsack", ...
      method: what scored the frames: "representative", "dictsum", "sum_gan_aae", ...
      method_text: one sentence about it for people, shown in every output.
      model: path or address of the trained model; "" for a method without one.
      extractor: what the features are (network, layer, preprocessing, weights checksum, fps
        sampled), plain JSON values.
      warnings: sentences for people, in the order they came up: broken tail, fewer key frames than
        asked for, ...
    """

    video: str
    name: str
    fps: float
    n_frames: int
    duration: float
    start_time: float
    width: int
    height: int
    picks: np.ndarray
    pick_seconds: np.ndarray
    scores: np.ndarray
    change_points: np.ndarray
    shot_seconds: np.ndarray
    shot_scores: np.ndarray
    segments: tuple[Segment, ...]
    key_frames: tuple[KeyFrame, ...]
    budget: int
    budget_text: str
    rule: str
    method: str
    method_text: str
    model: str
    extractor: Mapping[str, object]
    warnings: tuple[str, ...] = ()

    @property
    def summary_frames(self) -> int:
        """Frames of all segments together."""
        return sum(segment.n_frames for segment in self.segments)

    @property
    def summary_duration(self) -> float:
        """Seconds of all segments together."""
        return sum(segment.duration for segment in self.segments)
