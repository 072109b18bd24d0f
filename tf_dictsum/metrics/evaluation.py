"""The field's measures for the scores of one video and of a dataset."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.errors import UserError
from tf_dictsum.metrics.fscore import f_average, f_max, pairwise_f_scores
from tf_dictsum.metrics.rank import rank_correlations
from tf_dictsum.metrics.representation import representation_errors
from tf_dictsum.shots.selection import RATIO, Rule, select_shots

__all__ = [
    "COUNTS",
    "METRICS",
    "Evaluation",
    "VideoResult",
    "average",
    "evaluate_dataset",
    "evaluate_many",
    "evaluate_video",
    "headline_metric",
    "video_groups",
]

COUNTS = ("selected_steps", "selected_shots")
METRICS = ("f_max", "f_avg", "precision", "recall", "kendall_tau", "spearman_rho", "representation_error")


@dataclasses.dataclass(frozen=True)
class VideoResult:
    """What the scores of one video are worth. A measure that cannot be computed is None.

    Attributes:
      f_max: best F over users, percent; None without user summaries, as the next three.
      f_avg: mean F over users, percent.
      precision: mean over users, percent.
      recall: mean over users, percent.
      kendall_tau: mean τ_b over annotators (see `metrics.rank`); None without annotations.
      spearman_rho: mean ρ over annotators; None without annotations.
      representation_error: see `metrics.representation`; None without features or when no sampled frame is selected.
      selected_shots: indices of the chosen shots.
      summary_frames: number of frames in the summary.
      selected_steps: number of sampled frames in the summary.
      undefined: annotators whose rank correlation is undefined and counts as 0.
    """

    f_max: float | None = None
    f_avg: float | None = None
    precision: float | None = None
    recall: float | None = None
    kendall_tau: float | None = None
    spearman_rho: float | None = None
    representation_error: float | None = None
    selected_shots: tuple[int, ...] = ()
    summary_frames: int = 0
    selected_steps: int = 0
    undefined: int = 0

    def metrics(self) -> dict[str, float | None]:
        """The measures by name, in the order of `METRICS`, then how many sampled frames and shots were selected (`COUNTS`)."""
        counts = (float(self.selected_steps), float(len(self.selected_shots)))
        return {name: getattr(self, name) for name in METRICS} | dict(zip(COUNTS, counts, strict=True))


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Results of a dataset.

    Attributes:
      videos: key -> result, in the dataset's order.
      mean: measure -> mean over the videos of each group, then over the groups; None where no video has it.
      groups: the videos averaged together: one group of all, or the test videos of every split.
    """

    videos: dict[str, VideoResult]
    mean: dict[str, float | None]
    groups: tuple[tuple[str, ...], ...]


def evaluate_video(scores: ArrayLike, video: Video, rule: Rule = "knapsack", *, ratio: float = RATIO) -> VideoResult:
    """Selects a summary by `scores` [n_steps] and measures it.

    Args:
      scores: one finite score per pick.
      video: needs change points; annotations and features are used where present.
      rule: how shots are selected, see `select_shots`.
      ratio: part of the video that the summary may fill.

    Raises:
      UserError: as `select_shots` and `f_scores`, naming the video.
    """
    return evaluate_many(np.asarray(scores, np.float64)[None], video, rule, ratio=ratio)[0]


def evaluate_many(scores: ArrayLike, video: Video, rule: Rule = "knapsack", *, ratio: float = RATIO) -> list[VideoResult]:
    """As `evaluate_video` for every row of `scores` [m, n_steps], m >= 1, sharing the work on annotations and features."""
    rows = np.asarray(scores, np.float64)
    summaries = [select_shots(row, video, ratio=ratio, rule=rule) for row in rows]
    frames = np.stack([summary.frames for summary in summaries])
    steps = frames[:, video.picks]
    columns: dict[str, Iterable[float]] = {}
    if video.user_summary is not None and len(video.user_summary):
        try:
            precision, recall, f = pairwise_f_scores(frames, video.user_summary)
        except UserError as error:
            raise UserError(f"{video.key}: {error}") from None
        columns |= {"f_max": map(f_max, f), "f_avg": map(f_average, f), "precision": precision.mean(axis=1), "recall": recall.mean(axis=1)}
    correlations = rank_correlations(rows, video)
    if correlations is not None:
        columns |= {name: [getattr(c, name) for c in correlations] for name in ("kendall_tau", "spearman_rho", "undefined")}
    if video.features is not None:
        columns["representation_error"] = representation_errors(video.features, steps)
    measures: list[dict[str, Any]] = [{} for _ in rows]
    for name, column in columns.items():
        for measure, value in zip(measures, column, strict=True):
            measure[name] = value if name == "undefined" else None if math.isnan(value) else float(value)
    return [
        VideoResult(**measure, selected_shots=s.selected_shots, summary_frames=int(s.frames.sum()), selected_steps=int(step.sum()))
        for measure, s, step in zip(measures, summaries, steps, strict=True)
    ]


def evaluate_dataset(
    scores: Mapping[str, ArrayLike],
    dataset: Dataset,
    keys: Iterable[str] | None = None,
    *,
    splits: Sequence[Split] | None = None,
    rule: Rule = "knapsack",
    ratio: float = RATIO,
) -> Evaluation:
    """Evaluates the scores of many videos.

    Args:
      scores: key -> [n_steps] scores.
      dataset: the videos.
      keys: videos to evaluate; None takes all, or all that some split tests.
      splits: averages over each split's test videos (those among `keys`) first, then over the splits.
      rule: how shots are selected.
      ratio: part of a video that its summary may fill.

    Raises:
      UserError: as `evaluate_video`; a video without scores; no video to evaluate.
    """
    groups = video_groups(dataset, keys, splits)
    wanted = {key for group in groups for key in group}
    missing = [key for key in dataset.videos if key in wanted and key not in scores]
    if missing:
        raise UserError(f"{dataset.source}: no scores for {', '.join(missing)}; score these videos or leave them out.")
    videos = {key: evaluate_video(scores[key], video, rule, ratio=ratio) for key, video in dataset.videos.items() if key in wanted}
    return Evaluation(videos, average({key: result.metrics() for key, result in videos.items()}, groups), groups)


def video_groups(dataset: Dataset, keys: Iterable[str] | None, splits: Sequence[Split] | None) -> tuple[tuple[str, ...], ...]:
    """The keys that are averaged together: all, or those of `keys` that each split tests.

    Raises:
      UserError: a key that the dataset does not have, or nothing left to evaluate.
    """
    chosen = list(dataset.videos) if keys is None else list(keys)
    unknown = [key for key in chosen if key not in dataset.videos]
    if unknown:
        raise UserError(f"{dataset.source}: no video named {', '.join(unknown)}; it has {', '.join(dataset.videos)}.")
    tests = [tuple(chosen)] if splits is None else [tuple(key for key in split.test_keys if key in chosen) for split in splits]
    groups = tuple(group for group in tests if group)
    if not groups:
        raise UserError(f"{dataset.source}: no video left to evaluate; give scores of videos that the dataset and the splits have.")
    return groups


def average(videos: Mapping[str, Mapping[str, float | None]], groups: Iterable[Iterable[str]]) -> dict[str, float | None]:
    """Mean of every measure over the videos of each group, then over the groups; what is None is left out."""

    def mean(values: Iterable[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if known else None

    groups = [list(group) for group in groups]
    return {name: mean(mean(videos[key].get(name) for key in group) for group in groups) for name in (*METRICS, *COUNTS)}


def headline_metric(dataset: Dataset) -> Literal["f_max", "f_avg"]:
    """The F that the field prints for a dataset: the mean over users for TVSum, the best user for SumMe and all else."""
    return "f_avg" if "tvsum" in dataset.name.lower() else "f_max"
