"""Hard cuts, exact to the frame, and shots whose boundaries lie on them."""

import math

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["hard_cuts", "snap_shots"]

# Chosen on seven real films with 149 joins (shared test films): 148 of them to the frame, and 4
# other frames.
_LEAST = 7.0  # a cut changes the picture by so many levels (luma and both chroma together) ...
_RATIO = 2.0  # ... and so many times more than every change near it
_NEAR = 0.1  # seconds on either side: more than a repeated frame of a lower rate, and than a flash
_FLOOR = 0.5  # levels: what a still picture changes by in any codec


def hard_cuts(changes: ArrayLike, fps: float) -> np.ndarray:
    """First frames after hard cuts.

    A cut is a change of the picture that stands alone: at least `_RATIO` times every other one
      within a tenth of a
    second. So motion, dissolves (many changes alike) and flashes (two at once) are none.

    Args:
      changes: [n_frames], how much every frame differs from the one before (`video.changes`); 0 for
        the first.
      fps: mean frames per second.

    Returns:
      int64, increasing, in 1 .. n_frames - 1.
    """
    values = np.asarray(changes, np.float64)
    if len(values) < 2:
        return np.zeros(0, np.int64)
    reach = max(3, math.ceil(fps * _NEAR))
    padded = np.pad(values, reach)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    around = np.maximum(windows[:, :reach].max(axis=1), windows[:, reach + 1 :].max(axis=1))
    return np.flatnonzero((values >= _LEAST) & (values >= _RATIO * (around + _FLOOR)))


def snap_shots(
    change_points: ArrayLike, picks: ArrayLike, cuts: ArrayLike, *, add: bool = True
) -> np.ndarray:
    """Shots with their boundaries moved to the hard cuts.

    A boundary found among sampled frames means that a cut lies between the sampled frame before it
    and itself; a cut up to one more sampling step away is taken for the same one. Boundaries
    without a cut near (dissolves) stay.

    Args:
      change_points: int [n_shots, 2], first and last frame (inclusive) of every shot, without gaps.
      picks: int [n_steps], sampled frames, increasing, the first one 0.
      cuts: int, first frames after hard cuts, increasing.
      add: whether cuts without a boundary near become boundaries too; a shot then has at least one
        sampled frame, and of cuts that lie closer the first stays.

    Returns:
      int64 [n, 2], the same frames.
    """
    shots = np.asarray(change_points, np.int64).reshape(-1, 2)
    positions, exact = np.asarray(picks, np.int64), np.asarray(cuts, np.int64)
    if not len(exact) or not len(shots):
        return shots
    step_of = np.searchsorted(positions, exact)  # the first sampled frame at or after each cut
    starts: dict[int, bool] = {}  # first frame of a shot -> whether a cut is there
    for start in shots[1:, 0].tolist():
        step = int(np.searchsorted(positions, start))
        near = np.abs(step_of - step)
        best = int(np.argmin(near))
        starts[int(exact[best]) if near[best] <= 1 else start] = bool(near[best] <= 1)
    if add:
        starts |= dict.fromkeys(exact.tolist(), True)
    edges = [int(shots[0, 0])]
    for start in sorted(starts):
        sampled = np.searchsorted(positions, [edges[-1], start])
        if sampled[1] > sampled[0]:
            edges.append(start)
        elif len(edges) > 1 and starts[start] and not starts.get(edges[-1], False):
            edges[-1] = start
    last = int(shots[-1, 1])
    if len(edges) > 1 and not (positions >= edges[-1]).any():  # nothing is sampled after it
        edges.pop()
    return np.stack([edges, [*(e - 1 for e in edges[1:]), last]], axis=1).astype(np.int64)
