"""A report as one long table for spreadsheets and data frames."""

import csv
import io

from tf_dictsum.report.report import Report, numbers

__all__ = ["as_csv"]


def as_csv(report: Report) -> str:
    """One line per system, epoch, split and video, and one per baseline and video (means over draws); empty cells where unknown.

    Columns: row ("system" or "baseline"), name, epoch, split, video, then the measures.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["row", "name", "epoch", "split", "video", *report.names])
    for system in report.systems:
        for epoch in system.epochs:
            for fold, results in zip(report.folds, epoch.folds, strict=True):
                for key, result in results.items():
                    values = numbers(result)
                    writer.writerow(
                        [
                            "system",
                            system.name,
                            epoch.epoch,
                            fold.number,
                            key,
                            *(values[name] for name in report.names),
                        ]
                    )
    for name, baseline in report.baselines.items():
        for key, values in baseline.videos.items():
            writer.writerow(
                [
                    "baseline",
                    name,
                    None,
                    None,
                    key,
                    *(values.get(measure) for measure in report.names),
                ]
            )
    return out.getvalue()
