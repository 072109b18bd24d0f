"""The scores of one video as a figure, from Python."""

from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from tf_dictsum.data.video import Video
from tf_dictsum.shots.selection import select_shots
from tf_dictsum.shots.shots import RATIO, Rule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_scores"]


def plot_scores(
    scores: ArrayLike,
    video: Video,
    *,
    ratio: float = RATIO,
    rule: Rule = "knapsack",
    title: str | None = None,
) -> "Figure":
    """Draws the scores of a video, what people said, and the shots that the scores choose.

    Args:
      scores: [n_steps], one finite score per pick of `video`.
      video: where it has change points, the chosen shots are drawn.
      ratio: part of the video that these may fill.
      rule: how they are chosen.
      title: above the plot; None: the video's name.

    Returns:
      A matplotlib Figure that pyplot does not know of.

    Raises:
      UserError: as `shots.selection.select_shots`.
      ValueError: the number of scores is not the number of picks.
    """
    from tf_dictsum.report.score_plot import score_figure  # matplotlib takes a second

    chosen = None
    if video.change_points is not None:
        chosen = select_shots(scores, video, ratio=ratio, rule=rule)
    return score_figure(scores, video, chosen, video.name if title is None else title)
