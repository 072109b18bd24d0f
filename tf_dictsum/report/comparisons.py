"""Whether a system's runs differ from random scores, and from another system's."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from tf_dictsum.baselines.table import LOWER_IS_BETTER
from tf_dictsum.metrics.evaluation import METRICS
from tf_dictsum.metrics.statistics import Comparison, compare_runs
from tf_dictsum.metrics.verdicts import verdict
from tf_dictsum.report.runs import COLUMNS, TrainedSystem

__all__ = ["RunComparison", "compare_systems", "compare_with_random", "runs_by_split"]

Keyed = Mapping[tuple[int | None, int | None], float]


@dataclasses.dataclass(frozen=True)
class RunComparison:
    """One measure of two systems.

    Attributes:
      against: name of the other system.
      metric: the measure.
      column: which epoch, "last" or "selected".
      test: what came out.
      verdict: the same as a sentence.
    """

    against: str
    metric: str
    column: str
    test: Comparison
    verdict: str

    def to_json(self) -> dict[str, object]:
        """As in results.json: one flat object."""
        return {
            "against": self.against,
            "metric": self.metric,
            "column": self.column,
            "ours": self.test.a,
            "theirs": self.test.b,
            "difference": self.test.difference.mean,
            "low": self.test.difference.low,
            "high": self.test.difference.high,
            "p": self.test.p,
            "smallest_p": self.test.smallest_p,
            "verdict": self.verdict,
        }


def runs_by_split(
    values: Keyed, splits: Sequence[int | None] | None = None
) -> tuple[np.ndarray, list[int | None]]:
    """[seeds, splits] of the seeds that have every split, and the splits.

    Args:
      values: (split, seed) -> value.
      splits: the columns; None: those of `values`, increasing.
    """
    numbers = _sorted({split for split, _ in values}) if splits is None else list(splits)
    rows = [
        [values[split, seed] for split in numbers]
        for seed in _sorted({seed for _, seed in values})
        if all((split, seed) in values for split in numbers)
    ]
    return np.array(rows, np.float64).reshape(len(rows), len(numbers)), numbers


def compare_with_random(
    system: TrainedSystem, random: Mapping[str, Mapping[int | None, np.ndarray]]
) -> list[RunComparison]:
    """Every measure of the last and of the selected epoch against random scores.

    The draws are one random summary after another of the same test videos: as many runs of a system
    that learned nothing.

    Args:
      system: the runs.
      random: measure -> split -> [draws].
    """
    comparisons = []
    for column in COLUMNS[:2]:
        for metric in METRICS:
            table, splits = runs_by_split(system.values(column, metric))
            if len(table) and all(split in random.get(metric, {}) for split in splits):
                draws = np.stack([random[metric][split] for split in splits], axis=1)
                comparisons.append(_comparison(table, draws, system.name, "random", metric, column))
    return comparisons


def compare_systems(system: TrainedSystem, other: TrainedSystem) -> list[RunComparison]:
    """As `compare_with_random`, against the same column of another system, on shared splits."""
    comparisons = []
    for column in COLUMNS[:2]:
        for metric in METRICS:
            ours, theirs = (s.values(column, metric) for s in (system, other))
            shared = _sorted({split for split, _ in ours} & {split for split, _ in theirs})
            a, b = runs_by_split(ours, shared)[0], runs_by_split(theirs, shared)[0]
            if shared and len(a) and len(b):
                comparisons.append(_comparison(a, b, system.name, other.name, metric, column))
    return comparisons


def _comparison(
    a: np.ndarray, b: np.ndarray, name: str, other: str, metric: str, column: str
) -> RunComparison:
    test = compare_runs(a, b)
    sentence = verdict(test, name, other, lower_is_better=metric in LOWER_IS_BETTER)
    return RunComparison(other, metric, column, test, sentence)


def _sorted(numbers: set[int | None]) -> list[int | None]:
    return sorted(numbers, key=lambda number: -1 if number is None else number)
