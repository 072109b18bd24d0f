"""Rank correlation with every annotator, of systems and of the other people."""

import numpy as np
from matplotlib.figure import Figure

from tf_dictsum.metrics.rank import annotations_at_picks, kendall_tau_b
from tf_dictsum.report.report import Report
from tf_dictsum.report.style import GREY, cycle, new_figure
from tf_dictsum.report.users import user_tables

__all__ = ["annotators_figure"]


def annotators_figure(report: Report) -> Figure:
    """A dot per annotator and video: a system's τ with them over the mean τ of other people."""
    figure, axes = new_figure(6.2, 6)
    human: dict[str, np.ndarray] = {}
    for key in report.videos:
        annotations = annotations_at_picks(report.dataset.videos[key])
        if annotations is not None and len(annotations) > 1:
            tau = kendall_tau_b(annotations, annotations)
            human[key] = (tau.sum(axis=1) - np.diag(tau)) / (len(tau) - 1)
    low, high = 0.0, 0.1
    for system, color in zip(report.systems, cycle(len(report.systems)), strict=True):
        pairs = [
            (human[table.key], np.array(table.kendall_tau))
            for table in user_tables(report, system)
            if table.kendall_tau and table.key in human
        ]
        if pairs:
            people, tau = (np.concatenate(part) for part in zip(*pairs, strict=True))
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
    axes.plot([low, high], [low, high], color=GREY, linewidth=1, label="as good as another person")
    axes.axhline(0, color=GREY, linewidth=1, linestyle=":", label="random scores")
    axes.set_xlabel("mean Kendall τ of the other people with this annotator")
    axes.set_ylabel("Kendall τ of the system with this annotator")
    axes.set_title(
        f"{report.dataset.name}: rank correlation per annotator", fontsize=11, parse_math=False
    )
    axes.legend(fontsize=8, frameon=False, loc="upper left")
    figure.tight_layout()
    return figure
