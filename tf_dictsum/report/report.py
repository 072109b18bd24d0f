"""What an evaluation found: systems and baselines on exactly the same videos and splits."""

import dataclasses

import numpy as np

from tf_dictsum.baselines.settings import EvaluationSettings
from tf_dictsum.baselines.table import Baseline
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.averages import Measures, mean_of
from tf_dictsum.metrics.evaluation import VideoResult
from tf_dictsum.metrics.statistics import Comparison
from tf_dictsum.report.systems import System

__all__ = ["EpochResult", "Fold", "Report", "SystemResult"]


@dataclasses.dataclass(frozen=True)
class Fold:
    """Videos that are averaged together: all of them, or the test videos of one split.

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
                tested.setdefault(key, []).append(result.numbers())
        return {
            key: {name: mean_of(row[name] for row in rows) for name in rows[0]}
            for key, rows in tested.items()
        }


@dataclasses.dataclass(frozen=True)
class SystemResult:
    """One system.

    Attributes:
      name: of the system.
      epochs: in increasing order; the last one is the system's result.
      best: mean measures where every fold takes the epoch that is best on its own test videos by
        the headline measure; None for a single file. Peeking: it is no estimate of anything.
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
        """Scores [n_steps] of the last epoch for a video of split `split` (None without splits)."""
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
      too_long: key -> (shots longer than the budget, shots).
    """

    dataset: Dataset
    settings: EvaluationSettings
    names: tuple[str, ...]
    headline: str
    folds: tuple[Fold, ...]
    systems: tuple[SystemResult, ...]
    baselines: dict[str, Baseline]
    relative: dict[str, dict[str, float | None]]
    best_of: int
    empty_users: dict[str, tuple[int, ...]]
    too_long: dict[str, tuple[int, int]]

    @property
    def videos(self) -> tuple[str, ...]:
        """Keys of all evaluated videos, in the dataset's order."""
        wanted = {key for fold in self.folds for key in fold.keys}
        return tuple(key for key in self.dataset.videos if key in wanted)

    @property
    def with_splits(self) -> bool:
        """Whether means are over splits."""
        return self.folds[0].number is not None

    def to_dict(self) -> dict[str, object]:
        """Everything as the evaluation's JSON has it, see `as_json`."""
        from tf_dictsum.report.as_json import as_json  # it reads reports

        return as_json(self)

    def to_markdown(self) -> str:
        """A page with all tables, see `as_markdown`."""
        from tf_dictsum.report.markdown import as_markdown

        return as_markdown(self)

    def to_text(self, *, per_user: bool = False) -> str:
        """The tables for a terminal, see `as_text`."""
        from tf_dictsum.report.text import as_text

        return as_text(self, per_user=per_user)

    def to_csv(self) -> str:
        """One long table, see `as_csv`."""
        from tf_dictsum.report.as_csv import as_csv

        return as_csv(self)

    def _repr_html_(self) -> str:
        """The tables in a notebook, see `as_html`."""
        from tf_dictsum.report.markdown import as_html

        return as_html(self)

    def __str__(self) -> str:
        return self.to_text()
