"""The numbers of a whole run, in the three readings that the field mixes up, beside the rows they must be read against."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tf_dictsum.baselines.rows import Baselines
from tf_dictsum.baselines.table import LOWER_IS_BETTER, Baseline
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.evaluation import COUNTS, METRICS, headline_metric
from tf_dictsum.metrics.statistics import bootstrap_interval
from tf_dictsum.report.comparisons import (
    COLUMNS,
    compare_systems,
    compare_with_random,
    run_values,
    runs_by_split,
)
from tf_dictsum.training.selection import CRITERION, selected_record

__all__ = ["results"]

Record = Mapping[str, Any]
Measures = dict[str, float | None]


def results(
    histories: Mapping[tuple[int, int], Sequence[Record]],
    dataset: Dataset,
    splits: Mapping[int, Split],
    baselines: Baselines,
    name: str = "this method",
    others: Mapping[str, Mapping[tuple[int, int], Sequence[Record]]] | None = None,
) -> dict[str, Any]:
    """What results.json holds; every number finite or None.

    A measure is averaged over the test videos of a split first, then over seeds and splits. F, precision and recall in
    percent; representation error in units of the features (Euclidean), the lower the better.

    Args:
      histories: (split, seed) -> its records, one per epoch, epoch 0 before training.
      dataset: what was trained on.
      splits: number -> those that were run.
      baselines: for the same test videos.
      name: of the method, in verdicts.
      others: name -> histories of other systems on the same splits, to be compared with.

    Returns:
      {"dataset", "headline": metric, "criterion": str, "notes": [str], "splits": int, "runs": [{"split", "seed",
      "last" | "selected": {"epoch": int, metric: value}, "best": {metric: {"epoch", "value", counts}}, "untrained"}],
      "summary": {metric: {"last" | "selected" | "best": {"mean", "sd", "low", "high", "runs"}}}, "comparisons": [{"against", "metric",
      "column", "ours", "theirs", "difference", "low", "high", "p", "smallest_p", "verdict"}],
      "baselines": {row: {"mean": {...}, "sd": {...} or None, "draws"}}}. "best" looks at the test set.

    Raises:
      ValueError: no history, or an empty one.
    """
    if not histories or not all(histories.values()):
        raise ValueError("results need at least one record for every split and seed")
    runs = _runs(histories)
    names = [
        metric
        for metric in (*METRICS, *COUNTS)
        if any(run["last"].get(metric) is not None for run in runs)
    ]
    rows = {title: _baseline(row) for title, row in baselines.rows.items()}
    if any(run["untrained"] for run in runs):
        rows["untrained"] = {
            "mean": {n: _mean(run["untrained"].get(n) for run in runs) for n in names},
            "sd": None,
            "draws": 0,
        }
    headline: str = headline_metric(dataset)
    comparisons = compare_with_random(runs, baselines.random, name)
    for other, records in (others or {}).items():
        comparisons += compare_systems(runs, _runs(records), name, other)
    return {
        "dataset": dataset.name,
        "headline": headline if headline in names else "representation_error",
        "criterion": CRITERION,
        "notes": _notes(dataset, bool(names)),
        "splits": len(splits),
        "runs": runs,
        "summary": {
            metric: {column: _interval(runs, column, metric) for column in COLUMNS}
            for metric in names
        },
        "comparisons": comparisons,
        "baselines": rows,
    }


def _runs(histories: Mapping[tuple[int, int], Sequence[Record]]) -> list[dict[str, Any]]:
    return [_run(split, seed, records) for (split, seed), records in sorted(histories.items())]


def _run(split: int, seed: int, records: Sequence[Record]) -> dict[str, Any]:
    trained = [r for r in records if r["epoch"] > 0] or list(records)
    untrained = next((r for r in records if r["epoch"] == 0), None)
    selected = selected_record(trained)
    measures = [_measures(r) for r in trained]
    best: dict[str, dict[str, Any]] = {}
    for name in METRICS:
        known = [
            (m[name], r["epoch"], m)
            for m, r in zip(measures, trained, strict=True)
            if m.get(name) is not None
        ]
        if known:
            choose: Callable[..., Any] = min if name in LOWER_IS_BETTER else max
            value, epoch, at = choose(known, key=lambda item: item[0])  # the earliest of equals
            best[name] = {
                "epoch": epoch,
                "value": value,
                **{count: at.get(count) for count in COUNTS},
            }
    return {
        "split": split,
        "seed": seed,
        "last": {"epoch": trained[-1]["epoch"], **measures[-1]},
        "selected": {"epoch": selected["epoch"], **_measures(selected)},
        "best": best,
        "untrained": _measures(untrained) if untrained is not None else {},
    }


def _measures(record: Record) -> Measures:
    """Means over the videos of a record; from the videos themselves, so that one rule holds for all measures."""
    videos = record["videos"].values()
    return (
        {name: _mean(video.get(name) for video in videos) for name in (*METRICS, *COUNTS)}
        if videos
        else {}
    )


def _interval(runs: Sequence[Mapping[str, Any]], column: str, name: str) -> dict[str, Any]:
    """Mean, sample sd and interval over the seeds that have every split: splits differ in level, so that a seed that lacks one
    would move the mean. Where no seed has them all, mean and sd of what there is, and no interval."""
    values = run_values(runs, column, name)
    if not values:
        return {"mean": None, "sd": None, "low": None, "high": None, "runs": 0}
    table, _ = runs_by_split(values)
    found = bootstrap_interval(table if len(table) else list(values.values()))
    low, high = (found.low, found.high) if len(table) else (None, None)
    return {"mean": found.mean, "sd": found.sd, "low": low, "high": high, "runs": found.values}


def _baseline(row: Baseline) -> dict[str, Any]:
    sd = {name: _finite(value) for name, value in row.sd.items()} if row.sd else None
    return {
        "mean": {name: _finite(value) for name, value in row.mean.items()},
        "sd": sd,
        "draws": row.draws,
    }


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in map(_finite, values) if value is not None]
    return float(np.mean(known)) if known else None


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _notes(dataset: Dataset, measured: bool) -> list[str]:
    notes = []
    if dataset.attributes.get("features_are_standin"):
        notes.append(
            "The features of this dataset are STAND-INS: numbers on them say nothing about any method."
        )
    if dataset.source == "demo":
        notes.append(
            "The demo set is GENERATED: it shows that everything runs; its numbers are not results on videos."
        )
    if not measured:
        notes.append(
            "No test video has change points: there are scores, but no summaries to measure."
        )
    elif all(video.user_summary is None for video in dataset.videos.values()):
        notes.append("The dataset has no user summaries, so there is no F-score.")
    return notes
