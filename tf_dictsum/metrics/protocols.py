"""Every protocol of the field under a name of its own, and what each of its numbers means."""

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np

from tf_dictsum.data.video import Video
from tf_dictsum.metrics.fscore import SingleReference, UserAgreement
from tf_dictsum.metrics.rank import AnnotatorCorrelation
from tf_dictsum.metrics.rank_summe import MeanSummaryCorrelation, SummaryCorrelation
from tf_dictsum.metrics.reconstruction import Reconstruction
from tf_dictsum.metrics.representation import representation_errors
from tf_dictsum.shots.shots import Shots

__all__ = ["BASIC", "PROTOCOLS", "Measure", "Protocol", "measures_of"]

Measure = Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]]
"""(scores [m, n_steps], chosen shots bool [m, n_shots]) -> measure -> [m]; nan: undefined."""


@dataclasses.dataclass(frozen=True)
class Protocol:
    """One way to measure.

    Attributes:
      title: for headings.
      measures: names of its numbers, as in files.
      note: what it means, for readers of a table.
      prepare: the measure for a video and its shots, or None where the video lacks what it needs.
    """

    title: str
    measures: tuple[str, ...]
    note: str
    prepare: Callable[[Video, Shots], Measure | None]


def measures_of(names: Iterable[str]) -> tuple[str, ...]:
    """Names of all numbers of the named protocols."""
    return tuple(measure for name in names for measure in PROTOCOLS[name].measures)


def _f(video: Video, shots: Shots) -> Measure | None:
    return UserAgreement(video, shots) if _has_users(video) else None


def _single(video: Video, shots: Shots) -> Measure | None:
    return SingleReference(video, shots) if video.gtscore is not None else None


def _rank(video: Video, shots: Shots) -> Measure | None:
    return AnnotatorCorrelation(video) if _has_users(video) or _has_scores(video) else None


def _summe_b(video: Video, shots: Shots) -> Measure | None:
    return MeanSummaryCorrelation(video) if _only_summaries(video) else None


def _summe_c(video: Video, shots: Shots) -> Measure | None:
    return SummaryCorrelation(video, shots) if _only_summaries(video) else None


def _nearest(video: Video, shots: Shots) -> Measure | None:
    features = video.features
    if features is None:
        return None
    return lambda rows, chosen: {
        "representation_error": representation_errors(features, shots.at(chosen, video.picks))
    }


def _reconstruction(video: Video, shots: Shots) -> Measure | None:
    if video.features is None:
        return None
    products = Reconstruction(video.features)

    def measure(rows: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
        selected = shots.at(chosen, video.picks)
        return {
            "reconstruction_residual": np.array([products.residual(s) for s in selected]),
            "dispersion": np.array([products.dispersion(s) for s in selected]),
        }

    return measure


def _has_users(video: Video) -> bool:
    return video.user_summary is not None and len(video.user_summary) > 0


def _has_scores(video: Video) -> bool:
    return video.user_scores is not None and len(video.user_scores) > 0


def _only_summaries(video: Video) -> bool:
    return _has_users(video) and not _has_scores(video)


PROTOCOLS = {
    "f": Protocol(
        "F against every user",
        ("f_max", "f_avg", "precision", "recall"),
        "F max (the user who agrees most) is what papers print for SumMe, F avg (mean over users) "
        "for TVSum. F mostly sees shot lengths: "
        "a knapsack over random scores already picks many short shots, as people's summaries do.",
        _f,
    ),
    "single": Protocol(
        "F against one reference",
        ("f_single",),
        "The reference is the knapsack of gtscore over the same shots; used by SUM-GAN and "
        "Cycle-SUM, not comparable with F max or F avg.",
        _single,
    ),
    "rank": Protocol(
        "Rank correlation with each annotator",
        ("kendall_tau", "spearman_rho"),
        "Scores against every annotator at the sampled frames, mean over annotators (Otani et al. "
        "2019): importance scores where there are "
        "any (TVSum), else binary summaries (SumMe: variant A of three in print). Blind to shots "
        "and budget; random scores give 0.",
        _rank,
    ),
    "summe_b": Protocol(
        "Rank correlation, SumMe variant B",
        ("tau_summe_b", "rho_summe_b"),
        "Scores against the part of the users who kept a frame, at the sampled frames. The mean "
        "is smoother than any single user, so that "
        "numbers are higher than in variant A; random scores give 0.",
        _summe_b,
    ),
    "summe_c": Protocol(
        "Rank correlation, SumMe variant C",
        ("tau_summe_c", "rho_summe_c"),
        "The summary itself (0 or 1 per frame) against the part of the users who kept a frame, at "
        "the full frame rate. It LEAKS the prior "
        "of the shots: random scores give about .10 / .11 on SumMe, so it must never be read "
        "against 0.",
        _summe_c,
    ),
    "nearest": Protocol(
        "Representation without labels",
        ("representation_error",),
        "Mean distance in feature space from every sampled frame to its nearest selected one; "
        "lower is better. Larger summaries are always "
        "nearer: read it with the number of selected frames.",
        _nearest,
    ),
    "reconstruction": Protocol(
        "Reconstruction without labels",
        ("reconstruction_residual", "dispersion"),
        "Residual: part of the video (norm) that no linear combination of the selected frames "
        "rebuilds, equation 1 of the ICIP 2021 paper; "
        "lower is better. Dispersion: mean distance between two selected frames; higher means "
        "less repetition.",
        _reconstruction,
    ),
}

BASIC = ("f", "rank", "nearest")
"""What is measured after every epoch of training."""
