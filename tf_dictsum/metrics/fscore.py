"""Precision, recall and F-score of a summary against the summaries of people."""

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.errors import UserError

__all__ = ["f_average", "f_max", "f_scores", "pairwise_f_scores"]


def f_scores(summary_frames: ArrayLike, user_summary: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compares a summary S with each user's summary U: P = |S∩U|/|S|, R = |S∩U|/|U|, F = 2|S∩U|/(|S|+|U|).

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


def pairwise_f_scores(summaries: np.ndarray, users: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
            f"the summary has {summaries.shape[1]} frames but user_summary has {users.shape[1]}; both must cover the whole video."
        )
    overlap = summaries.astype(np.float64) @ users.astype(np.float64).T
    kept, wanted = summaries.sum(axis=1)[:, None], users.sum(axis=1)[None, :]
    return _percent(overlap, kept), _percent(overlap, wanted), _percent(2 * overlap, kept + wanted)


def f_max(f: ArrayLike) -> float:
    """F of the user who agrees most, in percent: the protocol of SumMe. `f` is [users], at least one."""
    return float(np.max(np.asarray(f, np.float64)))


def f_average(f: ArrayLike) -> float:
    """Mean F over users, in percent: the protocol of TVSum. `f` is [users], at least one."""
    return float(np.mean(np.asarray(f, np.float64)))


def _percent(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    whole = np.broadcast_to(whole, part.shape)
    return 100 * np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
