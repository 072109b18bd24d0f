"""What every baseline gets on one video: the one list that all tables take their rows from."""

import dataclasses
from collections.abc import Callable

import numpy as np

from tf_dictsum.baselines.greedy import greedy_shots
from tf_dictsum.baselines.human import human_measures
from tf_dictsum.baselines.keyframes import cluster_medoids, shares_of_shots, uniform_keyframes
from tf_dictsum.baselines.positions import beginning, ending, middle
from tf_dictsum.baselines.random_scores import Grain, random_measures
from tf_dictsum.baselines.settings import EvaluationSettings
from tf_dictsum.baselines.table import Baseline, Columns
from tf_dictsum.metrics.evaluation import VideoMeasures

__all__ = ["BASELINES", "NOTES", "BaselineKind", "baseline_columns", "baseline_title"]

Measurement = Callable[[VideoMeasures, EvaluationSettings], Columns | None]


@dataclasses.dataclass(frozen=True)
class BaselineKind:
    """A row that every table has.

    Attributes:
      title: what it is called in a table.
      note: what it is, for readers of a table.
      measure: a video's measures, or None where the video lacks what the row needs.
    """

    title: str
    note: str
    measure: Measurement


def _random(grain: Grain) -> Measurement:
    def measure(measures: VideoMeasures, settings: EvaluationSettings) -> Columns | None:
        draws = settings.random_draws
        return random_measures(measures, draws, settings.seed, grain) if draws else None

    return measure


def _by_scores(scores_of: Callable[[int], np.ndarray]) -> Measurement:
    """Of scores that depend on the number of steps only."""

    def measure(measures: VideoMeasures, settings: EvaluationSettings) -> Columns:
        return _measured(measures, scores_of(measures.video.n_steps))

    return measure


def _uniform(measures: VideoMeasures, settings: EvaluationSettings) -> Columns:
    return _keyframes(measures, *uniform_keyframes(measures.video.n_steps, len(measures.shots)))


def _k_medoids(measures: VideoMeasures, settings: EvaluationSettings) -> Columns | None:
    features = measures.video.features
    if features is None:
        return None
    return _keyframes(measures, *cluster_medoids(features, len(measures.shots), settings.seed))


def _greedy(measures: VideoMeasures, settings: EvaluationSettings) -> Columns | None:
    video, shots = measures.video, measures.shots
    if video.features is None:
        return None
    chosen = greedy_shots(video.features, video.picks, shots)[None]
    return measures.measure(shots.at(chosen, video.picks).astype(np.float64), chosen)


def _human(measures: VideoMeasures, settings: EvaluationSettings) -> Columns | None:
    values = human_measures(measures.video, settings.protocols, settings.budget_ratio)
    return {name: np.array([value]) for name, value in values.items() if value is not None} or None


def _oracle(measures: VideoMeasures, settings: EvaluationSettings) -> Columns | None:
    gtscore = measures.video.gtscore
    return None if gtscore is None else _measured(measures, np.asarray(gtscore, np.float64))


def _measured(measures: VideoMeasures, scores: np.ndarray) -> Columns:
    return measures.measure(scores[None], measures.choose(scores[None]))


def _keyframes(measures: VideoMeasures, keyframes: np.ndarray, shares: np.ndarray) -> Columns:
    video, bounds = measures.video, measures.shots.bounds
    means = shares_of_shots(keyframes, shares, video.picks, bounds)
    shot = np.searchsorted(bounds[:, 0], video.picks, side="right") - 1
    return measures.measure(means[None, shot], measures.choose_by_means(means[None]))


BASELINES = {
    "random": BaselineKind("random", "uniform random score for every pick", _random("pick")),
    "random_per_frame": BaselineKind(
        "random per frame",
        "uniform random score for every frame; its rank correlations are those of the random row",
        _random("frame"),
    ),
    "constant": BaselineKind(
        "constant",
        "the same score everywhere; its rank correlation is undefined and counts as 0",
        _by_scores(np.ones),
    ),
    "beginning": BaselineKind(
        "beginning",
        "the same score everywhere, five times as high over the first tenth of the video",
        _by_scores(beginning),
    ),
    "middle": BaselineKind(
        "middle",
        "scores that fall linearly from the middle of the video to both ends",
        _by_scores(middle),
    ),
    "ending": BaselineKind(
        "ending",
        "the same score everywhere, five times as high over the last tenth of the video",
        _by_scores(ending),
    ),
    "uniform": BaselineKind(
        "uniform key frames",
        "as many evenly spaced key frames as shots; a shot scores the part of the video that its "
        "key frames stand for",
        _uniform,
    ),
    "k_medoids": BaselineKind(
        "k-medoids", "the same with the medoids of clusters of features", _k_medoids
    ),
    "greedy": BaselineKind(
        "greedy shots",
        "shots chosen one by one for the smallest representation error, whatever rule selects "
        "those of the systems",
        _greedy,
    ),
    "human": BaselineKind(
        "human (leave one out)",
        "each user against the others (leave one out); people's summaries do not keep to the "
        "budget",
        _human,
    ),
    "oracle": BaselineKind(
        "oracle (gtscore)", "gtscore as scores: it has seen the annotations", _oracle
    ),
}
"""Name of a row, as in files -> what it is, in the order of tables."""

NOTES = {name: kind.note for name, kind in BASELINES.items()} | {
    "best_of_random": "expected best of n random draws per split, each measure by itself: "
    "what peeking at n epochs gives noise",
    "untrained": "the runs of the method before training",
}
"""Name of a row -> what it is, rows without a video's measure of their own included."""


def baseline_columns(measures: VideoMeasures, settings: EvaluationSettings) -> dict[str, Columns]:
    """Baseline -> measure -> [draws] (one without chance), where the video has what it needs."""
    columns = {name: kind.measure(measures, settings) for name, kind in BASELINES.items()}
    return {name: values for name, values in columns.items() if values is not None}


def baseline_title(name: str, row: Baseline, best_of: str) -> str:
    """What a row is called, with its number of draws; `best_of` is how many looks noise had."""
    if name == "best_of_random":
        title = f"random, best of {best_of}"
    else:
        title = BASELINES[name].title if name in BASELINES else name
    return f"{title} ({row.draws} draws)" if row.draws else title
