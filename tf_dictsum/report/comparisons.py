"""Whether a run differs from random scores, and from another run on the same splits."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tf_dictsum.baselines.table import LOWER_IS_BETTER
from tf_dictsum.metrics.evaluation import METRICS
from tf_dictsum.metrics.statistics import Comparison, compare_runs, verdict

__all__ = ["COLUMNS", "compare_systems", "compare_with_random", "run_values", "runs_by_split"]

Runs = Sequence[Mapping[str, Any]]

COLUMNS = ("last", "selected", "best")


def run_values(runs: Runs, column: str, name: str) -> dict[tuple[int, int], float]:
    """(split, seed) -> a measure of the runs, where they have it; `column` is one of `COLUMNS`.

    For the counts of `best`: what the best representation error was reached with.
    """
    values = {}
    for run in runs:
        if column != "best":
            value = run[column].get(name)
        elif name in METRICS:
            value = run["best"].get(name, {}).get("value")
        else:
            value = run["best"].get("representation_error", {}).get(name)
        if value is not None:
            values[run["split"], run["seed"]] = value
    return values


def runs_by_split(
    values: Mapping[tuple[int, int], float], splits: Sequence[int] | None = None
) -> tuple[np.ndarray, list[int]]:
    """[seeds, splits] of the seeds that have every split, and the splits; no rows where no seed has them all."""
    numbers = sorted({split for split, _ in values}) if splits is None else list(splits)
    seeds = sorted({seed for _, seed in values})
    rows = [
        [values[split, seed] for split in numbers]
        for seed in seeds
        if all((split, seed) in values for split in numbers)
    ]
    return np.array(rows, np.float64).reshape(len(rows), len(numbers)), numbers


def compare_with_random(
    runs: Runs, random: Mapping[str, Mapping[int, np.ndarray]], name: str
) -> list[dict[str, Any]]:
    """One entry per measure for the last and the selected epoch (see `_entry`).

    The draws are one random summary after another of the same test videos: as many runs of a system that learned nothing.
    """
    entries = []
    for column in COLUMNS[:2]:
        for metric in METRICS:
            a, splits = runs_by_split(run_values(runs, column, metric))
            if len(a) and all(split in random.get(metric, {}) for split in splits):
                b = np.stack([random[metric][split] for split in splits], axis=1)
                entries.append(_entry(compare_runs(a, b), name, "random", metric, column))
    return entries


def compare_systems(runs: Runs, others: Runs, name: str, other: str) -> list[dict[str, Any]]:
    """As `compare_with_random`, against the same column of another system's runs, on the splits that both have."""
    entries = []
    for column in COLUMNS[:2]:
        for metric in METRICS:
            ours, theirs = (run_values(r, column, metric) for r in (runs, others))
            shared = sorted({split for split, _ in ours} & {split for split, _ in theirs})
            a, b = runs_by_split(ours, shared)[0], runs_by_split(theirs, shared)[0]
            if shared and len(a) and len(b):
                entries.append(_entry(compare_runs(a, b), name, other, metric, column))
    return entries


def _entry(found: Comparison, name: str, other: str, metric: str, column: str) -> dict[str, Any]:
    """{"against", "metric", "column", "ours", "theirs", "difference", "low", "high", "p", "smallest_p", "verdict"}."""
    return {
        "against": other,
        "metric": metric,
        "column": column,
        "ours": found.a,
        "theirs": found.b,
        "difference": found.difference.mean,
        "low": found.difference.low,
        "high": found.difference.high,
        "p": found.p,
        "smallest_p": found.smallest_p,
        "verdict": verdict(found, name, other, lower_is_better=metric in LOWER_IS_BETTER),
    }
