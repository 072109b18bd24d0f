"""The shots of one video, checked once and ready for many score vectors."""

from typing import Literal

import numpy as np

from tf_dictsum.data.video import Video
from tf_dictsum.shots.frames import means_of_segments
from tf_dictsum.shots.knapsack import knapsacks
from tf_dictsum.util.errors import UserError

__all__ = ["RATIO", "RULES", "Rule", "Shots", "frame_budget"]

Rule = Literal["knapsack", "greedy", "top"]
RULES: tuple[Rule, ...] = ("knapsack", "greedy", "top")
RATIO = 0.15  # the budget of every published evaluation on SumMe and TVSum


def frame_budget(change_points: np.ndarray, ratio: float = RATIO) -> int:
    """Frames that a summary may have: int(frames * ratio), up to the end of the last shot."""
    return int((int(change_points[-1, 1]) + 1) * ratio)


class Shots:
    """Shots of one video and the budget of its summary.

    Everything here works on many score vectors at once: a summary is made of whole shots, so all
    that a measure needs is which shots are chosen ([m, n_shots]) and how much of something lies in
    every shot (`totals`).

    Attributes:
      bounds: int64 [n_shots, 2], first and last frame (inclusive).
      lengths: int64 [n_shots], frames.
      steps: int64 [n_shots], sampled frames.
      budget: frames that a summary may have, see `frame_budget`.
      n_frames: number of frames of the video.
    """

    def __init__(self, video: Video, ratio: float = RATIO) -> None:
        """Checks the shots of `video`.

        Raises:
          UserError: no change points, change points outside the video or overlapping, a ratio out
            of range.
        """
        if not 0 < ratio <= 1:
            raise UserError(f"ratio {ratio}: the summary's part of the video must lie in (0, 1].")
        shots = video.change_points
        if shots is None or not len(shots):
            raise UserError(
                f"{video.key}: the dataset has no change_points for it; "
                "add shot boundaries ([n_shots, 2], inclusive) to the file."
            )
        if (
            shots.min() < 0
            or shots[:, 1].max() >= video.n_frames
            or (shots[:, 1] < shots[:, 0]).any()
        ):
            raise UserError(
                f"{video.key}: change_points do not fit the {video.n_frames} frames; "
                "they must be pairs of first and last frame."
            )
        if (shots[1:, 0] <= shots[:-1, 1]).any():
            raise UserError(
                f"{video.key}: change_points overlap or are out of order; "
                "every frame may lie in one shot only."
            )
        self.bounds = np.asarray(shots, np.int64)
        self.lengths = self.bounds[:, 1] - self.bounds[:, 0] + 1
        self.n_frames = video.n_frames
        self.budget = frame_budget(self.bounds, ratio)
        picks = np.minimum(np.asarray(video.picks, np.int64), video.n_frames)
        self.steps = np.diff(
            np.searchsorted(picks, [self.bounds[:, 0], self.bounds[:, 1] + 1]), axis=0
        )[0]
        # Pieces: frames of one shot that take their score from one pick. Frames before the first
        # pick have no score (0).
        cuts = np.unique(np.concatenate([self.bounds[:, 0], self.bounds[:, 1] + 1, picks]))
        cuts = cuts[cuts < video.n_frames]
        ends = np.append(cuts[1:], video.n_frames)
        shot = np.searchsorted(self.bounds[:, 0], cuts, side="right") - 1
        inside = (shot >= 0) & (cuts <= self.bounds[shot, 1])
        self._pick = (np.searchsorted(picks, cuts, side="right") - 1)[inside]
        self._frames = (ends - cuts)[inside].astype(np.float64)
        self._first = np.flatnonzero(np.diff(shot[inside], prepend=-1))

    def __len__(self) -> int:
        return len(self.bounds)

    def means(self, scores: np.ndarray) -> np.ndarray:
        """Mean score of every shot, where a frame has the score of the last pick at or before it.

        As `frames.shot_scores` of `frames.frame_scores`, without going through the frames.

        Args:
          scores: float64 [m, n_steps].

        Returns:
          float64 [m, n_shots].
        """
        values = np.where(self._pick >= 0, scores[:, self._pick], 0.0)
        return means_of_segments(values, self._frames, self._first, self.lengths)

    def totals(self, frames: np.ndarray) -> np.ndarray:
        """Sum of `frames` [k, n_frames] within every shot: float64 [k, n_shots]."""
        sums = np.zeros((len(frames), self.n_frames + 1))
        np.cumsum(frames, axis=1, dtype=np.float64, out=sums[:, 1:])
        return sums[:, self.bounds[:, 1] + 1] - sums[:, self.bounds[:, 0]]

    def choose(self, means: np.ndarray, rule: Rule = "knapsack") -> np.ndarray:
        """Chooses shots within the budget by their mean scores [m, n_shots].

        Equal scores go to the earlier shot.

        knapsack: largest sum of shot scores that fits (what every published F-score uses).
        greedy: shots by falling score, each taken if it still fits (the wording of the ICIP 2021
          paper).
        top: shots by falling score until the first that does not fit.

        Returns:
          bool [m, n_shots].

        Raises:
          ValueError: an unknown rule.
        """
        if rule == "knapsack":
            return knapsacks(means, self.lengths, self.budget)
        if rule not in RULES:
            raise ValueError(f"unknown rule {rule!r}; one of {', '.join(RULES)}")
        order = np.argsort(-means, axis=1, kind="stable")
        chosen, row = np.zeros(means.shape, bool), np.arange(len(means))
        room, open_ = np.full(len(means), self.budget), np.ones(len(means), bool)
        for shot in order.T:
            take = open_ & (self.lengths[shot] <= room)
            if rule == "top":
                open_ = take
            chosen[row, shot] = take
            room -= take * self.lengths[shot]
        return chosen

    def frames(self, chosen: np.ndarray) -> np.ndarray:
        """The frames of the chosen shots: bool [m, n_frames] of bool [m, n_shots]."""
        kept = np.zeros((len(chosen), self.n_frames), bool)
        for shot, (first, last) in enumerate(self.bounds.tolist()):
            kept[:, first : last + 1] = chosen[:, shot, None]
        return kept

    def at(self, chosen: np.ndarray, picks: np.ndarray) -> np.ndarray:
        """Whether each pick lies in a chosen shot: bool [m, n_steps] of bool [m, n_shots]."""
        shot = np.searchsorted(self.bounds[:, 0], picks, side="right") - 1
        inside = (shot >= 0) & (picks <= self.bounds[shot, 1])
        return chosen[:, shot] & inside
