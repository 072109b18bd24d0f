"""How sure a mean is, and whether two systems differ: bootstrap intervals, permutation tests.

Two things vary in this field, and both are resampled where there are enough of them: the seed of a
run and the videos of a split. A table of runs is therefore a matrix [seeds, splits]; per-video
results of two systems are paired vectors [videos].
"""

import dataclasses
import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from tf_dictsum.metrics.permutations import (
    all_signs,
    all_sums,
    p_value,
    random_signs,
    random_sums,
)

__all__ = [
    "CONFIDENCE",
    "FEWEST",
    "RESAMPLES",
    "Comparison",
    "Interval",
    "bootstrap_interval",
    "compare_runs",
    "paired_test",
]

CONFIDENCE = 0.95
FEWEST = 5
"""Fewest units that are resampled.

Resampled means lie between the smallest and the largest value, and that range of n values holds the
truth with a chance of 1 - 2^(1-n) for a symmetric spread: 94 % for five, 88 % for four."""
RESAMPLES = 10_000


@dataclasses.dataclass(frozen=True)
class Interval:
    """A mean and how sure it is.

    Attributes:
      mean: of all values.
      sd: sample standard deviation of all values; None of one value.
      low, high: bootstrap interval of the mean; None where no axis has `FEWEST` units.
      values: how many there are.
    """

    mean: float
    sd: float | None
    low: float | None
    high: float | None
    values: int


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two systems on the same videos.

    Attributes:
      a, b: their means.
      difference: interval of the mean of a - b (`sd`: over its values).
      p: two-sided p-value of the permutation test.
      smallest_p: what p could be at least with so few units.
    """

    a: float
    b: float
    difference: Interval
    p: float
    smallest_p: float


def bootstrap_interval(
    values: ArrayLike, confidence: float = CONFIDENCE, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """Mean with its bootstrap interval, by the expanded percentile method.

    The plain percentile interval of a mean is too narrow for few values: it forgets both the factor
    n/(n-1) and the uncertainty of the spread (with five normal values its 95 % cover 83 %, where
    these cover 91; BCa has the same fault, and its skewness correction is noise at that size).
    Hesterberg, "What Teachers Should Know About the Bootstrap" (2015), section 4.4, reads the
    resampled means at wider percentiles instead, Φ(-t √(n/(n-1))) with t of Student's distribution
    with n - 1 degrees of freedom; for many values they become the plain ones.

    Args:
      values: finite float [n], independent units; or [seeds, splits], one mean per run. There both
        seeds and splits are resampled, each independently of the other (whole rows, whole columns),
        because a reader wants to know about other seeds and about other videos; runs that share a
        split are not independent. An axis with fewer than `FEWEST` units is not resampled, only
        averaged over: the interval then holds for these very splits (or seeds). n is the smaller
        number of resampled units.
      confidence: of the interval.
      resamples: how many.
      seed: of the resampling; the same seed gives the same interval.

    Raises:
      ValueError: no values, values that are not finite, or more than two axes.
    """
    table = _table(values)
    flat = table.ravel()
    low, high = _bounds([(table, 1.0)], confidence, resamples, seed)
    return Interval(
        float(flat.mean()), float(flat.std(ddof=1)) if flat.size > 1 else None, low, high, flat.size
    )


def paired_test(
    a: ArrayLike,
    b: ArrayLike,
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Whether two systems differ on the same units, such as videos.

    The interval is the bootstrap interval of a - b over the units. p comes from the sign-flip
    permutation test of the mean difference: were the systems the same, a and b could be swapped in
    every pair. It assumes no distribution (F-scores are bounded and skewed), tests the very mean
    that the tables print (Wilcoxon's test ranks and so tests another quantity), and is exact up to
    13 pairs (all 2^n swaps); above, `resamples` random swaps with the identity counted as one of
    them, so that p is never 0. n pairs cannot give p below 2^(1-n).

    Args:
      a, b: finite float [n], n >= 1, paired.
      confidence, resamples, seed: as in `bootstrap_interval`.

    Raises:
      ValueError: lengths differ, no pairs, values that are not finite.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"pairs have the same length, not shapes {a.shape} and {b.shape}")
    difference = bootstrap_interval(a - b, confidence, resamples, seed)
    n = len(a)
    observed = abs(float((a - b).sum()))
    # Not scipy.stats.permutation_test: other random flips would change every p of more than 13
    # videos, and its tolerance for ties is relative to a sum that may cancel to nothing.
    exact = 2**n <= resamples
    sums = np.concatenate(
        [
            np.abs(signs @ (a - b))
            for signs in (all_signs(n) if exact else random_signs(n, resamples, seed))
        ]
    )
    return Comparison(
        float(a.mean()),
        float(b.mean()),
        difference,
        p_value(sums, observed, exact),
        2.0 ** (1 - n),
    )


def compare_runs(
    a: ArrayLike,
    b: ArrayLike,
    *,
    confidence: float = CONFIDENCE,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """Whether the runs of two systems on the same splits differ.

    Paired by split: splits differ in level far more than systems do. Not by seed: seed 3 of one
    system has nothing in common with seed 3 of another but (at most) initial weights, and pairing
    it away would leave five seeds without a p below 0.06. So p comes from permuting the runs of
    both systems among each other within every split, and the test's statistic is the mean over the
    splits of the difference of means. It asks about THESE videos: exact if runs of the same split
    are exchangeable when the systems are the same, conservative if equal seeds make runs alike. All
    arrangements where they are no more than `resamples`, else random ones, the observed one
    counted. Other videos are the interval's part: it resamples splits (the same for both), and the
    runs of a and of b, wherever there are `FEWEST`; None where only the runs of one side would be
    resampled.

    Args:
      a: finite float [runs, splits]; [runs] for one split.
      b: the same number of splits; the number of runs may differ (say 200 draws of random scores).
      confidence, resamples, seed: as in `bootstrap_interval`.

    Raises:
      ValueError: another number of splits, no runs, values that are not finite.
    """
    a, b = (np.atleast_2d(_table(x).T).T if np.ndim(x) == 1 else _table(x) for x in (a, b))
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"both need the same splits, not {a.shape[1]} and {b.shape[1]}")
    observed = float(a.mean() - b.mean())
    # Resampling the runs of one side alone would show how sure that side is, not the difference.
    resampled = a.shape[1] >= FEWEST or min(len(a), len(b)) >= FEWEST
    low, high = (
        _bounds([(a, 1.0), (b, -1.0)], confidence, resamples, seed) if resampled else (None, None)
    )
    cells = a - b.mean(axis=0)
    sd = float(cells.std(ddof=1)) if cells.size > 1 else None
    arrangements = math.comb(len(a) + len(b), len(a)) ** a.shape[1]
    exact = arrangements <= resamples
    pool = np.concatenate([a, b])
    # The total is fixed, so the difference of means is a linear function of the sum of what is
    # called a.
    chosen = all_sums(pool, len(a)) if exact else random_sums(pool, len(a), resamples, seed)
    differences = chosen / a.shape[1] * (1 / len(a) + 1 / len(b)) - pool.sum() / len(b) / a.shape[1]
    p = p_value(np.abs(differences), abs(observed), exact)
    # Swapping a and b is another arrangement with the same |difference| only where both have as
    # many runs.
    ties = 2 if len(a) == len(b) else 1
    smallest = max(ties / arrangements, 0.0 if exact else 1 / (resamples + 1))
    return Comparison(
        float(a.mean()), float(b.mean()), Interval(observed, sd, low, high, a.size), p, smallest
    )


def _table(values: ArrayLike) -> np.ndarray:
    """[n] -> [n, 1]; [seeds, splits] as it is."""
    table = np.asarray(values, np.float64)
    if table.ndim not in (1, 2) or not table.size or not np.isfinite(table).all():
        raise ValueError(
            "values must be finite numbers [n] or [seeds, splits], at least one; got shape "
            f"{table.shape}"
        )
    return table[:, None] if table.ndim == 1 else table


def _bounds(
    tables: list[tuple[np.ndarray, float]], confidence: float, resamples: int, seed: int
) -> tuple[float, float] | tuple[None, None]:
    """Interval of the weighted sum of the tables' means.

    Their columns are resampled together, their rows each by itself.
    """
    columns = tables[0][0].shape[1]
    units = [len(table) for table, _ in tables if len(table) >= FEWEST] + [columns] * (
        columns >= FEWEST
    )
    if not units:
        return None, None
    rng = np.random.default_rng(seed)
    shares = _resample(columns, resamples, rng)
    means = np.zeros(resamples)
    for table, weight in tables:
        means += weight * np.einsum(
            "nc,nc->n", _resample(len(table), resamples, rng) @ table, shares
        )
    n = min(units)
    tail = special.ndtr(stats.t.ppf((1 - confidence) / 2, n - 1) * math.sqrt(n / (n - 1)))
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def _resample(units: int, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """Weights [resamples, units] that sum to 1: how often each unit was drawn.

    All the same where there are too few units.
    """
    if units < FEWEST:
        return np.full((resamples, units), 1 / units)
    return rng.multinomial(units, np.full(units, 1 / units), size=resamples) / units
