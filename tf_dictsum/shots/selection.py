"""Which shots of a video make its summary."""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.data.video import Video
from tf_dictsum.shots.shots import RATIO, RULES, Rule, Shots, frame_budget
from tf_dictsum.util.errors import UserError

__all__ = [
    "RATIO",
    "RULES",
    "Rule",
    "Summary",
    "budget_of",
    "check_scores",
    "select_shots",
    "shortest_shot",
]


@dataclasses.dataclass(frozen=True, eq=False)
class Summary:
    """A summary made of whole shots.

    Attributes:
      selected_shots: indices of the chosen shots, increasing.
      frames: bool [n_frames], true where a frame is kept.
      budget: largest number of frames that was allowed.
    """

    selected_shots: tuple[int, ...]
    frames: np.ndarray
    budget: int


def select_shots(
    scores: ArrayLike, video: Video, *, ratio: float = RATIO, rule: Rule = "knapsack"
) -> Summary:
    """Chooses shots by their mean score within a budget of int(frames * ratio).

    "frames" counts up to the end of the last shot, as in the field's evaluation code. Rules:
      knapsack: largest sum of shot scores that fits (what every published F-score uses).
      greedy: shots by falling score, each taken if it still fits (the wording of the ICIP 2021
        paper).
      top: shots by falling score until the first that does not fit.
    Equal scores go to the earlier shot.

    Args:
      scores: [n_steps], one score per pick of `video`.
      video: needs `change_points`.
      ratio: part of the video that the summary may fill, in (0, 1].
      rule: one of `RULES`.

    Raises:
      UserError: wrong number of scores, scores that are not finite, no change points, change points
        outside the video or overlapping, a ratio out of range.
      ValueError: an unknown rule.
    """
    values = check_scores(np.asarray(scores, np.float64).reshape(1, -1), video)
    shots = Shots(video, ratio)
    chosen = shots.choose(shots.means(values), rule)
    return Summary(tuple(np.flatnonzero(chosen[0]).tolist()), shots.frames(chosen)[0], shots.budget)


def check_scores(rows: np.ndarray, video: Video) -> np.ndarray:
    """`rows` [m, n_steps], checked.

    Raises:
      UserError: not one score per pick, or NaN and infinite scores; names the video and the first
        bad score.
    """
    if rows.shape[1] != video.n_steps:
        raise UserError(
            f"{video.key}: {rows.shape[1]} scores for {video.n_steps} sampled frames; "
            "give one score per pick."
        )
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=0))
    if len(bad):
        raise UserError(
            f"{video.key}: score {bad[0]} is NaN or infinite; all scores must be finite."
        )
    return rows


def budget_of(video: Video, ratio: float = RATIO) -> int:
    """As `frame_budget`, of a video, which needs change points."""
    assert video.change_points is not None
    return frame_budget(video.change_points, ratio)


def shortest_shot(video: Video) -> int:
    """Frames of the shortest shot. The video needs change points."""
    assert video.change_points is not None
    return int((video.change_points[:, 1] - video.change_points[:, 0]).min()) + 1
