"""What every baseline gets on one video."""

from collections.abc import Callable, Mapping

import numpy as np

from tf_dictsum.baselines.greedy import greedy_shots
from tf_dictsum.baselines.human import human_measures
from tf_dictsum.baselines.keyframes import cluster_medoids, shares_of_shots, uniform_keyframes
from tf_dictsum.baselines.random_scores import random_measures
from tf_dictsum.baselines.settings import Settings
from tf_dictsum.metrics.evaluation import VideoMeasures

__all__ = ["BASELINES", "NOTES", "baseline_columns"]

Columns = Mapping[str, np.ndarray]

NOTES = {
    "random": "uniform random score for every pick",
    "random_per_frame": "uniform random score for every frame; its rank correlations are those of the random row",
    "constant": "the same score everywhere; its rank correlation is undefined and counts as 0",
    "uniform": "as many evenly spaced key frames as shots; a shot scores the part of the video that its key frames stand for",
    "k_medoids": "the same with the medoids of clusters of features",
    "greedy": "shots chosen one by one for the smallest representation error, whatever --selection says",
    "human": "each user against the others (leave one out); people's summaries do not keep to the budget",
    "oracle": "gtscore as scores: it has seen the annotations",
    "best_of_random": "expected best of n random draws per split, each measure by itself: what peeking at n epochs gives noise",
}


def _random(measures: VideoMeasures, settings: Settings) -> Columns | None:
    return random_measures(measures, settings.draws, settings.seed) if settings.draws else None


def _random_per_frame(measures: VideoMeasures, settings: Settings) -> Columns | None:
    return (
        random_measures(measures, settings.draws, settings.seed, "frame")
        if settings.draws
        else None
    )


def _constant(measures: VideoMeasures, settings: Settings) -> Columns | None:
    return _scores(measures, np.ones(measures.video.n_steps))


def _oracle(measures: VideoMeasures, settings: Settings) -> Columns | None:
    gtscore = measures.video.gtscore
    return None if gtscore is None else _scores(measures, np.asarray(gtscore, np.float64))


def _uniform(measures: VideoMeasures, settings: Settings) -> Columns | None:
    return _keyframes(measures, *uniform_keyframes(measures.video.n_steps, len(measures.shots)))


def _k_medoids(measures: VideoMeasures, settings: Settings) -> Columns | None:
    features = measures.video.features
    return (
        None
        if features is None
        else _keyframes(measures, *cluster_medoids(features, len(measures.shots), settings.seed))
    )


def _greedy(measures: VideoMeasures, settings: Settings) -> Columns | None:
    video, shots = measures.video, measures.shots
    if video.features is None:
        return None
    chosen = greedy_shots(video.features, video.picks, shots)[None]
    return measures.measure(shots.at(chosen, video.picks).astype(np.float64), chosen)


def _human(measures: VideoMeasures, settings: Settings) -> Columns | None:
    found = human_measures(measures.video, settings.protocols, settings.ratio)
    return {name: np.array([value]) for name, value in found.items() if value is not None} or None


def _scores(measures: VideoMeasures, scores: np.ndarray) -> Columns:
    return measures.measure(scores[None], measures.choose(scores[None]))


def _keyframes(measures: VideoMeasures, keyframes: np.ndarray, shares: np.ndarray) -> Columns:
    video, bounds = measures.video, measures.shots.bounds
    means = shares_of_shots(keyframes, shares, video.picks, bounds)
    shot = np.searchsorted(bounds[:, 0], video.picks, side="right") - 1
    return measures.measure(means[None, shot], measures.choose_by_means(means[None]))


BASELINES: dict[str, Callable[[VideoMeasures, Settings], Columns | None]] = {
    "random": _random,
    "random_per_frame": _random_per_frame,
    "constant": _constant,
    "uniform": _uniform,
    "k_medoids": _k_medoids,
    "greedy": _greedy,
    "human": _human,
    "oracle": _oracle,
}


def baseline_columns(measures: VideoMeasures, settings: Settings) -> dict[str, Columns]:
    """Baseline -> measure -> [draws] (one where there is no chance); baselines that the video cannot serve are left out."""
    found = {name: make(measures, settings) for name, make in BASELINES.items()}
    return {name: columns for name, columns in found.items() if columns is not None}
