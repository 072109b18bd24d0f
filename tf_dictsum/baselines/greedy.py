"""The yardstick of representativeness: shots chosen one by one by what they add."""

import numpy as np

from tf_dictsum.shots.shots import Shots

__all__ = ["greedy_shots"]

_BLOCK = 1 << 22  # distances held at once


def greedy_shots(features: np.ndarray, picks: np.ndarray, shots: Shots) -> np.ndarray:
    """Chooses shots that bring every sampled frame near to a selected one.

    Each step takes the shot that lowers the mean distance to the nearest selected frame most, per
    frame of its length or outright (both orders are tried, the better result counts: Leskovec et
    al., "Cost-effective outbreak detection", 2007, which keeps it within (1 - 1/e)/2 of the best
    gain), until no shot fits that still helps. It looks at the features of the very video, as any
    method may, and at no annotation.

    Args:
      features: [n_steps, D].
      picks: int [n_steps].
      shots: of the video, with the budget.

    Returns:
      bool [n_shots].
    """
    members = shots.at(np.eye(len(shots), dtype=bool), picks)
    reach, start = _distances(features.astype(np.float64), members)
    by_length = _fill(reach, start, shots, per_frame=True)
    outright = _fill(reach, start, shots, per_frame=False)
    errors = [
        reach[chosen].min(axis=0).mean() if chosen.any() else np.inf
        for chosen in (by_length, outright)
    ]
    return by_length if errors[0] <= errors[1] else outright


def _distances(features: np.ndarray, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances from every sampled frame.

    Returns:
      To the nearest frame of each shot, [n_shots, n_steps]; to the farthest of all, [n_steps].
    """
    rows = features - features.mean(axis=0)
    squares = np.einsum("ij,ij->i", rows, rows)
    reach = np.full((len(members), len(rows)), np.inf)
    farthest = np.zeros(len(rows))
    size = max(1, _BLOCK // max(1, len(rows)))
    for start in range(0, len(rows), size):
        block = slice(start, start + size)
        distances = np.sqrt(
            np.maximum(squares[:, None] + squares[block] - 2 * (rows @ rows[block].T), 0.0)
        )
        farthest[block] = distances.max(axis=0)
        for shot, member in enumerate(members):
            if member.any():
                reach[shot, block] = distances[member].min(axis=0)
    return reach, farthest


def _fill(reach: np.ndarray, start: np.ndarray, shots: Shots, *, per_frame: bool) -> np.ndarray:
    chosen, nearest, room = np.zeros(len(shots), bool), start, shots.budget
    cost = shots.lengths if per_frame else np.ones(len(shots))
    while True:
        gain = (nearest - np.minimum(reach, nearest)).mean(axis=1) / cost
        gain[chosen | (shots.lengths > room)] = 0.0
        best = int(gain.argmax())
        if not gain[best] > 0:
            return chosen
        chosen[best] = True
        nearest = np.minimum(nearest, reach[best])
        room -= int(shots.lengths[best])
