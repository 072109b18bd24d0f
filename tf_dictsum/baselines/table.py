"""The rows every result must be read against, for exactly the same videos and splits."""

import dataclasses
import warnings
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from tf_dictsum.baselines.human import human_measures
from tf_dictsum.baselines.random_scores import random_measures
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.evaluation import COUNTS, METRICS, VideoMeasures, average, video_groups
from tf_dictsum.metrics.protocols import BASIC
from tf_dictsum.shots.selection import RATIO, Rule

__all__ = [
    "LOWER_IS_BETTER",
    "Baseline",
    "best_of_draws",
    "constant_baseline",
    "human_baseline",
    "random_baseline",
    "row_of",
]

LOWER_IS_BETTER = ("representation_error", "reconstruction_residual")

Columns = Mapping[str, np.ndarray]
"""Measure -> [draws]; one draw for rows without chance; nan where undefined."""


@dataclasses.dataclass(frozen=True)
class Baseline:
    """One row of a table, averaged over the same videos and splits as the method's.

    Attributes:
      mean: measure -> mean; None where it cannot be computed. Units as in `VideoResult`.
      sd: measure -> sample standard deviation of that mean over the draws; None for rows without chance.
      draws: number of draws; 0 for rows without chance.
      videos: key -> measure -> mean over the draws.
    """

    mean: dict[str, float | None]
    sd: dict[str, float | None] | None = None
    draws: int = 0
    videos: dict[str, dict[str, float | None]] = dataclasses.field(default_factory=dict)


def row_of(
    columns: Mapping[str, Columns],
    groups: Iterable[Iterable[str]],
    names: Iterable[str] = (*METRICS, *COUNTS),
) -> Baseline:
    """The row of a baseline: every draw is averaged over the videos of each group and over the groups, as a system is.

    Args:
      columns: key -> measure -> [draws], the same number of draws for all videos.
      groups: the videos averaged together.
      names: measures of the row.
    """
    draws = max((len(values) for video in columns.values() for values in video.values()), default=0)
    mean: dict[str, float | None] = {}
    sd: dict[str, float | None] = {}
    known = [[key for key in group if key in columns] for group in groups]
    for name in names:
        per_group = _over_videos(columns, known, name, draws)
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
    """What looking at the test set gives to noise: the expected best of `n` draws in every group, for every measure by itself.

    Exactly the mean over all ways to take n of the draws (an order statistic), so that no further chance comes in; then the
    mean over the groups. The deviation takes the groups' choices as independent, as trainings on different splits are; it is
    None with fewer than 2 n draws, which share too much to tell. Counts and dispersion have no better or worse, so no best.

    Raises:
      ValueError: fewer draws than n.
    """
    draws = max(len(values) for video in columns.values() for values in video.values())
    if not 1 <= n <= draws:
        raise ValueError(f"the best of {n} needs at least as many draws, not {draws}")
    # Chance that the i-th smallest of all draws is the largest of n taken without replacement: C(i-1, n-1) / C(draws, n).
    chance = np.zeros(draws)
    chance[-1] = n / draws
    for i in range(draws - 2, n - 2, -1):
        chance[i] = chance[i + 1] * (i - n + 2) / (i + 1)
    mean: dict[str, float | None] = {}
    sd: dict[str, float | None] = {}
    known = [[key for key in group if key in columns] for group in groups]
    for name in names:
        per_group = np.sort(_over_videos(columns, known, name, draws), axis=1)
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


def random_baseline(
    dataset: Dataset,
    keys: Iterable[str] | None = None,
    *,
    splits: Sequence[Split] | None = None,
    draws: int = 20,
    seed: int = 0,
    rule: Rule = "knapsack",
    ratio: float = RATIO,
) -> Baseline:
    """Independent uniform scores for every pick, `draws` times.

    A video's draws depend on `seed` and its key only, not on which other videos are evaluated.

    Raises:
      ValueError: draws < 1.
      UserError: as `evaluate_dataset`.
    """
    if draws < 1:
        raise ValueError(f"draws must be at least 1, not {draws}")
    groups = video_groups(dataset, keys, splits)
    wanted = {key for group in groups for key in group}
    columns = {
        key: random_measures(VideoMeasures(video, rule, ratio=ratio), draws, seed)
        for key, video in dataset.videos.items()
        if key in wanted
    }
    row = row_of(columns, groups)
    return dataclasses.replace(row, sd=row.sd or dict.fromkeys(row.mean), draws=draws)


def constant_baseline(
    dataset: Dataset,
    keys: Iterable[str] | None = None,
    *,
    splits: Sequence[Split] | None = None,
    rule: Rule = "knapsack",
    ratio: float = RATIO,
) -> Baseline:
    """The same positive score everywhere: what the shot lengths and the selection rule give by themselves.

    Its rank correlations are undefined and count as 0. Raises UserError as `evaluate_dataset`.
    """
    groups = video_groups(dataset, keys, splits)
    wanted = {key for group in groups for key in group}
    columns = {}
    for key, video in dataset.videos.items():
        if key in wanted:
            measures, rows = VideoMeasures(video, rule, ratio=ratio), np.ones((1, video.n_steps))
            columns[key] = measures.measure(rows, measures.choose(rows))
    return row_of(columns, groups)


def human_baseline(
    dataset: Dataset, keys: Iterable[str] | None = None, *, splits: Sequence[Split] | None = None
) -> Baseline | None:
    """Each user against all the others, averaged over users (leave one out), see `human_measures`.

    Videos with fewer than two users are left out; None when none is left. The representation error is None: people's
    summaries do not keep to one budget.
    """
    groups = video_groups(dataset, keys, splits)
    wanted = {key for group in groups for key in group}
    videos = {
        key: human_measures(video, BASIC) for key, video in dataset.videos.items() if key in wanted
    }
    mean = average(videos, groups)
    return (
        Baseline(mean, videos=videos) if any(value is not None for value in mean.values()) else None
    )


def _over_videos(
    columns: Mapping[str, Columns], groups: Sequence[Sequence[str]], name: str, draws: int
) -> np.ndarray:
    """Mean of a measure over the videos of every group: [groups, draws], nan where no video of the group has it."""
    nothing = np.full(draws, np.nan)
    tables = [np.array([columns[key].get(name, nothing) for key in group]) for group in groups]
    return np.array([_nanmean(table, axis=0) if len(table) else nothing for table in tables])


def _nanmean(values: np.ndarray, axis: int) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # "mean of empty slice" is the nan that we want
        return np.nanmean(values, axis=axis)


def _number(value: np.ndarray) -> float | None:
    return float(value) if np.isfinite(value) else None
