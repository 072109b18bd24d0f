"""How much of a video its selected frames can rebuild, and how far they are apart."""

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Reconstruction", "dispersion", "reconstruction_residual"]

CUTOFF = 1e-5
"""Singular values of the selected frames below this part of the largest count as noise.

Features are float32, and two frames that differ by rounding only must not span a direction of their
own."""
_GRAM_STEPS = 4000  # up to this many sampled frames all products are kept (128 MB)


def reconstruction_residual(features: ArrayLike, selected: ArrayLike) -> float:
    """Part of the video that no linear combination of the selected frames gives back.

    min over W of ‖X - W S‖_F / ‖X‖_F.

    The dictionary selection of the ICIP 2021 paper's equation 1 asks for few frames S whose
    combinations rebuild all frames X.

    Args:
      features: [n_steps, D].
      selected: bool [n_steps].

    Returns:
      Between 0 (all of it is rebuilt) and 1; nan when nothing is selected or all features are 0.
    """
    return float(Reconstruction(np.asarray(features)).residual(np.asarray(selected, bool)))


def dispersion(features: ArrayLike, selected: ArrayLike) -> float:
    """Mean Euclidean distance between two selected frames: how little the summary repeats itself.

    Returns:
      In units of the features; nan with fewer than two selected frames.
    """
    return float(Reconstruction(np.asarray(features)).dispersion(np.asarray(selected, bool)))


class Reconstruction:
    """Both measures for many selections of one video."""

    def __init__(self, features: np.ndarray) -> None:
        """Args: features: [n_steps, D]."""
        self._rows = features.astype(np.float64)
        self._squares = np.einsum("ij,ij->i", self._rows, self._rows)
        self._gram = self._rows @ self._rows.T if len(features) <= _GRAM_STEPS else None

    def residual(self, selected: np.ndarray) -> float:
        """As `reconstruction_residual`; `selected` is bool [n_steps]."""
        total = self._squares.sum()
        if not selected.any() or not total > 0:
            return float("nan")
        products = self._products(selected)
        values, vectors = np.linalg.eigh(
            products[:, selected]
        )  # squared singular values of the selected frames
        keep = values > CUTOFF**2 * values[-1]
        if not values[-1] > 0:
            return 1.0
        within = (
            vectors[:, keep] / np.sqrt(values[keep])
        ).T @ products  # the frames in an orthonormal basis of the selected
        return float(np.sqrt(max(0.0, 1 - np.einsum("ij,ij->", within, within) / total)))

    def dispersion(self, selected: np.ndarray) -> float:
        """As `dispersion`; `selected` is bool [n_steps]."""
        count = int(selected.sum())
        if count < 2:
            return float("nan")
        squares = self._squares[selected]
        distances = squares[:, None] + squares - 2 * self._products(selected)[:, selected]
        np.fill_diagonal(distances, 0.0)
        return float(np.sqrt(np.maximum(distances, 0.0)).sum() / (count * (count - 1)))

    def _products(self, selected: np.ndarray) -> np.ndarray:
        return self._rows[selected] @ self._rows.T if self._gram is None else self._gram[selected]
