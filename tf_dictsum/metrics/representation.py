"""How well the selected frames stand for the whole video: needs features, no annotations."""

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["representation_error", "representation_errors"]

_BLOCK = 1 << 20  # numbers held at once (8 MiB) beside the candidates' features
_NEAR = 1e-6  # below this part of the squared norms the expanded square has lost too many digits


def representation_error(features: ArrayLike, selected: ArrayLike) -> float:
    """Mean Euclidean distance of features from every sampled frame to the nearest selected one.

    Args:
      features: [n_steps, D], one row per sampled frame.
      selected: bool [n_steps], the sampled frames that lie in the summary.

    Returns:
      The distance in units of the features: 0 when everything is selected, nan when nothing is
        selected (there
      is no distance to nothing). Callers decide what to make of nan.

    Raises:
      ValueError: `selected` does not have one entry per row of `features`.
    """
    return float(representation_errors(features, np.asarray(selected)[None])[0])


def representation_errors(features: ArrayLike, selections: ArrayLike) -> np.ndarray:
    """As `representation_error` for every row of `selections` (bool [m, n_steps]).

    Returns:
      float64 [m].
    """
    rows, masks = np.asarray(features), np.asarray(selections).astype(bool)
    if rows.ndim != 2 or masks.ndim != 2 or masks.shape[1] != len(rows):
        raise ValueError(
            f"features {rows.shape} need one selected flag per row, found {masks.shape[1:]}"
        )
    result = np.full(len(masks), np.nan)
    if not masks.any():
        return result
    candidates = np.flatnonzero(masks.any(axis=0))
    centre = rows.mean(axis=0, dtype=np.float64)  # smaller norms, less cancellation
    kept = rows[candidates].astype(np.float64) - centre
    kept_squares = np.einsum("ij,ij->i", kept, kept)
    members = [np.flatnonzero(mask[candidates]) for mask in masks]
    result[[len(member) > 0 for member in members]] = 0.0
    size = max(1, _BLOCK // max(len(kept), rows.shape[1]))
    for start in range(0, len(rows), size):
        block = rows[start : start + size].astype(np.float64) - centre
        block_squares = np.einsum("ij,ij->i", block, block)
        squares = kept_squares[:, None] + block_squares - 2 * (kept @ block.T)
        for i, member in enumerate(members):
            if not len(member):
                continue
            to_members = squares[member]
            nearest = to_members.min(axis=0)
            near = np.flatnonzero(nearest < _NEAR * (block_squares + kept_squares.max()))
            if len(near):
                # From the difference itself: a frame is at distance 0 from itself and its copies.
                difference = block[near] - kept[member[to_members[:, near].argmin(axis=0)]]
                nearest[near] = np.einsum("ij,ij->i", difference, difference)
            nearest[masks[i, start : start + size]] = 0.0
            result[i] += np.sqrt(nearest).sum() / len(rows)
    return result
