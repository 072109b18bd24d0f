"""One row of a table, averaged from what a baseline gets on every video."""

import dataclasses
import warnings
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tf_dictsum.metrics.averages import mean_of
from tf_dictsum.metrics.evaluation import COUNTS, METRICS

__all__ = ["LOWER_IS_BETTER", "Baseline", "Columns", "best_of_draws", "row_of"]

LOWER_IS_BETTER = ("representation_error", "reconstruction_residual")

Columns = Mapping[str, np.ndarray]
"""Measure -> [draws]; one draw for rows without chance; nan where undefined."""


@dataclasses.dataclass(frozen=True)
class Baseline:
    """One row of a table, averaged over the same videos and splits as the method's.

    Attributes:
      mean: measure -> mean; None where it cannot be computed. Units as in `VideoResult`.
      sd: measure -> sample standard deviation of that mean over the draws; None for rows without
        chance.
      draws: number of draws; 0 for rows without chance.
      videos: key -> measure -> mean over the draws.
    """

    mean: dict[str, float | None]
    sd: dict[str, float | None] | None = None
    draws: int = 0
    videos: dict[str, dict[str, float | None]] = dataclasses.field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """{"mean", "sd", "draws"}; every number finite or None."""
        finite = {name: mean_of([value]) for name, value in self.mean.items()}
        sd = {name: mean_of([value]) for name, value in self.sd.items()} if self.sd else None
        return {"mean": finite, "sd": sd, "draws": self.draws}


def row_of(
    columns: Mapping[str, Columns],
    groups: Iterable[Iterable[str]],
    names: Iterable[str] = (*METRICS, *COUNTS),
) -> Baseline:
    """The row of a baseline.

    Every draw is averaged over the videos of each group and over the groups, as a system is.

    Args:
      columns: key -> measure -> [draws], the same number of draws for all videos.
      groups: the videos averaged together.
      names: measures of the row.
    """
    draws = max((len(values) for video in columns.values() for values in video.values()), default=0)
    mean: dict[str, float | None] = {}
    sd: dict[str, float | None] = {}
    measured = [[key for key in group if key in columns] for group in groups]
    for name in names:
        per_group = _over_videos(columns, measured, name, draws)
        values = _nanmean(per_group, axis=0)
        values = values[np.isfinite(values)]
        mean[name] = float(values.mean()) if len(values) else None
        sd[name] = float(values.std(ddof=1)) if len(values) > 1 else None
    videos = {
        key: {
            name: _number(_nanmean(video[name], axis=0)) if name in video else None
            for name in names
        }
        for key, video in columns.items()
    }
    return Baseline(mean, sd if draws > 1 else None, draws if draws > 1 else 0, videos)


def best_of_draws(
    columns: Mapping[str, Columns],
    groups: Iterable[Iterable[str]],
    n: int,
    names: Iterable[str] = (*METRICS, *COUNTS),
) -> Baseline:
    """What looking at the test set gives to noise: the expected best of `n` draws in every group.

    For every measure by itself. Exactly the mean over all ways to take n of the draws (an order
    statistic), so that no further chance comes in; then the mean over the groups. The deviation
    takes the groups' choices as independent, as trainings on different splits are; it is None with
    fewer than 2 n draws, which share too much to tell. Counts and dispersion have no better or
    worse, so no best.

    Raises:
      ValueError: fewer draws than n.
    """
    draws = max(len(values) for video in columns.values() for values in video.values())
    if not 1 <= n <= draws:
        raise ValueError(f"the best of {n} needs at least as many draws, not {draws}")
    # Chance that the i-th smallest of all draws is the largest of n taken without replacement:
    # C(i-1, n-1) / C(draws, n).
    chance = np.zeros(draws)
    chance[-1] = n / draws
    for i in range(draws - 2, n - 2, -1):
        chance[i] = chance[i + 1] * (i - n + 2) / (i + 1)
    mean: dict[str, float | None] = {}
    sd: dict[str, float | None] = {}
    measured = [[key for key in group if key in columns] for group in groups]
    for name in names:
        per_group = np.sort(_over_videos(columns, measured, name, draws), axis=1)
        per_group = per_group[np.isfinite(per_group).all(axis=1)]
        if name in (*COUNTS, "summary_percent", "dispersion") or not len(per_group):
            mean[name] = sd[name] = None
            continue
        if name in LOWER_IS_BETTER:
            per_group = per_group[:, ::-1]
        best = per_group @ chance
        spread = np.maximum((per_group - best[:, None]) ** 2 @ chance, 0.0)
        mean[name] = float(best.mean())
        sd[name] = float(np.sqrt(spread.sum()) / len(best)) if draws >= 2 * n else None
    return Baseline(mean, sd, draws)


def _over_videos(
    columns: Mapping[str, Columns], groups: Sequence[Sequence[str]], name: str, draws: int
) -> np.ndarray:
    """Mean of a measure over the videos of every group: [groups, draws]; nan where none has it."""
    nothing = np.full(draws, np.nan)
    tables = [np.array([columns[key].get(name, nothing) for key in group]) for group in groups]
    return np.array([_nanmean(table, axis=0) if len(table) else nothing for table in tables])


def _nanmean(values: np.ndarray, axis: int) -> np.ndarray:
    with warnings.catch_warnings():
        # "Mean of empty slice" is the nan that we want.
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmean(values, axis=axis)


def _number(value: np.ndarray) -> float | None:
    return float(value) if np.isfinite(value) else None
