"""What could have come out if two systems were the same: the null of the permutation tests."""

import itertools
from collections.abc import Iterator

import numpy as np

__all__ = ["all_signs", "all_sums", "p_value", "random_signs", "random_sums"]

_BLOCK = 1 << 22  # numbers held at once


def all_signs(n: int) -> Iterator[np.ndarray]:
    """All 2^n rows of n signs, float64, in blocks [rows, n]."""
    yield 1.0 - 2.0 * (np.arange(2**n)[:, None] >> np.arange(n) & 1)


def random_signs(n: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """So many random rows of n signs, float64, in blocks [rows, n]."""
    rng = np.random.default_rng(seed)
    step = max(1, _BLOCK // n)
    for start in range(0, resamples, step):
        yield rng.choice([-1.0, 1.0], (min(step, resamples - start), n))


def all_sums(pool: np.ndarray, chosen: int) -> np.ndarray:
    """Sums over all ways to choose so many rows in every column of [rows, columns]."""
    subsets = np.array(list(itertools.combinations(range(len(pool)), chosen)))
    sums = np.zeros(1)
    for column in pool.T:
        sums = (sums[:, None] + column[subsets].sum(axis=1)).ravel()
    return sums


def random_sums(pool: np.ndarray, chosen: int, resamples: int, seed: int) -> np.ndarray:
    """As `all_sums`, of so many random choices: [resamples]."""
    rng = np.random.default_rng(seed)
    step = max(1, _BLOCK // pool.size)
    parts = []
    for start in range(0, resamples, step):
        shuffled = rng.permuted(
            np.broadcast_to(pool, (min(step, resamples - start), *pool.shape)), axis=1
        )
        parts.append(shuffled[:, :chosen].sum(axis=(1, 2)))
    return np.concatenate(parts)


def p_value(null: np.ndarray, observed: float, exact: bool) -> float:
    """Share of `null` at least as large as `observed`, up to rounding.

    Random draws count the observed one as well.
    """
    extreme = int((null >= observed - 1e-9 * max(1e-3, observed)).sum())
    return extreme / len(null) if exact else (extreme + 1) / (len(null) + 1)
