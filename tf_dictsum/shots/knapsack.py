"""The exact 0/1 knapsack that turns shot scores into a summary within a budget."""

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["knapsack", "knapsacks"]

_BLOCK = (
    1 << 15
)  # cells of the running row held at once: past the processor's cache it takes half as long again


def knapsack(values: ArrayLike, weights: ArrayLike, capacity: int) -> list[int]:
    """Chooses the items of largest total value whose total weight is at most `capacity`.

    Among equally good choices it takes the one that the field's evaluation code takes, so that
    recorded
    F-scores are reproduced: walking back from the last item through the dynamic-programming table,
    an item is in the choice only if the table without it is strictly worse. Ties thus go to the
    earlier items, and an item of zero or negative value is never chosen (constant scores of 0 give
    an empty choice).

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
    if worth.ndim != 1 or worth.shape != np.shape(weights):
        raise ValueError(
            f"values {worth.shape} and weights {np.shape(weights)} must be vectors of one length"
        )
    return np.flatnonzero(knapsacks(worth[None], weights, capacity)[0]).tolist()


def knapsacks(values: ArrayLike, weights: ArrayLike, capacity: int) -> np.ndarray:
    """As `knapsack` for every row of `values` [m, n], over the same items: several times faster
    than row by row.

    Returns:
      bool [m, n], true where an item is chosen.

    Raises:
      ValueError: as `knapsack`.
    """
    worth = np.asarray(values, np.float64)
    load = np.asarray(weights, np.int64)
    if worth.ndim != 2 or worth.shape[1:] != load.shape:
        raise ValueError(f"values {worth.shape} need one weight per column, found {load.shape}")
    if not np.isfinite(worth).all():
        raise ValueError("values must be finite")
    if capacity < 0 or (load < 0).any():
        raise ValueError("weights and capacity must not be negative")
    capacity = min(
        int(capacity), int(load.sum())
    )  # more room than everything needs changes nothing
    size = max(1, _BLOCK // (capacity + 1))
    parts = [
        _choose(worth[start : start + size], load, capacity) for start in range(0, len(worth), size)
    ]
    return np.concatenate(parts) if parts else np.zeros(worth.shape, bool)


def _choose(worth: np.ndarray, load: np.ndarray, capacity: int) -> np.ndarray:
    rows, items = worth.shape
    best = np.zeros(
        (rows, capacity + 1)
    )  # best[r, c]: value of the best choice among the items so far, of weight at most c
    better_with = np.zeros((items, rows, capacity + 1), bool)
    for i, weight in enumerate(load.tolist()):
        if weight > capacity:
            continue
        with_item = best[:, : capacity + 1 - weight] + worth[:, i, None]
        np.greater(with_item, best[:, weight:], out=better_with[i, :, weight:])
        np.maximum(with_item, best[:, weight:], out=best[:, weight:])
    chosen = np.zeros((rows, items), bool)
    room, row = np.full(rows, capacity), np.arange(rows)
    for i in range(items - 1, -1, -1):
        chosen[:, i] = better_with[i, row, room]
        room -= chosen[:, i] * load[i]
    return chosen
