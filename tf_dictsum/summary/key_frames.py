"""Which frames show what a video is about: the best of every shot, and none that repeats
another.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from tf_dictsum.summary.coverage import distances

__all__ = ["NEAR", "best_steps", "ranked_steps", "without_repeats"]

NEAR = 0.05  # cosine distance of two pictures that look the same; half a second of a slow camera move is about half of it  # noqa: E501


def best_steps(scores: np.ndarray, groups: Iterable[np.ndarray]) -> list[int]:
    """The step of the highest score in every group of steps (the earlier of equal ones); empty
    groups give nothing.
    """
    return [int(group[np.argmax(scores[group])]) for group in groups if len(group)]


def ranked_steps(
    scores: np.ndarray, groups: Sequence[np.ndarray], shot_scores: np.ndarray
) -> list[int]:
    """All steps in the order in which they deserve to be key frames: the best of every shot, best
    shot first, then the second of every shot, and so on.

    Args:
      scores: [n_steps].
      groups: the steps of every shot.
      shot_scores: one per group.
    """
    order = np.argsort(-np.asarray(shot_scores), kind="stable")
    queues = [groups[shot][np.argsort(-scores[groups[shot]], kind="stable")] for shot in order]
    longest = max((len(queue) for queue in queues), default=0)
    return [int(queue[rank]) for rank in range(longest) for queue in queues if rank < len(queue)]


def without_repeats(
    features: np.ndarray, order: Sequence[int], count: int, *, fill: bool
) -> tuple[list[int], int]:
    """The first `count` steps of `order` that do not nearly repeat one taken before.

    Args:
      features: [n_steps, D].
      order: steps, the most wanted first.
      count: at most so many.
      fill: where these are too few, go on with those of `order` that are least like the ones taken.

    Returns:
      (increasing steps; how many of them nearly repeat another one).
    """
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.where(lengths > 0, lengths, 1)
    nearest = np.full(len(features), np.inf)  # distance of every step to the nearest one taken
    taken: list[int] = []

    def take(step: int) -> None:
        taken.append(step)
        np.minimum(nearest, distances(unit, unit[[step]])[:, 0], out=nearest)
        nearest[step] = 0

    apart = np.sqrt(2 * NEAR)  # between unit vectors: squared distance = 2 (1 - cosine)
    for step in order:
        if len(taken) >= count:
            break
        if nearest[step] >= apart:
            take(step)
    fresh = len(taken)
    if fill:
        rest = [step for step in order if step not in set(taken)]
        while len(taken) < count and rest:
            take(rest.pop(int(np.argmax(nearest[rest]))))
    return sorted(taken), len(taken) - fresh
