"""The numbers of whole runs, in the three readings that the field mixes up."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from tf_dictsum.baselines.rows import Baselines
from tf_dictsum.baselines.table import Baseline
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.averages import mean_of
from tf_dictsum.metrics.evaluation import COUNTS, METRICS, headline_metric
from tf_dictsum.metrics.statistics import Interval, bootstrap_interval
from tf_dictsum.report.comparisons import (
    RunComparison,
    compare_systems,
    compare_with_random,
    runs_by_split,
)
from tf_dictsum.report.notes import dataset_notes
from tf_dictsum.report.runs import COLUMNS, Epoch, Run, TrainedSystem

__all__ = ["NO_CRITERION", "RunReport", "SystemSummary", "run_report"]

NO_CRITERION = "last epoch: this method has no label-free criterion"

ALL = (*METRICS, *COUNTS)
_NOTHING: dict[str, float | int | None]
_NOTHING = {"mean": None, "sd": None, "low": None, "high": None, "runs": 0}


@dataclasses.dataclass(frozen=True, eq=False)
class SystemSummary:
    """One system.

    Attributes:
      system: its runs.
      measures: measure -> column (`COLUMNS`) -> mean and interval over the runs; None where no run
        has the measure.
      comparisons: with random scores and with other systems.
    """

    system: TrainedSystem
    measures: Mapping[str, Mapping[str, Interval | None]]
    comparisons: tuple[RunComparison, ...]

    @property
    def criterion(self) -> str:
        """What chose the selected epoch."""
        return self.system.criterion or NO_CRITERION

    def mean(self, column: str, name: str) -> float | None:
        """Mean of a measure over the runs."""
        interval = self.measures.get(name, {}).get(column)
        return None if interval is None else interval.mean

    def untrained(self) -> Baseline | None:
        """Epoch 0 of these very runs; None where no run has it."""
        epochs = [run.untrained for run in self.system.runs if run.untrained is not None]
        if not any(epoch.videos for epoch in epochs):
            return None
        return Baseline({n: mean_of(epoch.mean(n) for epoch in epochs) for n in self.measures})

    def to_json(self) -> dict[str, object]:
        """{"runs", "summary", "comparisons", "criterion", "supervised"}, as in results.json."""
        return {
            "runs": [_run(run) for run in self.system.runs],
            "summary": {
                name: {column: _interval(interval) for column, interval in columns.items()}
                for name, columns in self.measures.items()
            },
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
            "criterion": self.criterion,
            "supervised": self.system.supervised,
        }


@dataclasses.dataclass(frozen=True, eq=False)
class RunReport:
    """Trained systems over seeds, and what they must be read against.

    A measure is averaged over the test videos of a split first, then over seeds and splits. F,
    precision and recall in percent; representation error in units of the features (Euclidean), the
    lower the better.

    Attributes:
      dataset: name of what was trained on.
      headline: the measure that is printed first.
      notes: what a reader must know before the numbers.
      splits: number of splits.
      systems: at least one.
      baselines: name -> row, for the same test videos.
    """

    dataset: str
    headline: str
    notes: tuple[str, ...]
    splits: int
    systems: tuple[SystemSummary, ...]
    baselines: dict[str, Baseline]

    def shared_json(self) -> dict[str, object]:
        """What does not depend on the system: {"dataset", "headline", "notes", "splits"}."""
        return {
            "dataset": self.dataset,
            "headline": self.headline,
            "notes": list(self.notes),
            "splits": self.splits,
        }

    def rows(self) -> dict[str, Baseline]:
        """The baselines and, where there is one system only, what it was before training."""
        untrained = self.systems[0].untrained() if len(self.systems) == 1 else None
        return self.baselines | ({"untrained": untrained} if untrained else {})

    def to_dict(self) -> dict[str, object]:
        """What results.json holds of the first system; every number finite or None.

        {"dataset", "headline": metric, "criterion": str, "supervised": bool, "notes": [str],
        "splits": int, "runs": [{"split", "seed", "last" | "selected": {"epoch": int, metric:
        value}, "best": {metric: {"epoch", "value", counts}}, "untrained"}], "summary": {metric:
        {"last" | "selected" | "best": {"mean", "sd", "low", "high", "runs"}}}, "comparisons":
        [{"against", "metric", "column", "ours", "theirs", "difference", "low", "high", "p",
        "smallest_p", "verdict"}], "baselines": {row: {"mean": {...}, "sd": {...} or None,
        "draws"}}}. "best" looks at the test set.
        """
        rows = {name: row.to_json() for name, row in self.rows().items()}
        return {**self.shared_json(), **self.systems[0].to_json(), "baselines": rows}

    def to_markdown(self) -> str:
        """results.md, about the first system; also fit for a terminal."""
        from tf_dictsum.report.run_page import results_page  # it reads reports

        return results_page(self).to_markdown()

    def _repr_html_(self) -> str:
        """The same in a notebook."""
        from tf_dictsum.report.run_page import results_page

        return results_page(self).to_html()


def run_report(
    systems: TrainedSystem | Sequence[TrainedSystem],
    dataset: Dataset,
    splits: Mapping[int, Split],
    baselines: Baselines,
    others: Iterable[TrainedSystem] = (),
) -> RunReport:
    """Summarizes runs and compares them.

    Args:
      systems: whose results these are.
      dataset: what was trained on.
      splits: number -> those that were run.
      baselines: for the same test videos.
      others: systems on the same splits that `systems` are compared with (never with themselves).
    """
    systems = (systems,) if isinstance(systems, TrainedSystem) else tuple(systems)
    others = tuple(others)
    names = [n for n in ALL if any(r.last.mean(n) is not None for s in systems for r in s.runs)]
    headline: str = headline_metric(dataset)
    return RunReport(
        dataset.name,
        headline if headline in names else "representation_error",
        tuple(_notes(dataset, bool(names))),
        len(splits),
        tuple(_summary(system, baselines, others) for system in systems),
        baselines.rows,
    )


def _summary(
    system: TrainedSystem, baselines: Baselines, others: Sequence[TrainedSystem]
) -> SystemSummary:
    names = [n for n in ALL if any(run.last.mean(n) is not None for run in system.runs)]
    measures = {n: {c: _over_runs(system, c, n) for c in COLUMNS} for n in names}
    comparisons = compare_with_random(system, baselines.random)
    for other in others:
        if other is not system:
            comparisons += compare_systems(system, other)
    return SystemSummary(system, measures, tuple(comparisons))


def _over_runs(system: TrainedSystem, column: str, name: str) -> Interval | None:
    """Mean, sample sd and interval over the seeds that have every split.

    Splits differ in level, so a seed that lacks one would move the mean. Where no seed has them
    all: mean and sd of what there is, and no interval.
    """
    values = system.values(column, name)
    if not values:
        return None
    table, _ = runs_by_split(values)
    if len(table):
        return bootstrap_interval(table)
    return dataclasses.replace(bootstrap_interval(list(values.values())), low=None, high=None)


def _interval(interval: Interval | None) -> dict[str, float | int | None]:
    if interval is None:
        return _NOTHING
    return {
        "mean": interval.mean,
        "sd": interval.sd,
        "low": interval.low,
        "high": interval.high,
        "runs": interval.values,
    }


def _run(run: Run) -> dict[str, object]:
    best = {
        name: {"epoch": at.number, "value": at.mean(name), **{c: at.mean(c) for c in COUNTS}}
        for name in METRICS
        if (at := run.best(name)) is not None
    }
    return {
        "split": run.split,
        "seed": run.seed,
        "last": {"epoch": run.last.number, **_means(run.last)},
        "selected": {"epoch": run.selected.number, **_means(run.selected)},
        "best": best,
        "untrained": {} if run.untrained is None else _means(run.untrained),
    }


def _means(epoch: Epoch) -> dict[str, float | None]:
    return {name: epoch.mean(name) for name in ALL} if epoch.videos else {}


def _notes(dataset: Dataset, measured: bool) -> list[str]:
    notes = dataset_notes(dataset)
    if not measured:
        notes.append(
            "No test video has change points: there are scores, but no summaries to measure."
        )
    elif all(video.user_summary is None for video in dataset.videos.values()):
        notes.append("The dataset has no user summaries, so there is no F-score.")
    return notes
