"""The pictures of a report as files."""

import os
import pathlib
from collections.abc import Sequence

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tf_dictsum.metrics.rank import annotations_at_picks
from tf_dictsum.report.annotators_plot import annotators_figure
from tf_dictsum.report.epochs_plot import epochs_figure
from tf_dictsum.report.plots import scores_of_videos
from tf_dictsum.report.report import Report
from tf_dictsum.util.files import atomic_path

__all__ = ["write_plots"]

_ROWS = 8  # videos on a page of curves


def write_plots(report: Report, folder: str | os.PathLike[str]) -> list[pathlib.Path]:
    """Writes the pictures that the report has numbers for.

    Returns:
      Their paths: epochs.png (only with several epochs), annotators.png (only with annotations),
        curves-01.png, ...

    Raises:
      UserError: the file system refused.
    """
    figures: list[tuple[str, Figure]] = []
    if any(len(system.epochs) > 1 for system in report.systems):
        figures.append(("epochs.png", epochs_figure(report)))
    if report.systems and any(
        annotations_at_picks(report.dataset.videos[key]) is not None for key in report.videos
    ):
        figures.append(("annotators.png", annotators_figure(report)))
    pages = (
        [report.videos[i : i + _ROWS] for i in range(0, len(report.videos), _ROWS)]
        if report.systems
        else []
    )
    figures += [
        (f"curves-{number:02d}.png", curves_figure(report, keys))
        for number, keys in enumerate(pages, start=1)
    ]
    paths = []
    for name, figure in figures:
        path = pathlib.Path(folder, name)
        with atomic_path(path) as partial:
            FigureCanvasAgg(figure).print_png(str(partial))
        paths.append(path)
    return paths


def curves_figure(report: Report, keys: Sequence[str]) -> Figure:
    """Scores of the last epoch and people over time, of some videos."""
    rows = []
    for key in keys:
        split = next(fold.number for fold in report.folds if key in fold.keys)
        scores = {system.name: system.scores(split, key) for system in report.systems}
        rows.append((report.dataset.videos[key], scores))
    title = f"{report.dataset.name}: scores (stretched) and people; ticks: shot boundaries"
    return scores_of_videos(rows, title)
