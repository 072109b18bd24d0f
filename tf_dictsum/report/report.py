"""Systems and baselines on exactly the same videos and splits."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from absl import logging

from tf_dictsum.baselines.columns import BASELINES, baseline_columns
from tf_dictsum.baselines.settings import Settings
from tf_dictsum.baselines.table import LOWER_IS_BETTER, Baseline, best_of_draws, row_of
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.evaluation import (
    COUNTS,
    VideoMeasures,
    VideoResult,
    average,
    headline_metric,
)
from tf_dictsum.metrics.protocols import measures_of
from tf_dictsum.metrics.statistics import Comparison, paired_test
from tf_dictsum.report.relative import Yardsticks
from tf_dictsum.report.systems import System
from tf_dictsum.util.errors import UserError

__all__ = ["EpochResult", "Fold", "Report", "SystemResult", "build_report"]

SINGLE_FILE_LOOKS = (
    100  # epochs that the field trains, so what "best epoch on the test set" usually chooses from
)

Measures = Mapping[str, float | None]


@dataclasses.dataclass(frozen=True)
class Fold:
    """Videos that are averaged together: all of them, or the test videos of one split that are evaluated.

    Attributes:
      number: of the split; None without splits.
      keys: of the videos.
    """

    number: int | None
    keys: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class EpochResult:
    """One epoch of a system (or its only file).

    Attributes:
      epoch: its number; None for a single file.
      folds: results of the videos of every fold.
      mean: measure -> mean over each fold's videos, then over the folds.
    """

    epoch: int | None
    folds: tuple[dict[str, VideoResult], ...]
    mean: dict[str, float | None]

    def videos(self) -> dict[str, dict[str, float | None]]:
        """Key -> measures; the mean over the folds that test a video."""
        tested: dict[str, list[Measures]] = {}
        for fold in self.folds:
            for key, result in fold.items():
                tested.setdefault(key, []).append(numbers(result))
        return {
            key: {name: _mean(row[name] for row in rows) for name in rows[0]}
            for key, rows in tested.items()
        }


@dataclasses.dataclass(frozen=True)
class SystemResult:
    """One system.

    Attributes:
      name: of the system.
      epochs: in increasing order; the last one is the system's result.
      best: mean measures where every fold takes the epoch that is best on its own test videos by the headline measure; None
        for a single file. Peeking: it is no estimate of anything.
      best_epochs: those epochs.
      relative: see `Yardsticks.relative`.
      against_random: measure -> paired test over videos against the mean of the random row.
      source: its scores.
    """

    name: str
    epochs: tuple[EpochResult, ...]
    best: dict[str, float | None] | None
    best_epochs: tuple[int | None, ...]
    relative: dict[str, float | None]
    against_random: dict[str, Comparison]
    source: System

    def scores(self, split: int | None, key: str) -> np.ndarray:
        """Scores [n_steps] of the last epoch for a video that split `split` tests (None without splits)."""
        return self.source.of(len(self.epochs) - 1, split or 0)[key]


@dataclasses.dataclass(frozen=True)
class Report:
    """Everything that tables, files and pictures show.

    Attributes:
      dataset: what was evaluated on.
      settings: how.
      names: measures, in the order of tables.
      headline: the measure that is printed first for this dataset.
      folds: the videos averaged together.
      systems: results, in the order given.
      baselines: name -> row; only those that the dataset can serve.
      relative: baseline -> measures relative to random and greedy.
      best_of: looks of the best-of-n row, at most the number of draws.
      empty_users: key -> numbers of the users whose summary is empty.
      longest: key -> (shots longer than the budget, shots).
    """

    dataset: Dataset
    settings: Settings
    names: tuple[str, ...]
    headline: str
    folds: tuple[Fold, ...]
    systems: tuple[SystemResult, ...]
    baselines: dict[str, Baseline]
    relative: dict[str, dict[str, float | None]]
    best_of: int
    empty_users: dict[str, tuple[int, ...]]
    longest: dict[str, tuple[int, int]]

    @property
    def videos(self) -> tuple[str, ...]:
        """Keys of all evaluated videos, in the dataset's order."""
        wanted = {key for fold in self.folds for key in fold.keys}
        return tuple(key for key in self.dataset.videos if key in wanted)

    @property
    def with_splits(self) -> bool:
        """Whether means are over splits."""
        return self.folds[0].number is not None


def numbers(result: VideoResult) -> dict[str, float | None]:
    """The numbers of a result by name, counts included."""
    values = {
        f.name: getattr(result, f.name)
        for f in dataclasses.fields(result)
        if f.name != "selected_shots"
    }
    return values | {"selected_shots": float(len(result.selected_shots))}


def build_report(
    dataset: Dataset, splits: Sequence[Split] | None, systems: Sequence[System], settings: Settings
) -> Report:
    """Measures systems and baselines.

    Args:
      dataset: the videos; all that are evaluated need change points.
      splits: their test videos; None takes all videos as one group.
      systems: their scores; a video that any of them lacks (in a split that tests it) is left out for all.
      settings: how to measure.

    Raises:
      UserError: as `VideoMeasures`, or no video left.
    """
    folds = _folds(dataset, splits, systems)
    names = (*measures_of(settings.protocols), *COUNTS, "summary_percent")
    wanted = {key for fold in folds for key in fold.keys}
    results: dict[tuple[int, int, int, str], VideoResult] = {}
    columns: dict[str, dict[str, Mapping[str, np.ndarray]]] = {name: {} for name in BASELINES}
    looks = settings.best_of or max(
        [len(system.epochs) for system in systems if len(system.epochs) > 1],
        default=SINGLE_FILE_LOOKS,
    )
    looks = min(looks, settings.draws)
    empty_users, longest = {}, {}
    for key, video in dataset.videos.items():
        if key not in wanted:
            continue
        measures = VideoMeasures(
            video, settings.rule, ratio=settings.ratio, protocols=settings.protocols
        )
        results |= _measure_systems(measures, systems, folds)
        for name, found in baseline_columns(measures, settings).items():
            columns[name][key] = found
        if video.user_summary is not None and not video.user_summary.any(axis=1).all():
            empty_users[key] = tuple(np.flatnonzero(~video.user_summary.any(axis=1)).tolist())
        too_long = int((measures.shots.lengths > measures.shots.budget).sum())
        if too_long:
            longest[key] = (too_long, len(measures.shots))
    groups = [fold.keys for fold in folds]
    rows = {name: row_of(found, groups, names) for name, found in columns.items() if found}
    yardsticks = Yardsticks(rows, groups)
    relative = {
        name: yardsticks.relative(_by_fold(row.videos, folds)) for name, row in rows.items()
    }
    if columns["random"] and looks > 1:
        rows["best_of_random"] = best_of_draws(columns["random"], groups, looks, names)
        relative["best_of_random"] = {}
    headline: str = headline_metric(dataset)
    if rows["constant"].mean.get(headline) is None:
        headline = next(
            (
                n
                for n in ("representation_error", "kendall_tau")
                if rows["constant"].mean.get(n) is not None
            ),
            headline,
        )
    found_systems = tuple(
        _system(i, system, folds, results, names, headline, yardsticks, rows.get("random"))
        for i, system in enumerate(systems)
    )
    return Report(
        dataset,
        settings,
        names,
        headline,
        folds,
        found_systems,
        rows,
        relative,
        looks,
        empty_users,
        longest,
    )


def _folds(
    dataset: Dataset, splits: Sequence[Split] | None, systems: Sequence[System]
) -> tuple[Fold, ...]:
    tests = [tuple(dataset.videos)] if splits is None else [split.test_keys for split in splits]
    folds: list[Fold] = []
    dropped: dict[str, None] = {}
    for number, keys in enumerate(tests):
        scored = [
            key
            for key in keys
            if all(
                key in system.of(e, number) for system in systems for e in range(len(system.epochs))
            )
        ]
        usable = tuple(key for key in scored if dataset.videos[key].change_points is not None)
        dropped |= {key: None for key in scored if key not in usable}
        if usable:
            folds.append(Fold(None if splits is None else number, usable))
    if not folds:
        reason = (
            "none has change_points, so there are no shots to select"
            if dropped
            else "the scores have no video in common"
        )
        raise UserError(
            f"{dataset.source}: no video left to evaluate: {reason}. Give scores of videos that the dataset and the splits have."
        )
    if dropped:
        logging.warning(
            "%s: no change_points, so there are no shots to select: %s; going on without them.",
            dataset.source,
            ", ".join(dropped),
        )
    return tuple(folds)


def _measure_systems(
    measures: VideoMeasures, systems: Sequence[System], folds: Sequence[Fold]
) -> dict[tuple[int, int, int, str], VideoResult]:
    """Results of one video by (system, epoch, fold, key), all rows measured together."""
    key = measures.video.key
    places = [
        (s, e, f)
        for s, system in enumerate(systems)
        for e in range(len(system.epochs))
        for f, fold in enumerate(folds)
        if key in fold.keys
    ]
    if not places:
        return {}
    vectors: dict[int, np.ndarray] = {}  # folds often share one vector
    at = []
    for s, e, f in places:
        vector = systems[s].of(e, folds[f].number or 0)[key]
        vectors.setdefault(id(vector), vector)
        at.append(id(vector))
    rows = np.stack(list(vectors.values()))
    found = dict(zip(vectors, measures.results(rows, measures.choose(rows)), strict=True))
    return {(s, e, f, key): found[i] for (s, e, f), i in zip(places, at, strict=True)}


def _system(
    number: int,
    system: System,
    folds: Sequence[Fold],
    results: Mapping[tuple[int, int, int, str], VideoResult],
    names: Sequence[str],
    headline: str,
    yardsticks: Yardsticks,
    random: Baseline | None,
) -> SystemResult:
    epochs, fold_means = [], []
    for e, epoch in enumerate(system.epochs):
        by_fold = tuple(
            {key: results[number, e, f, key] for key in fold.keys} for f, fold in enumerate(folds)
        )
        means = [
            average({k: numbers(r) for k, r in fold.items()}, [list(fold)], names)
            for fold in by_fold
        ]
        epochs.append(
            EpochResult(
                epoch, by_fold, {name: _mean(mean[name] for mean in means) for name in names}
            )
        )
        fold_means.append(means)
    best: dict[str, float | None] | None = None
    best_epochs: tuple[int | None, ...] = ()
    if len(epochs) > 1:
        sign = -1.0 if headline in LOWER_IS_BETTER else 1.0
        ratings = np.array(
            [
                [-np.inf if (v := mean[headline]) is None else sign * v for mean in means]
                for means in fold_means
            ]
        )
        chosen = ratings.argmax(axis=0).tolist()  # the earliest of equals
        best = {name: _mean(fold_means[e][f][name] for f, e in enumerate(chosen)) for name in names}
        best_epochs = tuple(epochs[e].epoch for e in chosen)
    last = epochs[-1]
    relative = yardsticks.relative(
        [{key: numbers(result) for key, result in fold.items()} for fold in last.folds]
    )
    return SystemResult(
        system.name,
        tuple(epochs),
        best,
        best_epochs,
        relative,
        _against(last.videos(), random, headline),
        system,
    )


def _against(
    videos: Mapping[str, Measures], random: Baseline | None, headline: str
) -> dict[str, Comparison]:
    """Paired tests over videos against the mean of random scores on the same videos."""
    tests: dict[str, Comparison] = {}
    for name in dict.fromkeys((headline, "kendall_tau", "representation_error")):
        pairs = (
            [(videos[k].get(name), random.videos[k].get(name)) for k in videos]
            if random is not None
            else []
        )
        known = [(a, b) for a, b in pairs if a is not None and b is not None]
        if known:
            tests[name] = paired_test(*zip(*known, strict=True))
    return tests


def _by_fold(videos: Mapping[str, Measures], folds: Iterable[Fold]) -> list[dict[str, Measures]]:
    return [{key: videos[key] for key in fold.keys if key in videos} for fold in folds]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
