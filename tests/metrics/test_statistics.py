"""Intervals and tests against naive computations, scipy, literals, and what they promise."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tf_dictsum.metrics.statistics import (
    Interval,
    bootstrap_interval,
    compare_runs,
    paired_test,
)
from tf_dictsum.metrics.verdicts import verdict

FIVE = [22.8, 22.7, 23.1, 22.6, 23.0]
OTHER = [26.2, 25.8, 26.6, 26.9, 25.6]


def expanded_tail(n: int) -> float:
    return float(stats.norm.cdf(stats.t.ppf(0.025, n - 1) * np.sqrt(n / (n - 1))))


def test_interval_of_five_values_is_the_enumerated_one():
    means = np.array(
        [np.mean(draw) for draw in itertools.product(FIVE, repeat=5)]
    )  # all 3,125 resamples
    tail = expanded_tail(5)
    assert tail == pytest.approx(0.00096, abs=1e-5)
    found = bootstrap_interval(FIVE, resamples=200_000)
    assert found.low == pytest.approx(np.quantile(means, tail), abs=0.011)
    assert found.high == pytest.approx(np.quantile(means, 1 - tail), abs=0.011)
    assert (found.mean, found.sd, found.values) == (
        pytest.approx(22.84),
        pytest.approx(np.std(FIVE, ddof=1)),
        5,
    )
    assert found == bootstrap_interval(FIVE, resamples=200_000)
    many = np.random.default_rng(0).normal(size=50)
    assert bootstrap_interval(many) != bootstrap_interval(many, seed=1)


def test_many_values_agree_with_scipy():
    values = np.random.default_rng(0).gamma(2.0, size=400)
    theirs = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=20_000,
        method="percentile",
        random_state=np.random.default_rng(1),
    )
    found = bootstrap_interval(values, resamples=20_000)
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=0.01)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=0.01)


def test_coverage_of_five_normal_values():
    draws = np.random.default_rng(0).normal(size=(1500, 5))
    bounds = np.array(
        [(i.low, i.high) for i in (bootstrap_interval(d, resamples=1000) for d in draws)]
    )
    expanded = np.mean((bounds[:, 0] <= 0) & (bounds[:, 1] >= 0))
    weights = np.random.default_rng(0).multinomial(5, [0.2] * 5, size=1000) / 5
    plain = np.quantile(draws @ weights.T, [0.025, 0.975], axis=1)
    assert np.mean((plain[0] <= 0) & (plain[1] >= 0)) == pytest.approx(
        0.83, abs=0.03
    )  # what the docstring says of it
    assert expanded == pytest.approx(0.91, abs=0.02)  # of at most 0.94


def test_seeds_and_splits_are_both_resampled():
    rng = np.random.default_rng(3)
    splits = rng.normal(0, 5, 7) + np.zeros((5, 1))  # all spread is between splits
    table = splits + rng.normal(0, 0.01, (5, 7))
    crossed, pooled = bootstrap_interval(table), bootstrap_interval(table.ravel())
    assert crossed.high - crossed.low > 1.5 * (pooled.high - pooled.low)
    alone = bootstrap_interval(table.mean(axis=0))
    assert crossed.high - crossed.low == pytest.approx(alone.high - alone.low, rel=0.35)
    # The naive loop: draw rows, draw columns, average the cells.
    again = np.random.default_rng(9)
    means = [
        table[np.ix_(again.integers(0, 5, 5), again.integers(0, 7, 7))].mean()
        for _ in range(20_000)
    ]
    tail = expanded_tail(5)
    assert crossed.low == pytest.approx(np.quantile(means, tail), abs=1)
    assert crossed.high == pytest.approx(np.quantile(means, 1 - tail), abs=1)


def test_few_splits_are_averaged_over():
    table = np.array(FIVE)[:, None] + np.array([0.0, 10.0, 20.0])
    assert bootstrap_interval(table).low == pytest.approx(
        bootstrap_interval(FIVE).low + 10, abs=0.03
    )
    none = bootstrap_interval(table[:4])
    assert none == Interval(
        pytest.approx(table[:4].mean()), pytest.approx(table[:4].std(ddof=1)), None, None, 12
    )
    assert bootstrap_interval([1.0]).sd is None


@pytest.mark.parametrize(
    "values", [[], [np.nan, 1.0], [np.inf], np.zeros((2, 2, 2)), np.zeros((0, 3))]
)
def test_no_values(values):
    with pytest.raises(ValueError, match="finite numbers"):
        bootstrap_interval(values)


def test_paired_literals():
    found = paired_test(FIVE, OTHER)
    assert found.p == 2 / 32  # all five differences have one sign
    assert found.smallest_p == 2 / 32
    assert found.difference.mean == pytest.approx(22.84 - 26.22)
    assert paired_test([1.0, 2.0], [1.0, 2.0]).p == 1.0
    assert paired_test([3.0, 1, 1, 1, 1, 1], [0.0, 0, 0, 0, 0, 0]).p == 2 / 64


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=9))
def test_paired_p_is_the_enumerated_one(pairs):
    a, b = (np.array(x, float) for x in zip(*pairs, strict=True))
    found = paired_test(a, b)
    flips = [
        abs(sum(s * d for s, d in zip(signs, a - b, strict=True)))
        for signs in itertools.product((1, -1), repeat=len(a))
    ]
    assert found.p == np.mean(np.array(flips) >= abs((a - b).sum()) - 1e-6)
    swapped = paired_test(b, a)
    assert (swapped.p, swapped.difference.mean) == (found.p, -found.difference.mean)
    assert found.p >= found.smallest_p


def test_paired_many_agrees_with_scipy():
    rng = np.random.default_rng(2)
    a, b = rng.normal(0.3, 1, 40), rng.normal(0, 1, 40)
    theirs = stats.permutation_test(
        (a, b),
        lambda x, y: np.mean(x - y),
        permutation_type="samples",
        n_resamples=9999,
        random_state=0,
    )
    assert paired_test(a, b).p == pytest.approx(theirs.pvalue, abs=0.03)
    assert paired_test(a + 100, b).p == 1 / 10_001


def test_runs_of_one_split_are_the_two_sample_permutation_test():
    theirs = stats.permutation_test(
        (FIVE, OTHER), lambda x, y: np.mean(x) - np.mean(y), permutation_type="independent"
    )
    found = compare_runs(FIVE, OTHER)
    assert found.p == pytest.approx(theirs.pvalue) == pytest.approx(2 / 252)
    assert found.smallest_p == pytest.approx(2 / 252)
    assert found.difference.mean == pytest.approx(-3.38)
    assert found.difference.high < 0


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 2), st.integers(1, 3), st.integers(1, 2))
def test_runs_p_is_the_enumerated_one(seed, runs_a, runs_b, splits):
    rng = np.random.default_rng(seed)
    a, b = (
        rng.integers(0, 9, (runs_a, splits)).astype(float),
        rng.integers(0, 9, (runs_b, splits)).astype(float),
    )
    pool = np.concatenate([a, b])
    null = []
    for orders in itertools.product(itertools.permutations(range(len(pool))), repeat=splits):
        mixed = np.stack([pool[list(order), k] for k, order in enumerate(orders)], axis=1)
        null.append(abs(mixed[:runs_a].mean() - mixed[runs_a:].mean()))
    found = compare_runs(a, b)
    assert found.p == pytest.approx(np.mean(np.array(null) >= abs(a.mean() - b.mean()) - 1e-7))
    assert found.p >= found.smallest_p - 1e-12


def test_runs_against_many_draws_of_random():
    rng = np.random.default_rng(4)
    levels = np.array([10.0, 20, 30, 40, 50, 60, 70])
    random = levels + rng.normal(0, 1, (200, 7))
    assert compare_runs(levels + rng.normal(0, 1, (5, 7)), random).p > 0.05
    found = compare_runs(levels - 2 + rng.normal(0, 1, (5, 7)), random)
    assert found.p == 1 / 10_001 == found.smallest_p
    assert (
        -3 < found.difference.low < -2 < found.difference.high < -1
    )  # the level of the splits is gone


def test_one_run_has_no_interval_however_many_the_other_side_has():
    found = compare_runs([3.0], np.random.default_rng(0).normal(size=200))
    assert (found.difference.low, found.difference.high) == (None, None)
    assert found.p == found.smallest_p == 1 / 201
    assert verdict(found, "a", "b").startswith("a is better than b on this set (difference +")


def test_false_alarms_are_rare():
    rng = np.random.default_rng(5)
    alarms = [compare_runs(rng.normal(size=5), rng.normal(size=5)).p < 0.05 for _ in range(400)]
    assert np.mean(alarms) == pytest.approx(0.05, abs=0.03)


def test_foreign_shapes():
    with pytest.raises(ValueError, match="same length"):
        paired_test([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="same splits"):
        compare_runs(np.zeros((2, 3)), np.zeros((2, 2)))


def test_verdicts():
    def say(a, b, **more):
        return verdict(compare_runs(a, b), "dictsum", "random", **more)

    better = say(FIVE, OTHER, lower_is_better=True)
    assert better.startswith(
        "dictsum is better than random on this set (difference -3.38, 95 % interval [-"
    )
    assert better.endswith("p = 0.0079).")
    assert "is worse than random" in say(FIVE, OTHER)
    assert say(FIVE, [22.9, 22.6, 23.0, 22.7, 23.2]).startswith(
        "dictsum is not distinguishable from random on this set (difference "
    )
    few = say([1.0, 2.0], [5.0, 6.0])
    assert few.startswith(
        "dictsum and random: too few runs to tell (difference -4, p = 0.33; with so few, p cannot "
        "be below 0.33)"
    )
    assert "too few seeds and splits for an interval" in say([1.0, 2, 3, 4], [5.0, 6, 7, 8])
    gains = np.array([4.0, -1, 5, -1, 6]) + np.zeros((5, 1))
    rng = np.random.default_rng(0)
    mixed = say(gains + rng.normal(0, 0.1, (5, 5)), rng.normal(0, 0.1, (5, 5)))
    assert "on these very videos, but not reliably so on other seeds or videos" in mixed
