import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tf_dictsum.metrics.representation import representation_error
from tf_dictsum.summary import coverage
from tf_dictsum.summary.coverage import choose_frames, choose_shots, distances, thinned


def error(rows, chosen):
    mask = np.zeros(len(rows), bool)
    mask[list(chosen)] = True
    return representation_error(rows, mask)


def test_distances():
    rng = np.random.default_rng(0)
    a, b = 40 + rng.random((5, 7)), 40 + rng.random((9, 7))
    np.testing.assert_allclose(distances(a, b), np.linalg.norm(a[:, None] - b, axis=2), rtol=1e-6)


def test_thinned():
    np.testing.assert_array_equal(thinned(5, 5), range(5))
    found = thinned(100, 7)
    assert (len(found), found[0], found[-1]) == (7, 0, 99)
    assert len(set(np.diff(found))) <= 2


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 10_000))
def test_frames_are_near_the_best_choice_there_is(n, count, seed):
    rows = np.random.default_rng(seed).standard_normal((n, 3))
    found = choose_frames(rows, count)
    assert len(found) == len(set(found)) == min(n, count)
    best = min(error(rows, c) for c in itertools.combinations(range(n), min(n, count)))
    assert error(rows, found) <= 1.35 * best + 1e-6
    # No exchange of one frame helps.
    for place, other in itertools.product(range(len(found)), set(range(n)) - set(found)):
        assert (
            error(rows, [*found[:place], other, *found[place + 1 :]])
            >= error(rows, found) * (1 - 1e-5) - 1e-6
        )


def test_frames_of_clusters():
    rng = np.random.default_rng(1)
    centres = 10 * rng.standard_normal((4, 8))
    rows = np.repeat(centres, [3, 20, 7, 1], axis=0) + 0.1 * rng.standard_normal((31, 8))
    found = choose_frames(rows, 4)
    assert sorted(np.searchsorted([3, 23, 30], sorted(found), side="right")) == [0, 1, 2, 3]
    assert sorted(choose_frames(rows, 99)) == list(range(31))
    assert len(choose_frames(np.ones((6, 2)), 3)) == 3


def naive_shots(rows, steps, costs, budget):
    table = np.linalg.norm(rows[:, None] - rows, axis=2)
    current, chosen = table.mean(axis=1), []
    while True:
        fits = [
            s
            for s in range(len(steps))
            if s not in chosen and costs[s] <= budget - sum(costs[c] for c in chosen)
        ]
        if not fits:
            return chosen
        gains = [
            np.maximum(current - table[steps[s]].min(axis=0), 0).sum() / costs[s] for s in fits
        ]
        chosen.append(fits[int(np.argmax(gains))])
        current = np.minimum(current, table[steps[chosen[-1]]].min(axis=0))


@settings(deadline=None)
@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=7), st.integers(0, 30), st.integers(0, 10_000)
)
def test_shots_are_the_greedy_choice(lengths, budget, seed):
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((sum(lengths), 4))
    steps = np.split(np.arange(len(rows)), np.cumsum(lengths)[:-1])
    costs = [int(c) for c in rng.integers(1, 9, len(lengths))]
    chosen, gains = choose_shots(rows, steps, costs, budget)
    assert chosen == naive_shots(rows, steps, costs, budget)
    assert sum(costs[c] for c in chosen) <= budget
    assert (gains >= 0).all()


def test_a_repeated_shot_is_not_taken_twice():
    rng = np.random.default_rng(2)
    pictures = 10 * rng.standard_normal((3, 6))
    rows = np.repeat(pictures[[0, 1, 0, 2, 1]], 4, axis=0) + 0.01 * rng.standard_normal((20, 6))
    chosen, gains = choose_shots(rows, np.split(np.arange(20), 5), [4] * 5, 12)
    assert {frozenset({0, 2}), frozenset({1, 4})} == {
        frozenset(p) for p in ({0, 2}, {1, 4}) if len(p & set(chosen)) == 1
    }
    assert 3 in chosen
    assert gains[[s for s in range(5) if s not in chosen]].max() < 0.01 * gains.max()


def test_long_videos_are_thinned(monkeypatch):
    monkeypatch.setattr(coverage, "MOST", 50)
    monkeypatch.setattr(coverage.thinned, "__defaults__", (50,))
    rng = np.random.default_rng(3)
    rows = np.repeat(10 * rng.standard_normal((5, 4)), 100, axis=0) + 0.1 * rng.standard_normal(
        (500, 4)
    )
    assert sorted(i // 100 for i in choose_frames(rows, 5)) == [0, 1, 2, 3, 4]
    chosen, _ = choose_shots(rows, np.split(np.arange(500), 10), [50] * 10, 250)
    assert sorted(c // 2 for c in chosen) == [0, 1, 2, 3, 4]
    assert len(choose_frames(rows, 60)) == 60


def test_random_choices_are_worse():
    rng = np.random.default_rng(4)
    rows = rng.standard_normal((200, 5)).cumsum(axis=0)
    ours = error(rows, choose_frames(rows, 8))
    chance = [error(rows, rng.choice(200, 8, replace=False)) for _ in range(50)]
    assert ours < min(chance)
    assert ours == pytest.approx(error(rows, choose_frames(rows, 8)))


def test_weights_say_which_frames_have_to_be_near():
    rng = np.random.default_rng(5)
    pictures = 10 * rng.standard_normal((3, 6))
    rows = np.repeat(pictures, [12, 6, 2], axis=0) + 0.01 * rng.standard_normal((20, 6))
    steps = np.split(np.arange(20), [12, 18])
    alike, _ = choose_shots(rows, steps, [4] * 3, 4)
    even, _ = choose_shots(rows, steps, [4] * 3, 4, weights=np.ones(20))
    last, _ = choose_shots(rows, steps, [4] * 3, 4, weights=np.repeat([0.0, 0.1, 1.0], [12, 6, 2]))
    assert (alike, even, last) == ([0], [0], [2])
