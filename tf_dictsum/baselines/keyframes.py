"""Classical key frames: evenly spaced ones, and the medoids of clusters of features."""

import numpy as np

__all__ = ["cluster_medoids", "shares_of_shots", "uniform_keyframes"]

_ROUNDS = 100  # of the medoid update; it stops long before


def uniform_keyframes(n_steps: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` sampled frames at equal distances.

    Returns:
      Their steps, int [count], and the part of the sampled frames that each stands for, [count].
    """
    count = min(count, n_steps)
    return ((np.arange(count) + 0.5) * n_steps / count).astype(np.int64), np.full(count, 1 / count)


def cluster_medoids(
    features: np.ndarray, count: int, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """The `count` sampled frames with a small sum of distances to the others (k-medoids).

    Starts from scikit-learn's KMeans (k-means++), then alternates: the medoid of every cluster is
    the frame with the smallest sum of distances within it, and every frame goes to its nearest
    medoid (Park and Jun, "A simple and fast algorithm for K-medoids clustering", 2009).

    Args:
      features: [n_steps, D].
      count: number of clusters; fewer where the frames have fewer different features.
      seed: of k-means++.

    Returns:
      Steps of the medoids, increasing, int [at most count], and the part of the sampled frames in
      each one's cluster.
    """
    from sklearn.cluster import KMeans  # half a second to import

    rows = np.asarray(features, np.float64)
    count = min(count, len(np.unique(rows, axis=0)))
    labels = KMeans(count, n_init=1, random_state=seed).fit(rows).labels_
    squares = np.einsum("ij,ij->i", rows, rows)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * (rows @ rows.T), 0.0))
    np.fill_diagonal(distances, 0.0)
    medoids = np.zeros(0, np.int64)
    for _ in range(_ROUNDS):
        members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
        central = np.sort(
            [member[distances[np.ix_(member, member)].sum(axis=1).argmin()] for member in members]
        )
        if np.array_equal(central, medoids):
            break
        medoids = central
        labels = distances[medoids].argmin(axis=0)
    return medoids, np.bincount(labels, minlength=len(medoids)) / len(rows)


def shares_of_shots(
    keyframes: np.ndarray, shares: np.ndarray, picks: np.ndarray, bounds: np.ndarray
) -> np.ndarray:
    """Scores of shots by what their key frames stand for.

    A budget of shots chosen by them keeps as much of that as it can.

    Args:
      keyframes: steps of the key frames.
      shares: the part of the video that each stands for.
      picks: int [n_steps], frame of every step.
      bounds: int [n_shots, 2], as `Shots.bounds`.

    Returns:
      [n_shots], the sum of the shares of the key frames in each shot.
    """
    frames = picks[keyframes]
    shot = np.searchsorted(bounds[:, 0], frames, side="right") - 1
    inside = (shot >= 0) & (frames <= bounds[shot, 1])
    return np.bincount(shot[inside], weights=shares[inside], minlength=len(bounds))
