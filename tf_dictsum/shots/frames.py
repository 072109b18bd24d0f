"""From scores of sampled frames to scores of frames and of shots."""

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["frame_scores", "means_of_segments", "shot_scores"]


def frame_scores(scores: ArrayLike, picks: ArrayLike, n_frames: int) -> np.ndarray:
    """Gives every frame the score of the last pick at or before it, as the field's code does.

    Args:
      scores: [n_steps], one score per pick.
      picks: int [n_steps], frame numbers, not decreasing; picks at or past `n_frames` have no
        effect.
      n_frames: number of frames of the video.

    Returns:
      float64 [n_frames]; frames before the first pick get 0.

    Raises:
      ValueError: scores and picks differ in length, or picks decrease.
    """
    values = np.asarray(scores, np.float64)
    positions = np.minimum(np.asarray(picks, np.int64), n_frames)
    if values.shape != positions.shape or values.ndim != 1:
        raise ValueError(
            f"scores {values.shape} and picks {positions.shape} must be vectors of one length"
        )
    spans = np.diff(positions, append=n_frames)
    if (spans < 0).any():
        raise ValueError("picks must not decrease")
    result = np.zeros(n_frames)
    if len(values):
        result[positions[0] :] = np.repeat(values, spans)
    return result


def shot_scores(frame_scores: ArrayLike, change_points: ArrayLike) -> np.ndarray:
    """Mean score of every shot.

    Args:
      frame_scores: [n_frames].
      change_points: int [n_shots, 2], first and last frame (inclusive) of every shot; gaps and
        overlaps are allowed.

    Returns:
      float64 [n_shots].

    Raises:
      ValueError: a shot is empty or lies outside the video.
    """
    frames = np.asarray(frame_scores, np.float64)
    shots = np.asarray(change_points, np.int64).reshape(-1, 2)
    if not len(shots):
        return np.zeros(0)
    starts, lengths = shots[:, 0], shots[:, 1] - shots[:, 0] + 1
    if (lengths < 1).any() or starts.min() < 0 or shots[:, 1].max() >= len(frames):
        raise ValueError(f"a shot is empty or lies outside the {len(frames)} frames")
    offsets = np.cumsum(lengths) - lengths
    index = np.arange(lengths.sum()) + np.repeat(starts - offsets, lengths)
    return means_of_segments(frames[index], np.ones(len(index)), offsets, lengths)


def means_of_segments(
    values: np.ndarray, counts: np.ndarray, starts: np.ndarray, lengths: np.ndarray
) -> np.ndarray:
    """Weighted means of consecutive values.

    Each mean is taken relative to the segment's first value. A segment of equal values then has
    exactly that value, so a constant score of 0.1 leads to the same ties, and the same summary, as
    a constant score of 1.

    Args:
      values: float64 [..., n].
      counts: [n], how many frames have each value.
      starts: int [segments], where each segment begins; the first is 0.
      lengths: [segments], frames of each segment: the sums of its counts.

    Returns:
      float64 [..., segments].
    """
    first = values[..., starts]
    segment = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(counts)))
    excess = (values - first[..., segment]) * counts
    return first + np.add.reduceat(excess, starts, axis=-1) / lengths
