"""The exact 0/1 knapsack that turns shot scores into a summary within a budget."""

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["knapsack"]


def knapsack(values: ArrayLike, weights: ArrayLike, capacity: int) -> list[int]:
    """Chooses the items of largest total value whose total weight is at most `capacity`.

    Among equally good choices it takes the one that the field's evaluation code takes, so that recorded
    F-scores are reproduced: walking back from the last item through the dynamic-programming table, an item is
    in the choice only if the table without it is strictly worse. Ties thus go to the earlier items, and an
    item of zero or negative value is never chosen (constant scores of 0 give an empty choice).

    Time is O(items x capacity), memory one byte per cell of the table.

    Args:
      values: [n], finite.
      weights: int [n], not negative. Heavier than `capacity` means never chosen.
      capacity: not negative; 0 admits items of weight 0 only.

    Returns:
      Indices of the chosen items, increasing.

    Raises:
      ValueError: lengths differ, a value is not finite, or a weight or the capacity is negative.
    """
    worth = np.asarray(values, np.float64)
    load = np.asarray(weights, np.int64)
    if worth.ndim != 1 or worth.shape != load.shape:
        raise ValueError(f"values {worth.shape} and weights {load.shape} must be vectors of one length")
    if not np.isfinite(worth).all():
        raise ValueError("values must be finite")
    if capacity < 0 or (load < 0).any():
        raise ValueError("weights and capacity must not be negative")
    capacity = min(int(capacity), int(load.sum()))  # more room than everything needs changes nothing
    best = np.zeros(capacity + 1)  # best[c]: value of the best choice among the items so far, of weight at most c
    better_with = np.zeros((len(load), capacity + 1), bool)
    for i, weight in enumerate(load.tolist()):
        if weight > capacity:
            continue
        with_item = best[: capacity + 1 - weight] + worth[i]
        np.greater(with_item, best[weight:], out=better_with[i, weight:])
        np.maximum(with_item, best[weight:], out=best[weight:])
    chosen, room = [], capacity
    for i in range(len(load) - 1, -1, -1):
        if better_with[i, room]:
            chosen.append(i)
            room -= int(load[i])
    return chosen[::-1]
