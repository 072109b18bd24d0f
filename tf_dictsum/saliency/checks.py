"""What every signal asks of its arguments."""

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["checked"]


def checked(features: ArrayLike, times: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Features as float32 [n, D] and times as float64 [n] seconds.

    Raises:
      ValueError: no frames, NaN or infinite values, times that do not rise, or not one time per
        row.
    """
    rows, seconds = np.asarray(features, np.float32), np.asarray(times, np.float64)
    if rows.ndim != 2 or seconds.shape != rows.shape[:1] or not rows.size:
        raise ValueError(f"features {rows.shape} need one time per row, not {seconds.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("features hold NaN or infinite values")
    if not np.isfinite(seconds).all() or (np.diff(seconds) <= 0).any():
        raise ValueError("times must be finite and rise")
    return rows, seconds
