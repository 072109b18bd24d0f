"""One number per user or annotator, before any maximum or mean hides them."""

import dataclasses

import numpy as np

from tf_dictsum.metrics.fscore import UserAgreement
from tf_dictsum.metrics.rank import AnnotatorCorrelation, annotations_at_picks
from tf_dictsum.report.report import Report, SystemResult
from tf_dictsum.shots.shots import Shots

__all__ = ["UserTable", "user_tables"]

People = tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class UserTable:
    """A system's last epoch on one video against each person.

    Attributes:
      key: of the video.
      split: number of the split that tests it; None without splits.
      precision, recall, f: percent, one per user summary; empty without user summaries.
      kendall_tau, spearman_rho: one per annotator; empty without annotations.
    """

    key: str
    split: int | None
    precision: People = ()
    recall: People = ()
    f: People = ()
    kendall_tau: People = ()
    spearman_rho: People = ()

    def to_json(self) -> dict[str, list[float]]:
        """Measure -> one number per person, of those that there are."""
        lists = {
            "precision": self.precision,
            "recall": self.recall,
            "f": self.f,
            "kendall_tau": self.kendall_tau,
            "spearman_rho": self.spearman_rho,
        }
        return {name: list(people) for name, people in lists.items() if people}


def user_tables(report: Report, system: SystemResult) -> list[UserTable]:
    """The tables of every fold's videos."""
    tables = []
    for fold, results in zip(report.folds, system.epochs[-1].folds, strict=True):
        for key, result in results.items():
            table = UserTable(key, fold.number)
            video = report.dataset.videos[key]
            if video.user_summary is not None and "f" in report.settings.protocols:
                shots = Shots(video, report.settings.budget_ratio)
                chosen = np.zeros((1, len(shots)), bool)
                chosen[0, list(result.selected_shots)] = True
                precision, recall, f = map(_row, UserAgreement(video, shots).table(chosen))
                table = dataclasses.replace(table, precision=precision, recall=recall, f=f)
            if annotations_at_picks(video) is not None and "rank" in report.settings.protocols:
                scores = np.asarray(system.scores(fold.number, key))[None]
                tau, rho = map(_row, AnnotatorCorrelation(video).table(scores))
                table = dataclasses.replace(table, kendall_tau=tau, spearman_rho=rho)
            tables.append(table)
    return tables


def _row(table: np.ndarray) -> People:
    return tuple(table[0].tolist())
