"""`-scores.png`: the scores over time, the chosen shots and the key frames."""

import os
import textwrap

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PIL import Image

from tf_dictsum.render.fonts import drawable
from tf_dictsum.render.image_files import write_image
from tf_dictsum.summary.summary import VideoSummary

__all__ = ["scores_figure", "write_scores_plot"]

_WIDTH, _HEIGHT, _DPI = 1200, 400, 100
_SCORE, _CHOSEN, _KEY = "#1f4e9c", "#8fcf9b", "#c0392b"
_NARROWEST = 0.02  # of the score axis: noise of a constant score must not look like a result
_TITLE, _TEXT = 60, 185  # characters that fit on a line


def write_scores_plot(path: str | os.PathLike[str], summary: VideoSummary) -> None:
    """Writes the picture. Raises UserError as `files.atomic_path` does."""
    write_image(path, Image.fromarray(scores_figure(summary)), "png", optimize=True)


def scores_figure(summary: VideoSummary) -> np.ndarray:
    """The picture, uint8 [400, 1200, 3]."""
    # The object API and this canvas only: pyplot keeps global state.
    figure = Figure(figsize=(_WIDTH / _DPI, _HEIGHT / _DPI), dpi=_DPI)
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for number, segment in enumerate(summary.segments):
        axes.axvspan(
            segment.start,
            segment.end,
            color=_CHOSEN,
            alpha=0.6,
            linewidth=0,
            label=None if number else "chosen shots",
        )
    starts = summary.shot_seconds[1:, 0]
    if len(starts):
        axes.vlines(
            starts,
            0,
            0.04,
            transform=axes.get_xaxis_transform(),
            color="#444444",
            linewidth=0.6,
            alpha=0.7,
            label="shot boundaries",
        )
    marker = "o" if len(summary.scores) == 1 else ""
    axes.plot(
        summary.pick_seconds,
        summary.scores,
        color=_SCORE,
        linewidth=1.5,
        marker=marker,
        markersize=4,
        label="score",
    )
    if summary.key_frames:
        seconds = [key.seconds for key in summary.key_frames]
        values = np.interp(seconds, summary.pick_seconds, summary.scores)
        axes.plot(
            seconds, values, linestyle="", marker="v", markersize=7, color=_KEY, label="key frames"
        )
    low, high = float(summary.scores.min()), float(summary.scores.max())
    lacking = max(_NARROWEST - (high - low), 0.0)
    margin = lacking / 2 + 0.08 * max(high - low, _NARROWEST)
    axes.set_ylim(low - margin, high + margin)
    axes.set_xlim(0, max(summary.duration, float(summary.pick_seconds[-1]), 1e-3))
    axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 1.5, 2, 3, 6, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _clock(value)))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_ylabel("score", fontsize=9)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.text(
        0.05,
        0.94,
        _cut(drawable(summary.name), _TITLE),
        fontsize=11,
        weight="bold",
        parse_math=False,
    )
    about = textwrap.wrap(drawable(summary.method_text), _TEXT, max_lines=2, placeholder=" …")
    figure.text(
        0.05,
        0.075,
        "\n".join(about),
        fontsize=8,
        color="#444444",
        parse_math=False,
        verticalalignment="top",
    )
    figure.legend(
        loc="upper right", bbox_to_anchor=(0.995, 1.0), ncols=4, fontsize=8, frameon=False
    )
    figure.subplots_adjust(left=0.05, right=0.985, top=0.9, bottom=0.17)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _clock(seconds: float) -> str:
    hours, rest = divmod(round(seconds * 10) / 10, 3600)
    minutes, left = divmod(rest, 60)
    tail = f"{left:04.1f}" if left % 1 else f"{left:02.0f}"
    return f"{hours:.0f}:{minutes:02.0f}:{tail}" if hours else f"{minutes:.0f}:{tail}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
