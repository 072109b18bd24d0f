"""Which shots of a video make its summary."""

import dataclasses
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.data.video import Video
from tf_dictsum.errors import UserError
from tf_dictsum.shots.frames import frame_scores, shot_scores
from tf_dictsum.shots.knapsack import knapsack

__all__ = ["RATIO", "RULES", "Rule", "Summary", "budget_of", "select_shots", "shortest_shot"]

Rule = Literal["knapsack", "greedy", "top"]
RULES: tuple[Rule, ...] = ("knapsack", "greedy", "top")
RATIO = 0.15  # the budget of every published evaluation on SumMe and TVSum


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


def select_shots(scores: ArrayLike, video: Video, *, ratio: float = RATIO, rule: Rule = "knapsack") -> Summary:
    """Chooses shots by their mean score within a budget of int(frames * ratio).

    "frames" counts up to the end of the last shot, as in the field's evaluation code. Rules:
      knapsack: largest sum of shot scores that fits (what every published F-score uses).
      greedy: shots by falling score, each taken if it still fits (the wording of the ICIP 2021 paper).
      top: shots by falling score until the first that does not fit.
    Equal scores go to the earlier shot.

    Args:
      scores: [n_steps], one score per pick of `video`.
      video: needs `change_points`.
      ratio: part of the video that the summary may fill, in (0, 1].
      rule: one of `RULES`.

    Raises:
      UserError: wrong number of scores, scores that are not finite, no change points or change points outside
        the video, a ratio out of range.
      ValueError: an unknown rule.
    """
    values = np.asarray(scores, np.float64)
    if values.shape != (video.n_steps,):
        raise UserError(f"{video.key}: {values.size} scores for {video.n_steps} sampled frames; give one score per pick.")
    if not np.isfinite(values).all():
        raise UserError(f"{video.key}: score {int(np.argmin(np.isfinite(values)))} is NaN or infinite; all scores must be finite.")
    if not 0 < ratio <= 1:
        raise UserError(f"ratio {ratio}: the summary's part of the video must lie in (0, 1].")
    shots = video.change_points
    if shots is None or not len(shots):
        raise UserError(f"{video.key}: the dataset has no change_points for it; add shot boundaries ([n_shots, 2], inclusive) to the file.")
    if shots.min() < 0 or shots[:, 1].max() >= video.n_frames or (shots[:, 1] < shots[:, 0]).any():
        raise UserError(f"{video.key}: change_points do not fit the {video.n_frames} frames; they must be pairs of first and last frame.")
    budget = budget_of(video, ratio)
    lengths = shots[:, 1] - shots[:, 0] + 1
    means = shot_scores(frame_scores(values, video.picks, video.n_frames), shots)
    if rule == "knapsack":
        chosen = knapsack(means, lengths, budget)
    elif rule in ("greedy", "top"):
        chosen = _by_falling_score(means, lengths, budget, stop=rule == "top")
    else:
        raise ValueError(f"unknown rule {rule!r}; one of {', '.join(RULES)}")
    frames = np.zeros(video.n_frames, bool)
    for shot in chosen:
        frames[shots[shot, 0] : shots[shot, 1] + 1] = True
    return Summary(tuple(chosen), frames, budget)


def budget_of(video: Video, ratio: float = RATIO) -> int:
    """Frames that a summary may have: int(frames up to the end of the last shot * ratio). The video needs change points."""
    assert video.change_points is not None
    return int((int(video.change_points[-1, 1]) + 1) * ratio)


def shortest_shot(video: Video) -> int:
    """Frames of the shortest shot. The video needs change points."""
    assert video.change_points is not None
    return int((video.change_points[:, 1] - video.change_points[:, 0]).min()) + 1


def _by_falling_score(means: np.ndarray, lengths: np.ndarray, budget: int, *, stop: bool) -> list[int]:
    chosen, room = [], budget
    for shot in np.argsort(-means, kind="stable").tolist():
        if lengths[shot] <= room:
            chosen.append(shot)
            room -= int(lengths[shot])
        elif stop:
            break
    return sorted(chosen)
