"""A system with a seed axis: what its epochs reach on the test videos of every split."""

import dataclasses
from collections.abc import Mapping

from tf_dictsum.baselines.table import LOWER_IS_BETTER
from tf_dictsum.metrics.averages import Measures, mean_of
from tf_dictsum.metrics.evaluation import METRICS

__all__ = ["COLUMNS", "Epoch", "Run", "TrainedSystem"]

COLUMNS = ("last", "selected", "best")
"""The three readings of a run: its last epoch, the one chosen without labels, and, for every
measure by itself, the one that is best on the test videos (peeking)."""


@dataclasses.dataclass(frozen=True, eq=False)
class Epoch:
    """One epoch.

    Attributes:
      number: of the epoch; None for scores of an unknown one.
      videos: key of a test video -> its measures.
    """

    number: int | None
    videos: Mapping[str, Measures]

    def mean(self, name: str) -> float | None:
        """A measure, averaged over the videos that have it."""
        return mean_of(video.get(name) for video in self.videos.values())


@dataclasses.dataclass(frozen=True, eq=False)
class Run:
    """One split with one seed.

    Attributes:
      split: number of the split; None where there are no splits.
      seed: of the run; None where it is unknown.
      epochs: at least one, increasing.
      chosen: number of the epoch chosen without labels; None: the last one.
      untrained: epoch 0, where there is one.
    """

    split: int | None
    seed: int | None
    epochs: tuple[Epoch, ...]
    chosen: int | None = None
    untrained: Epoch | None = None

    @property
    def last(self) -> Epoch:
        """The last epoch."""
        return self.epochs[-1]

    @property
    def selected(self) -> Epoch:
        """The epoch chosen without labels."""
        return next((e for e in self.epochs if e.number == self.chosen), self.last)

    def best(self, name: str) -> Epoch | None:
        """The epoch with the best mean of a measure on the test videos, the earliest of equals."""
        rated = [(value, e) for e in self.epochs if (value := e.mean(name)) is not None]
        if not rated:
            return None
        pick = min if name in LOWER_IS_BETTER else max
        return pick(rated, key=lambda pair: pair[0])[1]

    def value(self, column: str, name: str) -> float | None:
        """Mean of a measure by one of `COLUMNS`.

        What is no measure of quality (counts) has no best: then it is that of the epoch with the
        best representation error, which it was bought with.
        """
        if column == "best":
            best = self.best(name if name in METRICS else "representation_error")
            return None if best is None else best.mean(name)
        return (self.last if column == "last" else self.selected).mean(name)


@dataclasses.dataclass(frozen=True, eq=False)
class TrainedSystem:
    """A method's runs over splits and seeds.

    Attributes:
      name: for tables and verdicts.
      runs: every split and seed.
      criterion: what chose an epoch without labels; None where the method has no such criterion.
      supervised: whether it was trained on annotations.
    """

    name: str
    runs: tuple[Run, ...]
    criterion: str | None = None
    supervised: bool = False

    @property
    def title(self) -> str:
        """The name, marked where the system has seen annotations."""
        return f"{self.name} (supervised)" if self.supervised else self.name

    def values(self, column: str, name: str) -> dict[tuple[int | None, int | None], float]:
        """(split, seed) -> a measure of the runs that have it; `column` is one of `COLUMNS`."""
        return {
            (run.split, run.seed): value
            for run in self.runs
            if (value := run.value(column, name)) is not None
        }
