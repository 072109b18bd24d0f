import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from tf_dictsum.metrics import reconstruction
from tf_dictsum.metrics.reconstruction import dispersion, reconstruction_residual


def naive_residual(features, selected):
    """Least squares: every frame from the selected ones."""
    features = features.astype(np.float64)
    basis = features[selected].T
    weights = np.linalg.lstsq(basis, features.T, rcond=1e-5)[0]
    return np.linalg.norm(features.T - basis @ weights) / np.linalg.norm(features)


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 40), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_against_least_squares(n_steps, width, seed):
    rng = np.random.default_rng(seed)
    features = rng.gamma(1, 5, (n_steps, width)).astype(np.float32)
    selected = rng.random(n_steps) < 0.3
    selected[rng.integers(n_steps)] = True
    assert reconstruction_residual(features, selected) == pytest.approx(
        naive_residual(features, selected), abs=2e-4
    )


def test_exact_where_nothing_is_degenerate():
    features = np.random.default_rng(0).gamma(1, 5, (60, 200)).astype(np.float32)
    selected = np.arange(60) % 6 == 0
    assert reconstruction_residual(features, selected) == pytest.approx(
        naive_residual(features, selected), rel=1e-9
    )


def test_copies_of_a_frame_add_nothing_and_the_scale_does_not_matter():
    rng = np.random.default_rng(1)
    features = rng.random((12, 40))
    features[1] = features[0]
    one, two = np.arange(12) < 1, np.arange(12) < 2
    assert reconstruction_residual(features, one) == pytest.approx(
        reconstruction_residual(features, two), abs=1e-7
    )
    assert reconstruction_residual(1000 * features, one) == pytest.approx(
        reconstruction_residual(features, one)
    )


def test_more_frames_never_rebuild_less():
    features = np.random.default_rng(2).random((30, 50))
    residuals = [reconstruction_residual(features, np.arange(30) < n) for n in range(1, 31)]
    assert all(a >= b - 1e-9 for a, b in itertools.pairwise(residuals))
    assert residuals[-1] == pytest.approx(0, abs=1e-7)


def test_dispersion_is_the_mean_pairwise_distance():
    features = np.random.default_rng(3).random((20, 7)) + 5
    selected = np.arange(20) % 3 == 0
    assert dispersion(features, selected) == pytest.approx(pdist(features[selected]).mean())


def test_nothing_to_measure():
    features = np.random.default_rng(4).random((5, 3))
    assert math.isnan(reconstruction_residual(features, np.zeros(5, bool)))
    assert math.isnan(dispersion(features, np.arange(5) < 1))
    assert math.isnan(reconstruction_residual(np.zeros((5, 3)), np.ones(5, bool)))
    features[0] = 0  # a black frame rebuilds nothing
    assert reconstruction_residual(features, np.arange(5) < 1) == 1.0


def test_long_videos_keep_no_products(monkeypatch):
    features = np.random.default_rng(5).random((20, 9))
    selected = np.arange(20) % 4 == 0
    expected = reconstruction_residual(features, selected), dispersion(features, selected)
    monkeypatch.setattr(reconstruction, "_GRAM_STEPS", 10)
    assert (
        reconstruction_residual(features, selected),
        dispersion(features, selected),
    ) == pytest.approx(expected)
