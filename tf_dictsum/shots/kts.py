"""Kernel temporal segmentation (Potapov et al., ECCV 2014): where the shots of a video begin.

The change points that the field's datasets come with are made by it. The segmentation for every
number of shots comes from `ruptures` (exact dynamic program); how many shots there are, and videos
longer than memory and time allow in one piece, are dealt with here.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.util.errors import UserError

__all__ = ["PENALTY", "WINDOW", "change_points", "choose_boundaries", "segmentations"]

PENALTY = 1.0  # KTS's own v_max; on unit vectors, found cuts of the test films: 93 % of them, 81 % of what is found  # noqa: E501
WINDOW = 1024  # steps that are segmented at once: 8.5 minutes at 2 fps, 0.6 s on one core


def change_points(
    features: ArrayLike,
    picks: ArrayLike,
    n_frames: int,
    *,
    penalty: float = PENALTY,
    window: int = WINDOW,
) -> np.ndarray:
    """Shots of a video from the features of its sampled frames.

    A shot begins at a sampled frame: a cut lies between the sampled frame before it and that one.

    Args:
      features: [n_steps, D], one row per sampled frame, of any scale: rows are brought to unit
        length.
      picks: int [n_steps], frame number of every sampled frame, increasing, the first one 0.
      n_frames: number of frames of the video.
      penalty: v_max of KTS; larger means fewer shots.
      window: number of steps that are segmented at once; time is linear in the number of windows,
        memory constant.

    Returns:
      int64 [n_shots, 2], first and last frame (inclusive) of every shot, from 0 to n_frames - 1
      without gaps.

    Raises:
      ValueError: features and picks do not belong together, or picks do not lie in the video.
      UserError: the package `ruptures` is not installed.
    """
    rows, positions = np.asarray(features), np.asarray(picks, np.int64)
    if rows.ndim != 2 or positions.shape != rows.shape[:1] or not len(rows):
        raise ValueError(f"features {rows.shape} need one pick per row, found {positions.shape}")
    if positions[0] != 0 or (np.diff(positions) <= 0).any() or positions[-1] >= n_frames:
        raise ValueError(f"picks must increase from 0 to less than {n_frames}")
    first = np.array([0, *positions[_boundaries(rows, penalty, window)]])
    return np.stack([first, np.append(first[1:], n_frames) - 1], axis=1)


def _boundaries(rows: np.ndarray, penalty: float, window: int) -> list[int]:
    """Steps at which a shot begins, without step 0.

    Each window begins at a boundary found before, where there is one in the later part of the
    window before it, so no boundary comes from where windows meet; boundaries near a window's end
    are left to the next one, which sees both sides.
    """
    cuts: list[int] = []
    start = 0
    while True:
        here = [start + b for b in choose_boundaries(rows[start : start + window], penalty)]
        if start + window >= len(rows):
            return cuts + here
        sure = [b for b in here if b < start + window * 3 // 4]
        cuts += sure
        start = sure[-1] if sure and sure[-1] >= start + window // 4 else start + window // 2


def choose_boundaries(features: np.ndarray, penalty: float = PENALTY) -> list[int]:
    """Boundaries of the number of shots that KTS chooses: the m that minimises J(m) + penalty m/2
    (log(n/m) + 1).

    J(m) is the sum of squared distances of the unit vectors to the means of their segments, for the
    best m boundaries; both terms are n times those of the original code. At most every second step
    begins a shot.

    Args:
      features: [n, D].
      penalty: v_max.

    Returns:
      Increasing steps in 1 .. n - 1, perhaps none.
    """
    n = len(features)
    if n < 2:
        return []
    rows = _unit(features)
    running = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    total = float(np.einsum("ij,ij->", rows, rows))
    best: list[int] = []
    best_cost = total - _explained(running, [])
    for m, boundaries in enumerate(segmentations(rows, max(1, n // 2)), start=1):
        cost = total - _explained(running, boundaries) + penalty * m / 2 * (math.log(n / m) + 1)
        if cost < best_cost:
            best, best_cost = boundaries, cost
    return best


def segmentations(features: np.ndarray, most: int) -> Iterator[list[int]]:
    """The best boundaries for 1, 2, ..., `most` boundaries: the least sum of squared distances to
    the segments' means.

    Args:
      features: [n, D], n at least 2.
      most: in 1 .. n - 1.

    Raises:
      UserError: the package `ruptures` is not installed.
    """
    try:
        from ruptures import KernelCPD
    except ImportError:
        raise UserError(
            "finding shots needs the package ruptures: pip install 'tf-dictsum[video]'."
        ) from None
    detector = KernelCPD(kernel="linear", min_size=1).fit(
        np.ascontiguousarray(features, np.float64)
    )
    detector.predict(n_bkps=most)  # one dynamic program serves all smaller numbers
    for m in range(1, most + 1):
        yield [int(b) for b in detector.predict(n_bkps=m)[:-1]]


def _unit(features: np.ndarray) -> np.ndarray:
    rows = np.asarray(features, np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)


def _explained(running: np.ndarray, boundaries: list[int]) -> float:
    """Sum over the segments of their length times the squared norm of their mean."""
    edges = np.array([0, *boundaries, len(running) - 1])
    sums = running[edges[1:]] - running[edges[:-1]]
    return float((np.einsum("ij,ij->i", sums, sums) / np.diff(edges)).sum())
