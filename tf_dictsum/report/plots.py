"""Score curves of several systems over the people who annotated a video."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from tf_dictsum.data.video import Video
from tf_dictsum.metrics.rank import annotations_at_picks
from tf_dictsum.report.style import DPI, PEOPLE, cycle, open_frame

__all__ = ["compare_scores", "scores_of_videos"]


def compare_scores(video: Video, scores: Mapping[str, ArrayLike], *, title: str = "") -> Figure:
    """Draws the scores of several systems, and the people, over the frames of one video.

    Every curve is shifted and scaled to 0..1: shapes can be compared, heights not. People are the
    mean of the annotators and, where they gave importance scores, their quartiles.

    Args:
      video: its picks and, where present, annotations and change points.
      scores: name of a system -> [n_steps], one finite score per pick.
      title: at the left above the plot.

    Returns:
      A figure of 11 x 2.8 inches; matplotlib.pyplot does not know of it.

    Raises:
      ValueError: the number of scores is not the number of picks.
    """
    return scores_of_videos([(video, scores)], title or video.name or video.key, height=2.2)


def scores_of_videos(
    rows: Sequence[tuple[Video, Mapping[str, ArrayLike]]], title: str, height: float = 1.5
) -> Figure:
    """As `compare_scores` for several videos of the same systems, one above the other.

    Args:
      rows: videos and the scores of each.
      title: of the page.
      height: of a row, in inches.
    """
    figure = Figure(figsize=(11, height * len(rows) + 0.6), dpi=DPI)
    for number, (video, scores) in enumerate(rows):
        axes = figure.add_subplot(len(rows), 1, number + 1)
        _draw(axes, video, scores)
        if not number:
            axes.legend(
                fontsize=7, frameon=False, ncols=6, loc="lower right", bbox_to_anchor=(1.0, 1.0)
            )
    top = 1 - 0.15 / figure.get_figheight()
    figure.text(0.01, top, title, fontsize=9, va="center", parse_math=False)
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.1 / figure.get_figheight()))
    return figure


def _draw(axes: Axes, video: Video, scores: Mapping[str, ArrayLike]) -> None:
    _draw_people(axes, video)
    for (name, row), color in zip(scores.items(), cycle(len(scores)), strict=True):
        values = np.asarray(row, np.float64)
        if values.shape != (video.n_steps,):
            raise ValueError(
                f"{video.key}: {name}: scores of shape {values.shape} "
                f"for {video.n_steps} sampled frames"
            )
        axes.plot(video.picks, _stretched(values), color=color, linewidth=1.1, label=name)
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
    axes.set_ylabel(video.key, fontsize=8, parse_math=False)
    open_frame(axes)


def _draw_people(axes: Axes, video: Video) -> None:
    annotations = annotations_at_picks(video)
    if annotations is None:
        return
    people = np.asarray(annotations, np.float64)
    if video.user_scores is not None:
        people = (people - people.min()) / max(people.max() - people.min(), 1e-9)
        low, high = np.quantile(people, [0.25, 0.75], axis=0)
        axes.fill_between(
            video.picks, low, high, color=PEOPLE, alpha=0.2, linewidth=0, label="people, quartiles"
        )
    axes.plot(video.picks, people.mean(axis=0), color=PEOPLE, linewidth=1.0, label="people, mean")


def _stretched(values: np.ndarray) -> np.ndarray:
    spread = values.max() - values.min()
    return np.full(len(values), 0.5) if not spread > 0 else (values - values.min()) / spread
