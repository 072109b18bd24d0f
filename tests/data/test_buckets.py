"""Bucket lengths against brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf_dictsum.data.buckets import bucket_of, choose_buckets


def padding(lengths, buckets):
    return sum(bucket_of(n, buckets) - n for n in lengths)


def brute_force(lengths, max_padding, max_buckets):
    """(number of buckets, padding) of the best choice, trying all of them."""
    *shorter, longest = sorted(set(lengths))
    for count in range(1, min(max_buckets, len(shorter) + 1) + 1):
        least = min(
            padding(lengths, (*chosen, longest))
            for chosen in itertools.combinations(shorter, count - 1)
        )
        if least <= max_padding * sum(lengths):
            return count, least
    return count, least


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=12),
    max_padding=st.sampled_from([0.0, 0.02, 0.05, 0.1, 0.25, 0.5, 10.0]),
    max_buckets=st.integers(1, 7),
)
def test_as_good_as_brute_force(lengths, max_padding, max_buckets):
    buckets = choose_buckets(lengths, max_padding, max_buckets)
    assert list(buckets) == sorted(set(buckets))
    assert set(buckets) <= set(lengths)
    assert buckets[-1] == max(lengths)
    assert (len(buckets), padding(lengths, buckets)) == brute_force(
        lengths, max_padding, max_buckets
    )


@given(lengths=st.lists(st.integers(1, 100_000), max_size=60), seed=st.integers(0, 9))
def test_order_does_not_matter(lengths, seed):
    shuffled = np.random.default_rng(seed).permutation(lengths).astype(int).tolist()
    assert choose_buckets(shuffled) == choose_buckets(lengths)


def test_defaults_on_a_spread_like_tvsum():
    lengths = np.random.default_rng(0).integers(80, 1300, 50).tolist()
    buckets = choose_buckets(lengths)
    assert len(buckets) <= 12
    assert all(type(bound) is int for bound in buckets)
    assert padding(lengths, buckets) <= 0.1 * sum(lengths)


def test_small_cases():
    assert choose_buckets([]) == ()
    assert choose_buckets([7, 7, 7]) == (7,)
    assert choose_buckets([95, 100, 100]) == (100,)
    assert choose_buckets([10, 100]) == (10, 100)
    assert choose_buckets([10, 20, 100], max_padding=0, max_buckets=2) == (20, 100)
    assert choose_buckets([10, 20, 100], max_padding=0, max_buckets=1) == (100,)


@pytest.mark.parametrize("arguments", [([0, 5],), ([5], -0.1), ([5], float("nan")), ([5], 0.1, 0)])
def test_impossible_arguments(arguments):
    with pytest.raises(ValueError, match=r"below 1|at least"):
        choose_buckets(*arguments)


def test_bucket_of():
    assert [bucket_of(n, (10, 20)) for n in (1, 10, 11, 20, 21)] == [10, 10, 20, 20, 21]
    assert bucket_of(5, ()) == 5
