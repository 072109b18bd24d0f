"""The headline measure of every epoch over what chance and people reach."""

import numpy as np
from matplotlib.figure import Figure

from tf_dictsum.report.measures import LABELS
from tf_dictsum.report.report import Report
from tf_dictsum.report.style import GREY, cycle, new_figure

__all__ = ["epochs_figure"]


def epochs_figure(report: Report) -> Figure:
    """The headline measure of every epoch, over the band of random scores (95 % of draws)."""
    figure, axes = new_figure(9.5, 4.5)
    name = report.headline
    several = [system for system in report.systems if len(system.epochs) > 1]
    for system, color in zip(several, cycle(len(several)), strict=True):
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
            color=GREY,
            alpha=0.2,
            linewidth=0,
            label="random scores, mean ± 1.96 sd",
        )
        axes.axhline(mean, color=GREY, linewidth=1)
    lines = (
        ("constant", ":", "constant score"),
        ("human", "--", "human, leave one out"),
        ("best_of_random", "-.", f"random, best of {report.best_of}"),
    )
    for row, style, label in lines:
        if row in report.baselines and (value := report.baselines[row].mean.get(name)) is not None:
            axes.axhline(value, color=GREY, linestyle=style, linewidth=1.2, label=label)
    axes.set_xlabel("epoch")
    axes.set_ylabel(f"{LABELS[name].short}, test videos")
    axes.set_title(
        f"{report.dataset.name}: {LABELS[name].short} per epoch", fontsize=11, parse_math=False
    )
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.tight_layout()
    return figure
