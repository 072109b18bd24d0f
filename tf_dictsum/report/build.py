"""Measures systems and baselines on exactly the same videos and splits."""

from collections.abc import Mapping, Sequence

import numpy as np
from absl import logging

from tf_dictsum.baselines.columns import baseline_columns
from tf_dictsum.baselines.rows import rows_of
from tf_dictsum.baselines.settings import EvaluationSettings
from tf_dictsum.baselines.table import Baseline, Columns
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.averages import Measures, mean_of
from tf_dictsum.metrics.evaluation import COUNTS, VideoMeasures, VideoResult, headline_metric
from tf_dictsum.metrics.protocols import measures_of
from tf_dictsum.metrics.statistics import Comparison, paired_test
from tf_dictsum.report.relative import Yardsticks
from tf_dictsum.report.report import EpochResult, Fold, Report, SystemResult
from tf_dictsum.report.runs import Epoch, Run
from tf_dictsum.report.systems import System
from tf_dictsum.util.errors import UserError

__all__ = ["build_report"]

SINGLE_FILE_LOOKS = 100
"""Epochs that the field trains, so what "best epoch on the test set" usually chooses from."""

Place = tuple[int, int, int, str]
"""Positions of a system, an epoch and a fold, and the key of a video."""


def build_report(
    dataset: Dataset,
    splits: Sequence[Split] | None,
    systems: Sequence[System],
    settings: EvaluationSettings,
) -> Report:
    """Measures systems and baselines.

    Args:
      dataset: the videos; all that are evaluated need change points.
      splits: their test videos; None takes all videos as one group.
      systems: their scores; a video that any of them lacks (in a split that tests it) is left out
        for all.
      settings: how to measure.

    Raises:
      UserError: as `VideoMeasures`, or no video left.
    """
    folds = _folds(dataset, splits, systems)
    names = (*measures_of(settings.protocols), *COUNTS, "summary_percent")
    wanted = {key for fold in folds for key in fold.keys}
    results: dict[Place, VideoResult] = {}
    columns: dict[str, dict[str, Columns]] = {}
    empty_users: dict[str, tuple[int, ...]] = {}
    too_long: dict[str, tuple[int, int]] = {}
    for key, video in dataset.videos.items():
        if key not in wanted:
            continue
        measures = VideoMeasures(
            video,
            settings.selection,
            ratio=settings.budget_ratio,
            protocols=settings.protocols,
        )
        results |= _measure_systems(measures, systems, folds)
        columns[key] = baseline_columns(measures, settings)
        if video.user_summary is not None and not video.user_summary.any(axis=1).all():
            empty_users[key] = tuple(np.flatnonzero(~video.user_summary.any(axis=1)).tolist())
        longer = int((measures.shots.lengths > measures.shots.budget).sum())
        if longer:
            too_long[key] = (longer, len(measures.shots))
    epochs = max((len(s.epochs) for s in systems if len(s.epochs) > 1), default=SINGLE_FILE_LOOKS)
    looks = min(settings.best_of or epochs, settings.random_draws)
    groups = {fold.number: fold.keys for fold in folds}
    rows = rows_of(columns, groups, names, looks).rows
    yardsticks = Yardsticks(rows, list(groups.values()))
    relative = {
        name: {} if name == "best_of_random" else yardsticks.relative(_by_fold(row.videos, folds))
        for name, row in rows.items()
    }
    headline = _headline(dataset, rows["constant"])
    measured = tuple(
        _system(i, system, folds, results, names, headline, yardsticks, rows.get("random"))
        for i, system in enumerate(systems)
    )
    return Report(
        dataset=dataset,
        settings=settings,
        names=names,
        headline=headline,
        folds=folds,
        systems=measured,
        baselines=rows,
        relative=relative,
        best_of=looks,
        empty_users=empty_users,
        too_long=too_long,
    )


def _headline(dataset: Dataset, constant: Baseline) -> str:
    """The F of the dataset, or what there is without user summaries."""
    usual: str = headline_metric(dataset)
    candidates = (usual, "representation_error", "kendall_tau")
    return next((name for name in candidates if constant.mean.get(name) is not None), usual)


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
            f"{dataset.source}: no video left to evaluate: {reason}. "
            "Give scores of videos that the dataset and the splits have."
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
) -> dict[Place, VideoResult]:
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
    measured = dict(zip(vectors, measures.results(rows, measures.choose(rows)), strict=True))
    return {(s, e, f, key): measured[i] for (s, e, f), i in zip(places, at, strict=True)}


def _system(
    number: int,
    system: System,
    folds: Sequence[Fold],
    results: Mapping[Place, VideoResult],
    names: Sequence[str],
    headline: str,
    yardsticks: Yardsticks,
    random: Baseline | None,
) -> SystemResult:
    measured = [
        [{key: results[number, e, f, key] for key in fold.keys} for f, fold in enumerate(folds)]
        for e in range(len(system.epochs))
    ]
    runs = []
    for f, fold in enumerate(folds):
        tested = [
            Epoch(epoch, {key: result.numbers() for key, result in measured[e][f].items()})
            for e, epoch in enumerate(system.epochs)
        ]
        runs.append(Run(fold.number, None, tuple(tested)))
    epochs = [
        EpochResult(
            epoch,
            tuple(measured[e]),
            {name: mean_of(run.epochs[e].mean(name) for run in runs) for name in names},
        )
        for e, epoch in enumerate(system.epochs)
    ]
    best: dict[str, float | None] | None = None
    best_epochs: tuple[int | None, ...] = ()
    if len(epochs) > 1:
        chosen = [run.best(headline) or run.epochs[0] for run in runs]
        best = {name: mean_of(epoch.mean(name) for epoch in chosen) for name in names}
        best_epochs = tuple(epoch.number for epoch in chosen)
    return SystemResult(
        name=system.name,
        epochs=tuple(epochs),
        best=best,
        best_epochs=best_epochs,
        relative=yardsticks.relative([run.last.videos for run in runs]),
        against_random=_against(epochs[-1].videos(), random, headline),
        source=system,
    )


def _against(
    videos: Mapping[str, Measures], random: Baseline | None, headline: str
) -> dict[str, Comparison]:
    """Paired tests over videos against the mean of random scores on the same videos."""
    tests: dict[str, Comparison] = {}
    chance = {} if random is None else random.videos
    for name in dict.fromkeys((headline, "kendall_tau", "representation_error")):
        pairs = [(videos[key].get(name), chance[key].get(name)) for key in videos if key in chance]
        complete = [(a, b) for a, b in pairs if a is not None and b is not None]
        if complete:
            tests[name] = paired_test(*zip(*complete, strict=True))
    return tests


def _by_fold(videos: Mapping[str, Measures], folds: Sequence[Fold]) -> list[dict[str, Measures]]:
    return [{key: videos[key] for key in fold.keys if key in videos} for fold in folds]
