"""One number per user or annotator, before any maximum or mean hides them."""

import dataclasses

import numpy as np

from tf_dictsum.metrics.fscore import UserAgreement
from tf_dictsum.metrics.rank import AnnotatorCorrelation, annotations_at_picks
from tf_dictsum.report.report import Report, SystemResult
from tf_dictsum.shots.shots import Shots

__all__ = ["UserTable", "user_tables"]


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
    precision: tuple[float, ...] = ()
    recall: tuple[float, ...] = ()
    f: tuple[float, ...] = ()
    kendall_tau: tuple[float, ...] = ()
    spearman_rho: tuple[float, ...] = ()


def user_tables(report: Report, system: SystemResult) -> list[UserTable]:
    """The tables of every fold's videos."""
    tables = []
    for fold, results in zip(report.folds, system.epochs[-1].folds, strict=True):
        for key, result in results.items():
            video = report.dataset.videos[key]
            table: dict[str, tuple[float, ...]] = {}
            if video.user_summary is not None and "f" in report.settings.protocols:
                shots = Shots(video, report.settings.ratio)
                chosen = np.zeros((1, len(shots)), bool)
                chosen[0, list(result.selected_shots)] = True
                found = UserAgreement(video, shots).table(chosen)
                table |= {
                    name: tuple(row[0].tolist())
                    for name, row in zip(("precision", "recall", "f"), found, strict=True)
                }
            if annotations_at_picks(video) is not None and "rank" in report.settings.protocols:
                scores = system.scores(fold.number, key)
                tau, rho = AnnotatorCorrelation(video).table(np.asarray(scores)[None])
                table |= {
                    "kendall_tau": tuple(tau[0].tolist()),
                    "spearman_rho": tuple(rho[0].tolist()),
                }
            tables.append(UserTable(key, fold.number, **table))
    return tables
