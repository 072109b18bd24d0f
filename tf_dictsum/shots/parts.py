"""Long shots in parts, so that a summary can take some of a shot that is longer than the whole
summary.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["split_long_shots"]


def split_long_shots(
    change_points: ArrayLike, picks: ArrayLike, edges: ArrayLike, longest: float
) -> np.ndarray:
    """Divides shots that last longer than `longest` into parts of about equal length.

    Every part begins at a sampled frame (as shots of `kts.change_points` do), so each has a score
    of its own; where frames are sampled more rarely than `longest` allows, parts are as short as
    the sampling permits.

    Args:
      change_points: int [n_shots, 2], first and last frame (inclusive) of every shot.
      picks: int [n_steps], frame number of every sampled frame, increasing.
      edges: [n_frames + 1], when every frame begins and the last one ends, in any unit.
      longest: in the same unit, positive.

    Returns:
      int64 [n_parts, 2], the same frames in at least as many pairs.
    """
    positions, clock = np.asarray(picks, np.int64), np.asarray(edges, np.float64)
    parts: list[tuple[int, int]] = []
    for first, last in np.asarray(change_points, np.int64).reshape(-1, 2).tolist():
        inside = positions[(positions >= first) & (positions <= last)]
        count = min(math.ceil((clock[last + 1] - clock[first]) / longest - 1e-6), len(inside))
        starts = [int(part[0]) for part in np.array_split(inside, count)][1:] if count > 1 else []
        parts += zip([first, *starts], [*(start - 1 for start in starts), last], strict=True)
    return np.array(parts, np.int64).reshape(-1, 2)
