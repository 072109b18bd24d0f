import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.algorithms.python import knapsack_solver

from tf_dictsum.shots import knapsack as knapsack_module
from tf_dictsum.shots.knapsack import knapsack, knapsacks


def table_choice(values, weights, capacity):
    """The definition: the full table, and a walk back from its last row that keeps an item only if
    the value drops without it.
    """
    table = [[0.0] * (capacity + 1)]
    for value, weight in zip(values, weights, strict=True):
        row = table[-1]
        table.append(
            [
                max(row[c], row[c - weight] + value) if weight <= c else row[c]
                for c in range(capacity + 1)
            ]
        )
    chosen, room = [], capacity
    for i in reversed(range(len(values))):
        if table[i + 1][room] != table[i][room]:
            chosen.insert(0, i)
            room -= weights[i]
    return chosen


instances = st.lists(
    st.tuples(st.sampled_from([0.1, 0.25, 0.5, 0.7, 1.0]) | st.floats(-1, 1), st.integers(1, 8)),
    max_size=9,
)


@settings(deadline=None, max_examples=200)
@given(instances, st.integers(0, 30))
def test_value_is_the_best_of_all_subsets(items, capacity):
    values, weights = [v for v, _ in items], [w for _, w in items]
    chosen = knapsack(values, weights, capacity)
    assert sum(weights[i] for i in chosen) <= capacity
    best = max(
        sum(values[i] for i in subset)
        for size in range(len(items) + 1)
        for subset in itertools.combinations(range(len(items)), size)
        if sum(weights[i] for i in subset) <= capacity
    )
    assert sum(values[i] for i in chosen) == pytest.approx(best, abs=1e-12)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]), st.integers(1, 6)), max_size=12
    ),
    st.integers(0, 40),
)
def test_ties_go_as_in_the_walk_back_through_the_whole_table(items, capacity):
    values, weights = [v for v, _ in items], [w for _, w in items]
    assert knapsack(values, weights, capacity) == table_choice(values, weights, capacity)


@pytest.mark.parametrize("seed", range(20))
def test_value_agrees_with_ortools(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 80))
    values, weights = rng.integers(1, 10_000, n), rng.integers(10, 400, n)
    capacity = int(weights.sum() * 0.15)
    solver = knapsack_solver.KnapsackSolver(
        knapsack_solver.SolverType.KNAPSACK_MULTIDIMENSION_BRANCH_AND_BOUND_SOLVER, "test"
    )
    solver.init(values.tolist(), [weights.tolist()], [capacity])
    chosen = knapsack(values, weights, capacity)
    assert values[chosen].sum() == solver.solve()
    assert weights[chosen].sum() <= capacity


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 60), st.floats(0.02, 0.6), st.integers(0, 2**32 - 1))
def test_value_of_shot_means_agrees_with_ortools(n, part, seed):
    """Shots as the field has them: real means (OR-Tools wants integers, so of six digits), lengths
    around 150 frames.
    """
    rng = np.random.default_rng(seed)
    means, lengths = np.round(rng.random(n), 6), rng.gamma(2, 75, n).astype(int) + 1
    capacity = int(lengths.sum() * part)
    solver = knapsack_solver.KnapsackSolver(
        knapsack_solver.SolverType.KNAPSACK_DYNAMIC_PROGRAMMING_SOLVER, "test"
    )
    solver.init(np.round(means * 1e6).astype(int).tolist(), [lengths.tolist()], [capacity])
    chosen = knapsack(means, lengths, capacity)
    assert lengths[chosen].sum() <= capacity
    assert round(means[chosen].sum() * 1e6) == solver.solve()


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 12), st.integers(1, 15), st.integers(0, 60), st.integers(0, 2**32 - 1))
def test_many_rows_are_single_rows(rows, items, capacity, seed):
    rng = np.random.default_rng(seed)
    values, weights = rng.choice([0.0, 0.1, 0.25, 0.5], (rows, items)), rng.integers(0, 9, items)
    expected = [knapsack(row, weights, capacity) for row in values]
    for block in (1, 100, 1 << 15):
        knapsack_module._BLOCK, kept = block, knapsack_module._BLOCK
        found = knapsacks(values, weights, capacity)
        knapsack_module._BLOCK = kept
        assert [np.flatnonzero(row).tolist() for row in found] == expected


def test_no_rows():
    assert knapsacks(np.zeros((0, 3)), [1, 2, 3], 4).shape == (0, 3)


@pytest.mark.parametrize(
    ("values", "weights", "capacity", "expected"),
    [
        ([], [], 10, []),
        ([1.0, 2.0], [1, 1], 0, []),
        ([1.0, 2.0], [5, 6], 4, []),
        ([0.0, -1.0, 0.5], [1, 1, 1], 9, [2]),
        ([1.0, 1.0, 1.0], [2, 2, 2], 4, [0, 1]),
        ([1.0, 1.0], [0, 3], 0, [0]),
        ([1.0, 1.0], [2, 3], 10**12, [0, 1]),
    ],
)
def test_edges(values, weights, capacity, expected):
    assert knapsack(values, weights, capacity) == expected


@pytest.mark.parametrize(
    ("values", "weights", "capacity", "message"),
    [
        ([1.0], [1, 2], 3, "one length"),
        ([np.nan], [1], 3, "finite"),
        ([1.0], [-1], 3, "negative"),
        ([1.0], [1], -3, "negative"),
    ],
)
def test_errors(values, weights, capacity, message):
    with pytest.raises(ValueError, match=message):
        knapsack(values, weights, capacity)
