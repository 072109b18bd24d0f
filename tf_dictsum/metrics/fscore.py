"""Precision, recall and F-score of a summary against the summaries of people."""

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.data.video import Video
from tf_dictsum.shots.shots import Shots
from tf_dictsum.util.errors import UserError

__all__ = [
    "SingleReference",
    "UserAgreement",
    "f_scores",
    "pairwise_f_scores",
]


class UserAgreement:
    """Summaries of one video against every user's, from the overlap of every shot with each."""

    def __init__(self, video: Video, shots: Shots) -> None:
        """Raises UserError when `user_summary` (needed) does not have one entry per frame."""
        assert video.user_summary is not None
        users = np.asarray(video.user_summary).astype(bool)
        if users.shape[1] != video.n_frames:
            raise UserError(
                f"{video.key}: the summary has {video.n_frames} frames but user_summary has "
                f"{users.shape[1]}; both must cover the whole video."
            )
        self._overlap, self._wanted, self._lengths = (
            shots.totals(users).T,
            users.sum(axis=1),
            shots.lengths,
        )

    def table(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Precision, recall and F of the chosen shots against each user.

        Args:
          chosen: bool [m, n_shots].

        Returns:
          Each float64 [m, users], percent.
        """
        picked = chosen.astype(np.float64)
        overlap, kept = picked @ self._overlap, (picked @ self._lengths)[:, None]
        return (
            _percent(overlap, kept),
            _percent(overlap, self._wanted),
            _percent(2 * overlap, kept + self._wanted),
        )

    def __call__(self, rows: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
        """f_max, f_avg, precision and recall (means over users), each [m], percent."""
        precision, recall, f = self.table(chosen)
        return {
            "f_max": f.max(axis=1),
            "f_avg": f.mean(axis=1),
            "precision": precision.mean(axis=1),
            "recall": recall.mean(axis=1),
        }


class SingleReference:
    """Summaries of one video against one: the knapsack of `gtscore` over the same shots.

    SUM-GAN and Cycle-SUM print this F, and SUM-GAN-AAE's evaluation has it as an option.
    """

    def __init__(self, video: Video, shots: Shots) -> None:
        """`gtscore` is needed."""
        assert video.gtscore is not None
        self.reference = shots.choose(shots.means(np.asarray(video.gtscore, np.float64)[None]))[0]
        self._lengths = shots.lengths

    def __call__(self, rows: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
        """f_single [m], percent."""
        kept, wanted = chosen @ self._lengths, self.reference @ self._lengths
        return {
            "f_single": _percent(2.0 * ((chosen & self.reference) @ self._lengths), kept + wanted)
        }


def f_scores(
    summary_frames: ArrayLike, user_summary: ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compares a summary S with each user's summary U.

    P = |S∩U|/|S|, R = |S∩U|/|U|, F = 2|S∩U|/(|S|+|U|). F max over the users is the protocol of
    SumMe, their mean that of TVSum.

    Args:
      summary_frames: [n_frames], nonzero where the summary keeps a frame.
      user_summary: [users, n_frames], nonzero where a user keeps a frame.

    Returns:
      precision, recall, F: each float64 [users], in percent; 0 where the denominator is 0.

    Raises:
      UserError: the numbers of frames differ.
    """
    summary = np.asarray(summary_frames).astype(bool)
    users = np.atleast_2d(np.asarray(user_summary).astype(bool))
    precision, recall, f = pairwise_f_scores(summary[None], users)
    return precision[0], recall[0], f[0]


def pairwise_f_scores(
    summaries: np.ndarray, users: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As `f_scores` for several summaries at once.

    Args:
      summaries: bool [m, n_frames].
      users: bool [users, n_frames].

    Returns:
      precision, recall, F: each float64 [m, users], in percent.

    Raises:
      UserError: the numbers of frames differ.
    """
    if summaries.shape[1] != users.shape[1]:
        raise UserError(
            f"the summary has {summaries.shape[1]} frames but user_summary has {users.shape[1]}; "
            "both must cover the whole video."
        )
    overlap = summaries.astype(np.float64) @ users.astype(np.float64).T
    kept, wanted = summaries.sum(axis=1)[:, None], users.sum(axis=1)[None, :]
    return _percent(overlap, kept), _percent(overlap, wanted), _percent(2 * overlap, kept + wanted)


def _percent(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    whole = np.broadcast_to(whole, part.shape)
    return 100 * np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
