"""How well people agree with each other: the only ceiling that the annotations themselves give."""

from collections.abc import Iterable

import numpy as np

from tf_dictsum.data.video import Video
from tf_dictsum.metrics.fscore import SingleReference, pairwise_f_scores
from tf_dictsum.metrics.rank import annotations_at_picks, kendall_tau_b, spearman_rho
from tf_dictsum.metrics.rank_summe import binary_correlation
from tf_dictsum.shots.shots import RATIO, Shots

__all__ = ["human_measures"]


def human_measures(
    video: Video, protocols: Iterable[str], ratio: float = RATIO
) -> dict[str, float | None]:
    """Every user against the others (leave one out), mean over users; {} with fewer than two.

    f: each user's summary against every other one; F max is the best of the others. rank: each
    annotator against every other one. summe_b, summe_c: each user's summary against the mean of the
    others, at the picks and at all frames. single: each user's summary against the reference, which
    is made of all users, so a little too friendly to them. People's summaries do not keep to a
    budget, so they have no representation error.

    Args:
      video: annotations are used where present.
      protocols: names of `PROTOCOLS`; what has no meaning here is left out.
      ratio: budget of the single reference.
    """
    names = set(protocols)
    measures: dict[str, float | None] = {}
    users = video.user_summary
    if users is not None and len(users) > 1:
        users = np.asarray(users).astype(bool)
        if "f" in names:
            precision, recall, f = (_others(x) for x in pairwise_f_scores(users, users))
            measures |= {"f_max": float(f.max(axis=1).mean()), "f_avg": float(f.mean())}
            measures |= {"precision": float(precision.mean()), "recall": float(recall.mean())}
            measures["summary_percent"] = 100 * float(users.mean())
        if "single" in names and video.gtscore is not None and video.change_points is not None:
            shots = Shots(video, ratio)
            reference = shots.frames(SingleReference(video, shots).reference[None])
            measures["f_single"] = float(pairwise_f_scores(users, reference)[2].mean())
        if video.user_scores is None:
            if "summe_b" in names:
                measures |= _against_the_mean(users[:, video.picks], "b")
            if "summe_c" in names:
                measures |= _against_the_mean(users, "c")
    annotations = annotations_at_picks(video)
    if "rank" in names and annotations is not None and len(annotations) > 1:
        measures["kendall_tau"] = float(_others(kendall_tau_b(annotations, annotations)).mean())
        measures["spearman_rho"] = float(_others(spearman_rho(annotations, annotations)).mean())
    return measures


def _against_the_mean(users: np.ndarray, variant: str) -> dict[str, float | None]:
    total = users.sum(axis=0)
    levels = len(users)  # of the others together: 0 .. users - 1
    ones = np.array([np.bincount(total[user] - 1, minlength=levels) for user in users], np.float64)
    zeros = np.array([np.bincount(total[~user], minlength=levels) for user in users], np.float64)
    tau, rho = binary_correlation(ones, ones + zeros)
    return {f"tau_summe_{variant}": float(tau.mean()), f"rho_summe_{variant}": float(rho.mean())}


def _others(square: np.ndarray) -> np.ndarray:
    """[users, users] without its diagonal: [users, users - 1]."""
    return square[~np.eye(len(square), dtype=bool)].reshape(len(square), -1)
