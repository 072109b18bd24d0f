"""The numbers of a whole run, in the three readings that the field mixes up, beside the rows they must be read against."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.baselines import Baseline, constant_baseline, human_baseline, random_baseline
from tf_dictsum.metrics.evaluation import COUNTS, METRICS, headline_metric
from tf_dictsum.training.results_table import results_markdown

__all__ = ["CRITERION", "baseline_rows", "results", "results_markdown", "selected_record"]

Record = Mapping[str, Any]
Measures = dict[str, float | None]

CRITERION = (
    "the trained epoch with the lowest mean `selector_total` loss on the training videos "
    "(a provisional criterion; no labels, no test videos)"
)
FEWEST_RUNS = 5  # a bootstrap over fewer values is hardly more than their minimum and maximum
_RESAMPLES, _BOOTSTRAP_SEED = 10_000, 0


def baseline_rows(dataset: Dataset, splits: Sequence[Split]) -> dict[str, Baseline]:
    """Random, constant and, where annotated, human rows for the test videos of `splits`.

    Test videos without change points cannot be summarized and are left out; no rows when none is left.
    """
    keys = [key for key in dataset.videos if dataset.videos[key].change_points is not None and any(key in s.test_keys for s in splits)]
    if not keys:
        return {}
    rows = {"random": random_baseline(dataset, keys, splits=splits), "constant": constant_baseline(dataset, keys, splits=splits)}
    human = human_baseline(dataset, keys, splits=splits)
    return rows if human is None else {**rows, "human": human}


def results(
    histories: Mapping[tuple[int, int], Sequence[Record]],
    dataset: Dataset,
    splits: Sequence[Split],
    baselines: Mapping[str, Baseline | None],
) -> dict[str, Any]:
    """What results.json holds; every number finite or None.

    A measure is averaged over the test videos of a split first, then over seeds and splits. F, precision and recall in
    percent; representation error in units of the features (Euclidean), the lower the better.

    Args:
      histories: (split, seed) -> its records, one per epoch, epoch 0 before training.
      dataset: what was trained on.
      splits: those that were run.
      baselines: row name -> baseline for the same test videos; None is left out.

    Returns:
      {"dataset", "headline": metric, "criterion": str, "notes": [str], "splits": int, "runs": [{"split", "seed",
      "last" | "selected": {"epoch": int, metric: value}, "best": {metric: {"epoch", "value", counts}}, "untrained"}],
      "summary": {metric: {"last" | "selected" | "best": {"mean", "sd", "low", "high", "runs"}}},
      "baselines": {row: {"mean": {...}, "sd": {...} or None, "draws"}}}. "best" looks at the test set.

    Raises:
      ValueError: no history, or an empty one.
    """
    if not histories or not all(histories.values()):
        raise ValueError("results need at least one record for every split and seed")
    runs = [_run(split, seed, records) for (split, seed), records in sorted(histories.items())]
    names = [name for name in (*METRICS, *COUNTS) if any(run["last"].get(name) is not None for run in runs)]
    rows = {name: _baseline(row) for name, row in baselines.items() if row is not None}
    if any(run["untrained"] for run in runs):
        rows["untrained"] = {"mean": {n: _mean(run["untrained"].get(n) for run in runs) for n in names}, "sd": None, "draws": 0}
    headline: str = headline_metric(dataset)
    return {
        "dataset": dataset.name,
        "headline": headline if headline in names else "representation_error",
        "criterion": CRITERION,
        "notes": _notes(dataset, bool(names)),
        "splits": len(splits),
        "runs": runs,
        "summary": {name: {column: _interval(_column(runs, column, name)) for column in ("last", "selected", "best")} for name in names},
        "baselines": rows,
    }


def selected_record(trained: Sequence[Record]) -> Record:
    """The record chosen by `CRITERION` among those of trained epochs; the last one where no loss was recorded."""
    rated = [r for r in trained if _finite(r["losses"].get("selector_total")) is not None]
    return min(rated, key=lambda r: r["losses"]["selector_total"]) if rated else trained[-1]


def _run(split: int, seed: int, records: Sequence[Record]) -> dict[str, Any]:
    trained = [r for r in records if r["epoch"] > 0] or list(records)
    untrained = next((r for r in records if r["epoch"] == 0), None)
    selected = selected_record(trained)
    measures = [_measures(r) for r in trained]
    best: dict[str, dict[str, Any]] = {}
    for name in METRICS:
        known = [(m[name], r["epoch"], m) for m, r in zip(measures, trained, strict=True) if m.get(name) is not None]
        if known:
            choose: Callable[..., Any] = min if name == "representation_error" else max
            value, epoch, at = choose(known, key=lambda item: item[0])  # the earliest of equals
            best[name] = {"epoch": epoch, "value": value, **{count: at.get(count) for count in COUNTS}}
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
    return {name: _mean(video.get(name) for video in videos) for name in (*METRICS, *COUNTS)} if videos else {}


def _column(runs: Sequence[Mapping[str, Any]], column: str, name: str) -> list[float]:
    if column != "best":
        values = [run[column].get(name) for run in runs]
    elif name in COUNTS:  # what the best representation error was reached with
        values = [run["best"].get("representation_error", {}).get(name) for run in runs]
    else:
        values = [run["best"].get(name, {}).get("value") for run in runs]
    return [value for value in values if value is not None]


def _interval(values: Sequence[float]) -> dict[str, Any]:
    """Mean, sample sd and 95 % percentile bootstrap interval; no sd of one run, no interval of fewer than five."""
    result: dict[str, Any] = {"mean": _mean(values), "sd": None, "low": None, "high": None, "runs": len(values)}
    if len(values) > 1:
        result["sd"] = float(np.std(values, ddof=1))
    if len(values) >= FEWEST_RUNS:
        draws = np.random.default_rng(_BOOTSTRAP_SEED).integers(0, len(values), (_RESAMPLES, len(values)))
        low, high = np.percentile(np.asarray(values)[draws].mean(axis=1), [2.5, 97.5])
        result |= {"low": float(low), "high": float(high)}
    return result


def _baseline(row: Baseline) -> dict[str, Any]:
    sd = {name: _finite(value) for name, value in row.sd.items()} if row.sd else None
    return {"mean": {name: _finite(value) for name, value in row.mean.items()}, "sd": sd, "draws": row.draws}


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in map(_finite, values) if value is not None]
    return float(np.mean(known)) if known else None


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _notes(dataset: Dataset, measured: bool) -> list[str]:
    notes = []
    if dataset.attributes.get("features_are_standin"):
        notes.append("The features of this dataset are STAND-INS: numbers on them say nothing about any method.")
    if dataset.source == "demo":
        notes.append("The demo set is GENERATED: it shows that everything runs; its numbers are not results on videos.")
    if not measured:
        notes.append("No test video has change points: there are scores, but no summaries to measure.")
    elif all(video.user_summary is None for video in dataset.videos.values()):
        notes.append("The dataset has no user summaries, so there is no F-score.")
    return notes
