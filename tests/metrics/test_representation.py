import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tf_dictsum.metrics import representation
from tf_dictsum.metrics.representation import representation_error, representation_errors


def naive(features, selected):
    features = features.astype(np.float64)
    return np.mean(
        [min(math.dist(row, features[i]) for i in np.flatnonzero(selected)) for row in features]
    )


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 30), st.integers(1, 12), st.integers(0, 2**32 - 1), st.floats(0.05, 1))
def test_against_the_definition(n_steps, width, seed, part):
    rng = np.random.default_rng(seed)
    features = (rng.gamma(1, 5, (n_steps, width)) * 10 ** rng.uniform(-4, 4)).astype(np.float32)
    selected = rng.random(n_steps) < part
    selected[rng.integers(n_steps)] = True
    assert representation_error(features, selected) == pytest.approx(
        naive(features, selected), rel=1e-9, abs=1e-6
    )


@pytest.mark.parametrize("offset", [0, 50, 1e4])
def test_copies_of_selected_frames_are_at_distance_exactly_zero(offset):
    rng = np.random.default_rng(0)
    features = np.tile((rng.random((5, 1024)) + offset).astype(np.float32), (4, 1))
    assert representation_error(features, np.arange(20) < 5) == 0.0


def test_small_distances_far_from_the_origin():
    rng = np.random.default_rng(1)
    features = 40 + 1e-4 * rng.random((60, 64))
    features[:30] += 3
    selected = np.arange(60) % 7 == 0
    assert representation_error(features, selected) == pytest.approx(
        naive(features, selected), abs=1e-9
    )


def test_blocks_and_several_selections_do_not_matter(monkeypatch):
    rng = np.random.default_rng(2)
    features, selections = rng.random((41, 6)), rng.random((5, 41)) < 0.2
    selections[3] = False
    expected = [naive(features, s) if s.any() else np.nan for s in selections]
    for block in (1, 100, 1 << 20):
        monkeypatch.setattr(representation, "_BLOCK", block)
        np.testing.assert_allclose(representation_errors(features, selections), expected, atol=1e-9)


def test_everything_selected_is_zero_and_nothing_is_nan():
    features = np.random.default_rng(0).random((6, 3))
    assert representation_error(features, np.ones(6, bool)) == 0.0
    assert math.isnan(representation_error(features, np.zeros(6, bool)))


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="one selected flag per row"):
        representation_error(np.ones((4, 2)), np.ones(5, bool))
