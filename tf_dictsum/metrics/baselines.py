"""The rows every result must be read against: random scores, a constant score, and people."""

import dataclasses
import zlib
from collections.abc import Iterable, Sequence

import numpy as np

from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.metrics.evaluation import COUNTS, METRICS, average, evaluate_dataset, evaluate_many, video_groups
from tf_dictsum.metrics.fscore import pairwise_f_scores
from tf_dictsum.metrics.rank import annotations_at_picks, kendall_tau_b, spearman_rho
from tf_dictsum.shots.selection import RATIO, Rule

__all__ = ["Baseline", "constant_baseline", "human_baseline", "random_baseline"]


@dataclasses.dataclass(frozen=True)
class Baseline:
    """One row of a table, averaged over the same videos and splits as the method's.

    Attributes:
      mean: measure -> mean; None where it cannot be computed. Units as in `VideoResult`.
      sd: measure -> sample standard deviation of that mean over the draws; None for rows without chance.
      draws: number of draws; 0 for rows without chance.
    """

    mean: dict[str, float | None]
    sd: dict[str, float | None] | None = None
    draws: int = 0


def random_baseline(
    dataset: Dataset,
    keys: Iterable[str] | None = None,
    *,
    splits: Sequence[Split] | None = None,
    draws: int = 20,
    seed: int = 0,
    rule: Rule = "knapsack",
    ratio: float = RATIO,
) -> Baseline:
    """Independent uniform scores for every pick, `draws` times.

    A video's draws depend on `seed` and its key only, not on which other videos are evaluated.

    Raises:
      ValueError: draws < 1.
      UserError: as `evaluate_dataset`.
    """
    if draws < 1:
        raise ValueError(f"draws must be at least 1, not {draws}")
    groups = video_groups(dataset, keys, splits)
    wanted = {key for group in groups for key in group}
    videos = {key: _random_video(dataset.videos[key], draws, seed, rule, ratio) for key in wanted}
    rows = [average({key: results[draw] for key, results in videos.items()}, groups) for draw in range(draws)]
    mean: dict[str, float | None] = {}
    sd: dict[str, float | None] = {}
    for name in (*METRICS, *COUNTS):
        values = [value for row in rows if (value := row[name]) is not None]
        mean[name] = float(np.mean(values)) if values else None
        sd[name] = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return Baseline(mean, sd, draws)


def constant_baseline(
    dataset: Dataset,
    keys: Iterable[str] | None = None,
    *,
    splits: Sequence[Split] | None = None,
    rule: Rule = "knapsack",
    ratio: float = RATIO,
) -> Baseline:
    """The same positive score everywhere: what the shot lengths and the selection rule give by themselves.

    Its rank correlations are undefined and count as 0. Raises UserError as `evaluate_dataset`.
    """
    scores = {key: np.ones(video.n_steps) for key, video in dataset.videos.items()}
    return Baseline(evaluate_dataset(scores, dataset, keys, splits=splits, rule=rule, ratio=ratio).mean)


def human_baseline(dataset: Dataset, keys: Iterable[str] | None = None, *, splits: Sequence[Split] | None = None) -> Baseline | None:
    """Each user against all the others, averaged over users (leave one out).

    F and its parts come from `user_summary`, rank correlations from the annotations that scores are ranked
    against. Videos with fewer than two users are left out; None when none is left. The representation error is
    None: people's summaries do not keep to one budget.
    """
    groups = video_groups(dataset, keys, splits)
    wanted = {key for group in groups for key in group}
    mean = average({key: _human_video(dataset.videos[key]) for key in wanted}, groups)
    return Baseline(mean) if any(value is not None for value in mean.values()) else None


def _random_video(video: Video, draws: int, seed: int, rule: Rule, ratio: float) -> list[dict[str, float | None]]:
    scores = np.random.default_rng([seed, zlib.crc32(video.key.encode())]).random((draws, video.n_steps))
    return [result.metrics() for result in evaluate_many(scores, video, rule, ratio=ratio)]


def _human_video(video: Video) -> dict[str, float | None]:
    measures: dict[str, float | None] = {}
    if video.user_summary is not None and len(video.user_summary) > 1:
        precision, recall, f = (_others(x) for x in pairwise_f_scores(video.user_summary, video.user_summary))
        measures = {"f_max": float(f.max(axis=1).mean()), "f_avg": float(f.mean())}
        measures |= {"precision": float(precision.mean()), "recall": float(recall.mean())}
    annotations = annotations_at_picks(video)
    if annotations is not None and len(annotations) > 1:
        measures["kendall_tau"] = float(_others(kendall_tau_b(annotations, annotations)).mean())
        measures["spearman_rho"] = float(_others(spearman_rho(annotations, annotations)).mean())
    return measures


def _others(square: np.ndarray) -> np.ndarray:
    """[users, users] without its diagonal: [users, users - 1]."""
    return square[~np.eye(len(square), dtype=bool)].reshape(len(square), -1)
