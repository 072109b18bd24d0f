import itertools

import numpy as np
import pytest

from tf_dictsum.baselines.keyframes import cluster_medoids, shares_of_shots, uniform_keyframes


def test_uniform_keyframes_are_evenly_spaced():
    steps, shares = uniform_keyframes(100, 4)
    assert steps.tolist() == [12, 37, 62, 87]
    assert shares.tolist() == [0.25] * 4
    assert uniform_keyframes(3, 10)[0].tolist() == [0, 1, 2]


def test_medoids_of_separate_clusters():
    rng = np.random.default_rng(0)
    features = np.concatenate(
        [place + 0.1 * rng.standard_normal((n, 5)) for place, n in ((0, 10), (8, 30), (-9, 20))]
    )
    medoids, shares = cluster_medoids(features, 3)
    best = [
        start + np.linalg.norm(part[:, None] - part, axis=2).sum(axis=1).argmin()
        for start, part in ((0, features[:10]), (10, features[10:40]), (40, features[40:]))
    ]
    assert medoids.tolist() == best
    np.testing.assert_allclose(shares, [10 / 60, 30 / 60, 20 / 60])


def test_sum_of_distances_is_near_the_smallest():
    features = np.random.default_rng(1).random((14, 3))
    distances = np.linalg.norm(features[:, None] - features, axis=2)
    medoids, _ = cluster_medoids(features, 3)
    best = min(distances[list(c)].min(axis=0).sum() for c in itertools.combinations(range(14), 3))
    assert distances[medoids].min(axis=0).sum() <= 1.15 * best


def test_fewer_different_frames_than_clusters():
    features = np.repeat(np.eye(3), 5, axis=0)
    medoids, shares = cluster_medoids(features, 9)
    assert len(medoids) == 3
    assert shares.sum() == pytest.approx(1)


def test_a_shot_scores_what_its_key_frames_stand_for():
    bounds = np.array([[0, 9], [10, 39], [45, 59]])
    found = shares_of_shots(
        np.array([0, 2, 3, 4]),
        np.array([0.1, 0.2, 0.3, 0.4]),
        np.array([0, 10, 20, 39, 42, 50]),
        bounds,
    )
    np.testing.assert_allclose(found, [0.1, 0.5, 0.0])  # step 4 (frame 42) lies between shots
