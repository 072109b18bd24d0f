"""A report as one long table for spreadsheets and data frames."""

import csv
import io

from tf_dictsum.report.report import Report
from tf_dictsum.util.text import cell

__all__ = ["as_csv"]


def as_csv(report: Report) -> str:
    """One line per system, epoch, split and video, and one per baseline and video.

    Columns: row ("system" or "baseline"), name, epoch, split, video, then the measures (of a
    baseline: means over draws); empty cells where unknown.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["row", "name", "epoch", "split", "video", *report.names])
    for system in report.systems:
        for epoch in system.epochs:
            for fold, results in zip(report.folds, epoch.folds, strict=True):
                for key, result in results.items():
                    values = result.numbers()
                    place = ["system", cell(system.name), epoch.epoch, fold.number, cell(key)]
                    writer.writerow([*place, *(values[name] for name in report.names)])
    for row, baseline in report.baselines.items():
        for key, measures in baseline.videos.items():
            place = ["baseline", row, None, None, cell(key)]
            writer.writerow([*place, *(measures.get(name) for name in report.names)])
    return out.getvalue()
