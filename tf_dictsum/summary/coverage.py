"""What stands for a whole video: the choice of shots and of frames with the least representation
error.

Representation error is the mean distance, in feature space, from every sampled frame to its nearest
chosen one (see `metrics.representation`). Both choices are greedy, as usual for this kind of
objective (facility location: each step's gain can only shrink, so greedy is near the best); the
choice of frames is then improved by exchanges, as k-medoids does.
"""

import heapq
from collections.abc import Sequence

import numpy as np

__all__ = ["choose_frames", "choose_shots", "distances", "thinned"]

MOST = 3000  # steps that stand for a long video: 25 minutes at 2 fps; beyond, evenly spread ones (memory: their square)  # noqa: E501


def thinned(n: int, most: int = MOST) -> np.ndarray:
    """Indices of at most `most` evenly spread ones of n."""
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).round().astype(np.int64)


def distances(these: np.ndarray, those: np.ndarray) -> np.ndarray:
    """Euclidean distances float32 [m, n] between the rows of [m, D] and of [n, D]."""
    centre = those.mean(axis=0, dtype=np.float64)  # smaller norms, less cancellation
    a, b = (np.asarray(rows, np.float64) - centre for rows in (these, those))
    squares = np.einsum("ij,ij->i", a, a)[:, None] + np.einsum("ij,ij->i", b, b) - 2 * (a @ b.T)
    return np.sqrt(np.maximum(squares, 0)).astype(np.float32)


def choose_shots(
    features: np.ndarray,
    steps: Sequence[np.ndarray],
    costs: Sequence[int],
    budget: int,
    eligible: np.ndarray | None = None,
    seen: np.ndarray | None = None,
    quality: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> tuple[list[int], np.ndarray]:
    """Shots that together stand for the video within a budget: again and again the one that gains
    most per unit of cost.

    The gain of a shot is how much nearer the video's frames come to a chosen frame; before the
    first choice every frame is as far away as it is from the other frames on average. Ties go to
    the earlier shot.

    Args:
      features: [n_steps, D].
      steps: for every shot, the indices of its sampled frames (at least one).
      costs: of every shot, positive.
      budget: what the chosen shots may cost together.
      eligible: bool [n_shots], which may be chosen; None: all.
      seen: bool [n_steps], the frames that should be stood for (not blank ones); None or none: all.
      quality: [n_shots], what a shot's gain is multiplied by; None: 1.
      weights: [n_steps], how much it matters that a frame is near a chosen one; None: all the same.

    Returns:
      (indices of the chosen shots in the order of choice; float64 [n_shots], gain per cost of every
      shot at the moment of its choice, or after the last choice for those that were not chosen).
    """
    every = np.arange(len(features))
    wanted = every[seen] if seen is not None and seen.any() else every
    stood_for = wanted[thinned(len(wanted))]
    crowd = features[stood_for]
    nearest = _nearest(features, steps, crowd)
    current = _mean_distances(crowd)
    if weights is not None:
        share = np.asarray(weights, np.float32)[stood_for]
        nearest, current = nearest * share, current * share
    per_cost = (1.0 if quality is None else np.asarray(quality)) / np.asarray(costs, np.float64)
    gains = np.maximum(current - nearest, 0).sum(axis=1, dtype=np.float64) * per_cost
    heap = [(-gain, shot) for shot, gain in enumerate(gains) if eligible is None or eligible[shot]]
    heapq.heapify(heap)
    chosen: list[int] = []
    room = budget
    while heap:
        _, shot = heapq.heappop(heap)
        gains[shot] = np.maximum(current - nearest[shot], 0).sum(dtype=np.float64) * per_cost[shot]
        if costs[shot] > room:
            continue
        if (
            heap and (-gains[shot], shot) > heap[0]
        ):  # what it gains has shrunk since: look at the next one first
            heapq.heappush(heap, (-gains[shot], shot))
            continue
        chosen.append(shot)
        room -= costs[shot]
        current = np.minimum(current, nearest[shot])
    taken = np.zeros(len(gains), bool)
    taken[chosen] = True
    rest = np.maximum(current - nearest[~taken], 0).sum(axis=1, dtype=np.float64)
    gains[~taken] = rest * per_cost[~taken]
    return chosen, gains


def choose_frames(features: np.ndarray, count: int) -> list[int]:
    """Frames that together stand for the video (k-medoids: greedy choice, then exchanges while one
    lowers the error).

    Args:
      features: [n_steps, D].
      count: how many, at least 1; at most n_steps are returned.

    Returns:
      Steps in the order of choice: the first one alone stands for the video best.
    """
    seen = thinned(len(features), max(MOST, min(count, len(features))))
    table = distances(features[seen], features[seen])
    np.fill_diagonal(table, 0)
    chosen: list[int] = []
    current = table.mean(axis=0) if len(seen) > 1 else np.zeros(1, np.float32)
    for _ in range(min(count, len(seen))):
        gains = np.maximum(current - table, 0).sum(axis=1, dtype=np.float64)
        gains[chosen] = -1
        chosen.append(int(gains.argmax()))
        current = np.minimum(current, table[chosen[-1]])
    return [int(seen[i]) for i in _exchanged(table, chosen)]


def _exchanged(table: np.ndarray, chosen: list[int]) -> list[int]:
    """`chosen` after the best exchange of one member at a time, round after round, until a round
    changes nothing.
    """
    members = list(chosen)
    error = float(table[members].min(axis=0).mean(dtype=np.float64))
    for _ in range(10):
        before = error
        for place in range(len(members)):
            rest = table[members[:place] + members[place + 1 :]]
            others = rest.min(axis=0) if len(rest) else np.full(len(table), np.inf, np.float32)
            errors = np.minimum(others, table).mean(axis=1, dtype=np.float64)
            errors[members] = np.inf
            best = int(errors.argmin())
            if errors[best] < error * (1 - 1e-6):
                members[place], error = best, float(errors[best])
        if error == before:
            break
    return members


def _nearest(features: np.ndarray, steps: Sequence[np.ndarray], crowd: np.ndarray) -> np.ndarray:
    """float32 [n_shots, n]: distance from every row of `crowd` to the nearest frame of every shot;
    many shots at a time.
    """
    sizes = np.cumsum([len(own) for own in steps])
    parts = []
    for chunk in np.split(np.arange(len(steps)), np.flatnonzero(np.diff(sizes // 1000)) + 1):
        own = [steps[shot] for shot in chunk]
        starts = np.cumsum([0, *(len(s) for s in own[:-1])])
        parts.append(
            np.minimum.reduceat(distances(features[np.concatenate(own)], crowd), starts, axis=0)
        )
    return np.concatenate(parts)


def _mean_distances(rows: np.ndarray) -> np.ndarray:
    """Mean distance of every row to all rows."""
    block = 500
    return np.concatenate(
        [distances(rows[i : i + block], rows).mean(axis=1) for i in range(0, len(rows), block)]
    )
