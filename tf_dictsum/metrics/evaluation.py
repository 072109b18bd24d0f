"""The field's measures for the scores of one video."""

import dataclasses
import math
from collections.abc import Container, Iterable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.metrics.protocols import BASIC, PROTOCOLS
from tf_dictsum.shots.selection import check_scores
from tf_dictsum.shots.shots import RATIO, Rule, Shots

__all__ = [
    "COUNTS",
    "METRICS",
    "VideoMeasures",
    "VideoResult",
    "evaluate_video",
    "headline_metric",
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
    """What the scores of one video are worth.

    A measure that cannot be computed, or was not asked for, is None.

    Attributes:
      f_max: best F over users, percent; None without user summaries, as the next three.
      f_avg: mean F over users, percent.
      precision: mean over users, percent.
      recall: mean over users, percent.
      kendall_tau: mean τ_b over annotators (see `metrics.rank`); None without annotations.
      spearman_rho: mean ρ over annotators; None without annotations.
      representation_error: see `metrics.representation`; None without features or when no sampled
        frame is selected.
      selected_shots: indices of the chosen shots.
      summary_frames: number of frames in the summary.
      selected_steps: number of sampled frames in the summary.
      undefined: annotators whose rank correlation is undefined and counts as 0.
      f_single, tau_summe_b, rho_summe_b, tau_summe_c, rho_summe_c, reconstruction_residual,
        dispersion: see `PROTOCOLS`.
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
        """The measures by name, in the order of `METRICS`, then `COUNTS`."""
        numbers = self.numbers()
        return {name: numbers[name] for name in (*METRICS, *COUNTS)}

    def numbers(self) -> dict[str, float | None]:
        """Everything by name; of the shots, how many were selected."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return values | {
            "selected_steps": float(self.selected_steps),
            "selected_shots": float(len(self.selected_shots)),
        }


class VideoMeasures:
    """One video, ready to measure many score vectors.

    What depends on shots and annotations only is computed once.

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
        """Chosen shots, bool [m, n_shots], of scores [m, n_steps]; raises as `check_scores`."""
        return self.shots.choose(self.shots.means(check_scores(rows, self.video)), self._rule)

    def choose_by_means(self, means: np.ndarray) -> np.ndarray:
        """Chosen shots, bool [m, n_shots], of mean scores of shots [m, n_shots]."""
        return self.shots.choose(means, self._rule)

    def measure(
        self, rows: np.ndarray, chosen: np.ndarray, without: Container[str] = ()
    ) -> dict[str, np.ndarray]:
        """Every measure as [m], nan where undefined.

        Then `undefined` (where ranked), `COUNTS` and `summary_percent`.

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
        columns = self.measure(rows, chosen)
        undefined = columns.pop("undefined", np.zeros(len(rows), np.int64)).tolist()
        steps, percent = (columns.pop(n).tolist() for n in ("selected_steps", "summary_percent"))
        del columns["selected_shots"]
        frames = (chosen @ self.shots.lengths).tolist()
        numbers = {name: column.tolist() for name, column in columns.items()}
        return [
            VideoResult(
                **{
                    n: None if math.isnan(values[i]) else values[i] for n, values in numbers.items()
                },
                selected_shots=tuple(np.flatnonzero(shots).tolist()),
                summary_frames=frames[i],
                selected_steps=steps[i],
                undefined=undefined[i],
                summary_percent=percent[i],
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
    rows = check_scores(np.asarray(scores, np.float64)[None], video)
    measures = VideoMeasures(video, rule, ratio=ratio, protocols=protocols)
    return measures.results(rows, measures.choose(rows))[0]


def headline_metric(dataset: Dataset) -> Literal["f_max", "f_avg"]:
    """The F that the field prints for a dataset.

    The mean over users for TVSum, the best user for SumMe and all else.
    """
    return "f_avg" if "tvsum" in dataset.name.lower() else "f_max"
