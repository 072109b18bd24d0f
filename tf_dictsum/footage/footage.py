"""What is known about a video before anything is chosen: sampled features and the time of every
frame.
"""

import dataclasses
from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from tf_dictsum.video.info import Timeline

__all__ = ["Footage", "regular_timeline"]


@dataclasses.dataclass(frozen=True, eq=False)
class Footage:
    """One video, decoded and described by features.

    Attributes:
      video: path of the video; "" when it is not at hand.
      name: beginning of the names of all output files.
      width, height: of the upright picture; 0 when unknown.
      timeline: when every frame is shown.
      picks: int64 [n_steps], frame number of every sampled frame.
      features: float32 [n_steps, D].
      extractor: what made the features, plain JSON values.
      change_points: int64 [n_shots, 2] where they are known already; None: they are to be found.
      changes: float32 [n_frames], how much every frame differs from the one before
        (`video.changes`); None: unknown.
      looks: float32 [n_steps, 5], brightness, contrast, ... of every sampled frame (`video.looks`);
        None: unknown.
      warnings: sentences for people.
    """

    video: str
    name: str
    width: int
    height: int
    timeline: Timeline
    picks: np.ndarray
    features: np.ndarray
    extractor: Mapping[str, object]
    change_points: np.ndarray | None = None
    changes: np.ndarray | None = None
    looks: np.ndarray | None = None
    warnings: tuple[str, ...] = ()

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self.timeline.n_frames

    @property
    def ends(self) -> np.ndarray:
        """float64 [n_frames], when every frame gives way to the next; a single frame is shown for
        a 25th of a second.
        """
        return self.timeline.ends if self.n_frames > 1 else np.array([0.04])


def regular_timeline(n_frames: int, fps: float) -> Timeline:
    """Frames at a constant rate: for features whose video is not at hand."""
    return Timeline(
        np.arange(n_frames, dtype=np.int64), 1 / Fraction(fps).limit_denominator(100_000)
    )
