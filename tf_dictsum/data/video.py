"""One video of a dataset, in memory."""

import dataclasses

import numpy as np

__all__ = ["Dataset", "Video"]


@dataclasses.dataclass(frozen=True, eq=False)
class Video:
    """Sampled features of one video and whatever annotations its file has.

    Attributes:
      key: group name in the dataset file, such as "video_7".
      features: float32 [n_steps, D], one row per sampled frame; None when the file has annotations
        only.
      picks: int64 [n_steps], frame number of every sampled frame, increasing, the first one 0.
      n_frames: number of frames of the video.
      change_points: int64 [n_shots, 2], first and last frame (inclusive) of every shot; None when
        unknown.
      user_summary: bool [users, n_frames], the frames that each person kept; None when not
        annotated.
      user_scores: float32 [users, n_frames], each person's importance of every frame; None when not
        annotated.
      gtscore: float32 [n_steps], mean importance; None when not annotated.
      gtsummary: float32 [n_steps]; None when not annotated.
      name: title of the video, or its key.
      attributes: the group's own attributes (plain Python values), such as "fps".
    """

    key: str
    features: np.ndarray | None
    picks: np.ndarray
    n_frames: int
    change_points: np.ndarray | None = None
    user_summary: np.ndarray | None = None
    user_scores: np.ndarray | None = None
    gtscore: np.ndarray | None = None
    gtsummary: np.ndarray | None = None
    name: str = ""
    attributes: dict[str, object] = dataclasses.field(default_factory=dict)

    @property
    def n_steps(self) -> int:
        """Number of sampled frames."""
        return len(self.picks)


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """The videos of one file.

    Attributes:
      name: short name: "SumMe", "TVSum", "demo" or the file's stem.
      source: the path as given, or "demo".
      videos: key -> Video, in natural order of the keys (video_2 before video_10).
      attributes: the file's own top-level attributes (plain Python values).
    """

    name: str
    source: str
    videos: dict[str, Video]
    attributes: dict[str, object] = dataclasses.field(default_factory=dict)

    @property
    def feature_size(self) -> int:
        """Width D of the features; raises ValueError when the file has none."""
        for video in self.videos.values():
            if video.features is not None:
                return int(video.features.shape[1])
        raise ValueError(f"{self.source} has no features")
