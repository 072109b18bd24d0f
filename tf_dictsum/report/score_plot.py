"""The picture of one system's scores over one video."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from tf_dictsum.data.video import Video
from tf_dictsum.report.notebook_figure import NotebookFigure
from tf_dictsum.shots.selection import Summary

__all__ = ["figure_pixels", "score_figure", "score_image"]

_WIDTH, _HEIGHT, _DPI = 900, 280, 100
_SCORE, _HUMAN, _CHOSEN = "#1f4e9c", "#d9730d", "#8fcf9b"
_TITLE = 46  # characters beside the legend
_NARROWEST = 0.02
"""Of the score axis: the noise of a collapsed selector must not look like a result."""


def score_figure(
    scores: ArrayLike, video: Video, summary: Summary | None = None, title: str = ""
) -> Figure:
    """Draws the scores of a video over its frames, with human importance and the chosen shots.

    Human importance (`gtscore`) is shifted and scaled to the range of the scores: shapes can be
    compared, heights not.

    Args:
      scores: [n_steps], one finite score per pick of `video`.
      video: its picks and, where present, change points and gtscore.
      summary: the chosen shots; None draws none.
      title: one line above the plot; cut after 46 characters.

    Returns:
      A figure of 9 x 2.8 inches at 100 dots per inch; matplotlib.pyplot does not know of it.

    Raises:
      ValueError: the number of scores is not the number of picks.
    """
    values = np.asarray(scores, np.float64)
    if values.shape != (video.n_steps,):
        raise ValueError(
            f"{video.key}: scores of shape {values.shape} for {video.n_steps} sampled frames"
        )
    # The object API only: pyplot keeps global state and is not safe in a training loop.
    figure = NotebookFigure(figsize=(_WIDTH / _DPI, _HEIGHT / _DPI), dpi=_DPI)
    axes = figure.add_subplot()
    low, high = _limits(values)
    _draw_shots(axes, video, summary)
    if video.gtscore is not None:
        people = _rescaled(video.gtscore, low, high)
        axes.plot(
            video.picks, people, color=_HUMAN, linewidth=1.0, alpha=0.85, label="people (scaled)"
        )
    axes.plot(video.picks, values, color=_SCORE, linewidth=1.5, label="score")
    margin = 0.06 * (high - low)
    axes.set_xlim(0, max(video.n_frames - 1, 1))
    axes.set_ylim(low - margin, high + margin)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("frame", fontsize=9)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    title = title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"
    figure.text(0.065, 0.93, title, fontsize=10, weight="bold", parse_math=False)
    figure.legend(
        loc="upper right", bbox_to_anchor=(0.995, 1.0), ncols=4, fontsize=8, frameon=False
    )
    figure.subplots_adjust(left=0.065, right=0.985, top=0.88, bottom=0.16)
    return figure


def figure_pixels(figure: Figure) -> np.ndarray:
    """A figure as it looks on a white page: uint8 [height, width, 3]."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def score_image(
    scores: ArrayLike, video: Video, summary: Summary | None = None, title: str = ""
) -> np.ndarray:
    """As `score_figure`, rendered: uint8 [280, 900, 3]."""
    return figure_pixels(score_figure(scores, video, summary, title))


def _limits(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    lacking = max(_NARROWEST - (high - low), 0.0)
    return low - lacking / 2, high + lacking / 2


def _rescaled(values: np.ndarray, low: float, high: float) -> np.ndarray:
    values = np.asarray(values, np.float64)
    spread = values.max() - values.min()
    if not spread > 0:
        return np.full(len(values), (low + high) / 2)
    return low + (values - values.min()) / spread * (high - low)


def _draw_shots(axes: Axes, video: Video, summary: Summary | None) -> None:
    if video.change_points is None:
        return
    if summary is not None:
        for number, shot in enumerate(summary.selected_shots):
            first, last = (int(frame) for frame in video.change_points[shot])
            axes.axvspan(
                first,
                last + 1,
                color=_CHOSEN,
                alpha=0.55,
                linewidth=0,
                label=None if number else "chosen shots",
            )
    starts = video.change_points[1:, 0]
    # Along the bottom edge only: lines over the full height would bury the curves of a video of 100
    # shots.
    axes.vlines(
        starts,
        0,
        0.05,
        transform=axes.get_xaxis_transform(),
        color="#444444",
        linewidth=0.6,
        alpha=0.6,
        label="shot boundaries",
    )
