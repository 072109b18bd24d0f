"""Means that leave out what is not there."""

import math
from collections.abc import Iterable, Mapping

import numpy as np

__all__ = ["Measures", "average", "mean_of"]

Measures = Mapping[str, float | None]
"""Name of a measure -> its value; None where it cannot be computed."""


def mean_of(values: Iterable[float | None]) -> float | None:
    """Mean of the finite numbers among `values`; None where there are none."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return float(np.mean(finite)) if finite else None


def average(
    videos: Mapping[str, Measures], groups: Iterable[Iterable[str]], names: Iterable[str]
) -> dict[str, float | None]:
    """Mean of every named measure over the videos of each group, then over the groups."""
    groups = [list(group) for group in groups]
    return {
        name: mean_of(mean_of(videos[key].get(name) for key in group) for group in groups)
        for name in names
    }
