"""The field's measures for the scores of one video and of a dataset."""

import dataclasses
import math
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.metrics.protocols import BASIC, PROTOCOLS
from tf_dictsum.shots.selection import check_scores
from tf_dictsum.shots.shots import RATIO, Rule, Shots
from tf_dictsum.util.errors import UserError

__all__ = [
    "COUNTS",
    "METRICS",
    "Evaluation",
    "VideoMeasures",
    "VideoResult",
    "average",
    "evaluate_dataset",
    "evaluate_many",
    "evaluate_video",
    "headline_metric",
    "video_groups",
]

COUNTS = ("selected_steps", "selected_shots")
METRICS = (
    "f_max",
    "f_avg",
    "precision",
    "recall",
    "kendall_tau",
    "spearman_rho",
    "representation_error",
)


@dataclasses.dataclass(frozen=True)
class VideoResult:
    """What the scores of one video are worth. A measure that cannot be computed, or was not asked for, is None.

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
      f_single, tau_summe_b, rho_summe_b, tau_summe_c, rho_summe_c, reconstruction_residual, dispersion: see `PROTOCOLS`.
      summary_percent: part of the video's frames in the summary.
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
    f_single: float | None = None
    tau_summe_b: float | None = None
    rho_summe_b: float | None = None
    tau_summe_c: float | None = None
    rho_summe_c: float | None = None
    reconstruction_residual: float | None = None
    dispersion: float | None = None
    summary_percent: float = 0.0

    def metrics(self) -> dict[str, float | None]:
        """The measures by name, in the order of `METRICS`, then how many sampled frames and shots were selected (`COUNTS`)."""
        counts = (float(self.selected_steps), float(len(self.selected_shots)))
        return {name: getattr(self, name) for name in METRICS} | dict(
            zip(COUNTS, counts, strict=True)
        )


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


class VideoMeasures:
    """One video, ready to measure many score vectors: what depends on shots and annotations only is computed once.

    Attributes:
      video: the video.
      shots: its shots and budget.
    """

    def __init__(
        self,
        video: Video,
        rule: Rule = "knapsack",
        *,
        ratio: float = RATIO,
        protocols: Iterable[str] = BASIC,
    ) -> None:
        """Args:
          video: needs change points; annotations and features are used where present.
          rule: how shots are selected, see `select_shots`.
          ratio: part of the video that the summary may fill.
          protocols: names of `PROTOCOLS`; those that the video cannot serve are left out.

        Raises:
          UserError: as `Shots`; a user summary of another length.
        """
        self.video, self.shots, self._rule = video, Shots(video, ratio), rule
        prepared = {name: PROTOCOLS[name].prepare(video, self.shots) for name in protocols}
        self._parts = {name: part for name, part in prepared.items() if part is not None}

    def choose(self, rows: np.ndarray) -> np.ndarray:
        """Chosen shots, bool [m, n_shots], of scores [m, n_steps]. Raises UserError as `check_scores`."""
        return self.shots.choose(self.shots.means(check_scores(rows, self.video)), self._rule)

    def choose_by_means(self, means: np.ndarray) -> np.ndarray:
        """Chosen shots, bool [m, n_shots], of mean scores of shots [m, n_shots]."""
        return self.shots.choose(means, self._rule)

    def measure(
        self, rows: np.ndarray, chosen: np.ndarray, without: Container[str] = ()
    ) -> dict[str, np.ndarray]:
        """Every measure as [m], nan where undefined, then `undefined` (where ranked), `COUNTS` and `summary_percent`.

        Args:
          rows: float64 [m, n_steps], what is ranked against the annotators.
          chosen: bool [m, n_shots], the summaries.
          without: names of protocols to leave out.
        """
        columns: dict[str, np.ndarray] = {}
        for name, part in self._parts.items():
            if name not in without:
                columns |= part(rows, chosen)
        counts = (chosen @ self.shots.steps, chosen.sum(axis=1))
        columns |= dict(zip(COUNTS, counts, strict=True))
        return columns | {
            "summary_percent": 100 * (chosen @ self.shots.lengths) / self.video.n_frames
        }

    def results(self, rows: np.ndarray, chosen: np.ndarray) -> list[VideoResult]:
        """As `measure`, one `VideoResult` per row."""
        columns: dict[str, list[Any]] = {
            name: column.tolist() for name, column in self.measure(rows, chosen).items()
        }
        for name in COUNTS:
            del columns[name]
        undefined = columns.pop("undefined", [0] * len(rows))
        steps, frames = (chosen @ self.shots.steps).tolist(), (chosen @ self.shots.lengths).tolist()
        values: list[dict[str, Any]] = [
            {name: None if math.isnan(c[i]) else c[i] for name, c in columns.items()}
            for i in range(len(rows))
        ]
        return [
            VideoResult(
                **values[i],
                selected_shots=tuple(np.flatnonzero(shots).tolist()),
                summary_frames=frames[i],
                selected_steps=steps[i],
                undefined=undefined[i],
            )
            for i, shots in enumerate(chosen)
        ]


def evaluate_video(
    scores: ArrayLike,
    video: Video,
    rule: Rule = "knapsack",
    *,
    ratio: float = RATIO,
    protocols: Iterable[str] = BASIC,
) -> VideoResult:
    """Selects a summary by `scores` [n_steps] and measures it.

    Args:
      scores: one finite score per pick.
      video: needs change points; annotations and features are used where present.
      rule: how shots are selected, see `select_shots`.
      ratio: part of the video that the summary may fill.
      protocols: names of `PROTOCOLS`.

    Raises:
      UserError: as `select_shots`; a user summary of another length; names the video.
    """
    return evaluate_many(
        np.asarray(scores, np.float64)[None], video, rule, ratio=ratio, protocols=protocols
    )[0]


def evaluate_many(
    scores: ArrayLike,
    video: Video,
    rule: Rule = "knapsack",
    *,
    ratio: float = RATIO,
    protocols: Iterable[str] = BASIC,
) -> list[VideoResult]:
    """As `evaluate_video` for every row of `scores` [m, n_steps], sharing the work on shots, annotations and features."""
    rows = np.asarray(scores, np.float64)
    check_scores(rows, video)
    measures = VideoMeasures(video, rule, ratio=ratio, protocols=protocols)
    return measures.results(rows, measures.choose(rows))


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
        raise UserError(
            f"{dataset.source}: no scores for {', '.join(missing)}; score these videos or leave them out."
        )
    videos = {
        key: evaluate_video(scores[key], video, rule, ratio=ratio)
        for key, video in dataset.videos.items()
        if key in wanted
    }
    return Evaluation(
        videos, average({key: result.metrics() for key, result in videos.items()}, groups), groups
    )


def video_groups(
    dataset: Dataset, keys: Iterable[str] | None, splits: Sequence[Split] | None
) -> tuple[tuple[str, ...], ...]:
    """The keys that are averaged together: all, or those of `keys` that each split tests.

    Raises:
      UserError: a key that the dataset does not have, or nothing left to evaluate.
    """
    chosen = list(dataset.videos) if keys is None else list(keys)
    unknown = [key for key in chosen if key not in dataset.videos]
    if unknown:
        raise UserError(
            f"{dataset.source}: no video named {', '.join(unknown)}; it has {', '.join(dataset.videos)}."
        )
    tests = (
        [tuple(chosen)]
        if splits is None
        else [tuple(key for key in split.test_keys if key in chosen) for split in splits]
    )
    groups = tuple(group for group in tests if group)
    if not groups:
        raise UserError(
            f"{dataset.source}: no video left to evaluate; give scores of videos that the dataset and the splits have."
        )
    return groups


def average(
    videos: Mapping[str, Mapping[str, float | None]],
    groups: Iterable[Iterable[str]],
    names: Iterable[str] = (*METRICS, *COUNTS),
) -> dict[str, float | None]:
    """Mean of every named measure over the videos of each group, then over the groups; what is None is left out."""

    def mean(values: Iterable[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if known else None

    groups = [list(group) for group in groups]
    return {
        name: mean(mean(videos[key].get(name) for key in group) for group in groups)
        for name in names
    }


def headline_metric(dataset: Dataset) -> Literal["f_max", "f_avg"]:
    """The F that the field prints for a dataset: the mean over users for TVSum, the best user for SumMe and all else."""
    return "f_avg" if "tvsum" in dataset.name.lower() else "f_max"
