"""Pictures of a report: F per epoch, rank correlation per annotator, score curves against people."""

import os
import pathlib
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tf_dictsum.data.video import Video
from tf_dictsum.metrics.rank import annotations_at_picks, kendall_tau_b
from tf_dictsum.report.report import Report
from tf_dictsum.report.rows import HEADINGS
from tf_dictsum.report.users import user_tables
from tf_dictsum.util.files import atomic_path

__all__ = ["annotators_figure", "curves_figure", "epochs_figure", "write_plots"]

_DPI = 110
_COLORS = ("#1f4e9c", "#b5179e", "#2a9d4a", "#d9730d", "#6a4c93", "#008b8b")
_GREY = "#777777"
_ROWS = 8  # videos on a page of curves


def write_plots(report: Report, folder: str | os.PathLike[str]) -> list[pathlib.Path]:
    """Writes the pictures that the report has numbers for.

    Returns:
      Their paths: epochs.png (only with several epochs), annotators.png (only with annotations), curves-01.png, ...

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


def epochs_figure(report: Report) -> Figure:
    """The headline measure of every epoch, over the band of random scores (95 % of draws) and what peeking gives to noise."""
    figure, axes = _figure(9.5, 4.5)
    name = report.headline
    shown = [system for system in report.systems if len(system.epochs) > 1]
    for system, color in zip(shown, _cycle(len(shown)), strict=True):
        values = [np.nan if (v := epoch.mean[name]) is None else v for epoch in system.epochs]
        axes.plot(
            [epoch.epoch or 0 for epoch in system.epochs],
            values,
            color=color,
            linewidth=1.6,
            label=system.name,
        )
    random = report.baselines.get("random")
    if random is not None and random.sd is not None and (mean := random.mean.get(name)) is not None:
        sd = random.sd[name] or 0.0
        axes.axhspan(
            mean - 1.96 * sd,
            mean + 1.96 * sd,
            color=_GREY,
            alpha=0.2,
            linewidth=0,
            label="random scores, mean ± 1.96 sd",
        )
        axes.axhline(mean, color=_GREY, linewidth=1)
    lines = (
        ("constant", ":", "constant score"),
        ("human", "--", "human, leave one out"),
        ("best_of_random", "-.", f"random, best of {report.best_of}"),
    )
    for row, style, label in lines:
        if row in report.baselines and (value := report.baselines[row].mean.get(name)) is not None:
            axes.axhline(value, color=_GREY, linestyle=style, linewidth=1.2, label=label)
    axes.set_xlabel("epoch")
    axes.set_ylabel(f"{HEADINGS[name][0]}, test videos")
    axes.set_title(
        f"{report.dataset.name}: {HEADINGS[name][0]} per epoch", fontsize=11, parse_math=False
    )
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.tight_layout()
    return figure


def annotators_figure(report: Report) -> Figure:
    """Each dot is an annotator of a video: a system's Kendall τ with them, over the mean τ that other people reach with them."""
    figure, axes = _figure(6.2, 6)
    human: dict[str, np.ndarray] = {}
    for key in report.videos:
        annotations = annotations_at_picks(report.dataset.videos[key])
        if annotations is not None and len(annotations) > 1:
            tau = kendall_tau_b(annotations, annotations)
            human[key] = (tau.sum(axis=1) - np.diag(tau)) / (len(tau) - 1)
    low, high = 0.0, 0.1
    for system, color in zip(report.systems, _cycle(len(report.systems)), strict=True):
        found = [
            (human[table.key], np.array(table.kendall_tau))
            for table in user_tables(report, system)
            if table.kendall_tau and table.key in human
        ]
        if found:
            people, tau = (np.concatenate(part) for part in zip(*found, strict=True))
            axes.scatter(
                people,
                tau,
                s=9,
                color=color,
                alpha=0.45,
                linewidths=0,
                label=f"{system.name} (mean {tau.mean():+.3f}, people {people.mean():.3f})",
            )
            low, high = min(low, people.min()), max(high, people.max())
    axes.plot([low, high], [low, high], color=_GREY, linewidth=1, label="as good as another person")
    axes.axhline(0, color=_GREY, linewidth=1, linestyle=":", label="random scores")
    axes.set_xlabel("mean Kendall τ of the other people with this annotator")
    axes.set_ylabel("Kendall τ of the system with this annotator")
    axes.set_title(
        f"{report.dataset.name}: rank correlation per annotator", fontsize=11, parse_math=False
    )
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    figure.tight_layout()
    return figure


def curves_figure(report: Report, keys: Sequence[str]) -> Figure:
    """Scores of the last epoch over time, each stretched to 0..1, over the mean and the quartiles of the annotators (0..1)."""
    figure = Figure(figsize=(11, 1.5 * len(keys) + 0.6), dpi=_DPI)
    for number, key in enumerate(keys):
        axes = figure.add_subplot(len(keys), 1, number + 1)
        video = report.dataset.videos[key]
        _draw_people(axes, video)
        for system, color in zip(report.systems, _cycle(len(report.systems)), strict=True):
            split = next(fold.number for fold in report.folds if key in fold.keys)
            axes.plot(
                video.picks,
                _stretched(system.scores(split, key)),
                color=color,
                linewidth=1.1,
                label=system.name,
            )
        if video.change_points is not None:
            axes.vlines(
                video.change_points[1:, 0],
                0,
                0.08,
                transform=axes.get_xaxis_transform(),
                color="#444444",
                linewidth=0.6,
            )
        axes.set_xlim(0, max(video.n_frames - 1, 1))
        axes.set_ylim(-0.05, 1.05)
        axes.set_yticks([0, 1])
        axes.tick_params(labelsize=7)
        axes.set_ylabel(key, fontsize=8, parse_math=False)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        if not number:
            axes.legend(
                fontsize=7, frameon=False, ncols=6, loc="lower right", bbox_to_anchor=(1.0, 1.0)
            )
    figure.text(
        0.01,
        0.995,
        f"{report.dataset.name}: scores (stretched) and people; ticks: shot boundaries",
        fontsize=9,
        va="top",
        parse_math=False,
    )
    figure.tight_layout(rect=(0, 0, 1, 0.985))
    return figure


def _draw_people(axes: Axes, video: Video) -> None:
    annotations = annotations_at_picks(video)
    if annotations is None:
        return
    people = np.asarray(annotations, np.float64)
    if video.user_scores is not None:
        people = (people - people.min()) / max(people.max() - people.min(), 1e-9)
        low, high = np.quantile(people, [0.25, 0.75], axis=0)
        axes.fill_between(
            video.picks,
            low,
            high,
            color=_COLORS[3],
            alpha=0.2,
            linewidth=0,
            label="people, quartiles",
        )
    axes.plot(
        video.picks, people.mean(axis=0), color=_COLORS[3], linewidth=1.0, label="people, mean"
    )


def _stretched(values: np.ndarray) -> np.ndarray:
    spread = values.max() - values.min()
    return np.full(len(values), 0.5) if not spread > 0 else (values - values.min()) / spread


def _figure(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), dpi=_DPI)
    axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _cycle(count: int) -> list[str]:
    colors = [color for color in _COLORS if color != _COLORS[3]]  # people's
    return [colors[i % len(colors)] for i in range(count)]
