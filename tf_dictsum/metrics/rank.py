"""Rank correlation of scores with what people said: Kendall's τ_b and Spearman's ρ."""

import dataclasses

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from tf_dictsum.data.video import Video

__all__ = [
    "AnnotatorCorrelation",
    "RankCorrelation",
    "annotations_at_picks",
    "kendall_tau_b",
    "rank_correlation",
    "rank_correlations",
    "spearman_rho",
]

_FEW_LEVELS, _LONG = (
    8,
    300,
)  # with so few different values in so long rows the running counts are faster
_BLOCK = 1 << 16  # signs of pairs held at once: ten times slower where they leave the cache


class AnnotatorCorrelation:
    """Rank correlation of the scores of one video with each of its annotators."""

    def __init__(self, video: Video) -> None:
        """The video needs annotations."""
        annotations = annotations_at_picks(video)
        assert annotations is not None
        self._annotations, self._constant = annotations, _constant(annotations)
        self.count = len(annotations)

    def table(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """τ_b and ρ of rows [m, n_steps] with each annotator: float64 [m, users], 0: undefined."""
        return kendall_tau_b(rows, self._annotations), spearman_rho(rows, self._annotations)

    def __call__(self, rows: np.ndarray, chosen: np.ndarray) -> dict[str, np.ndarray]:
        """Means over annotators and how many of them are undefined, each [m]."""
        tau, rho = self.table(rows)
        undefined = (_constant(rows)[:, None] | self._constant[None, :]).sum(axis=1)
        return {
            "kendall_tau": tau.mean(axis=1),
            "spearman_rho": rho.mean(axis=1),
            "undefined": undefined,
        }


@dataclasses.dataclass(frozen=True)
class RankCorrelation:
    """Agreement of one score vector with a video's annotators.

    Attributes:
      kendall_tau: mean τ_b over annotators.
      spearman_rho: mean ρ over annotators.
      undefined: number of annotators for whom both are undefined (constant scores or a constant
        annotation) and were counted as 0.
      annotators: number of annotators.
    """

    kendall_tau: float
    spearman_rho: float
    undefined: int
    annotators: int


def annotations_at_picks(video: Video) -> np.ndarray | None:
    """What the scores of `video` are ranked against: [users, n_steps]; None without annotations.

    Importance scores of every annotator where the file has `user_scores` (TVSum), else every user's
    binary summary (SumMe, variant A), both at the picks. `metrics.rank_summe` has the two other
    protocols in print for SumMe.
    """
    source = video.user_scores if video.user_scores is not None else video.user_summary
    return None if source is None or not len(source) else np.asarray(source)[:, video.picks]


def rank_correlation(scores: ArrayLike, video: Video) -> RankCorrelation | None:
    """Mean τ_b and ρ of `scores` [n_steps] over the annotators of `video`; None without any."""
    return next(iter(rank_correlations(np.asarray(scores)[None], video) or ()), None)


def rank_correlations(scores: ArrayLike, video: Video) -> list[RankCorrelation] | None:
    """As `rank_correlation` for each row of `scores` [m, n_steps].

    Raises:
      ValueError: the rows are not n_steps long.
    """
    if annotations_at_picks(video) is None:
        return None
    rows = np.atleast_2d(np.asarray(scores, np.float64))
    if rows.shape[1] != video.n_steps:
        raise ValueError(
            f"{video.key}: scores of length {rows.shape[1]} for {video.n_steps} sampled frames"
        )
    annotators = AnnotatorCorrelation(video)
    columns = annotators(rows, np.zeros(0)).values()
    return [
        RankCorrelation(float(t), float(r), int(u), annotators.count)
        for t, r, u in zip(*columns, strict=True)
    ]


def kendall_tau_b(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Kendall's τ_b of every row of `a` [m, n] with every row of `b` [k, n]; 0: constant rows.

    Equal to scipy's, and some 20 times faster than a call of scipy per pair: long scores without
    ties are sorted once and compared with all annotators of few levels by running counts; all else
    goes by the signs of all pairs' differences.

    Returns:
      float64 [m, k].
    """
    left, right = (
        stats.rankdata(np.atleast_2d(x), method="dense", axis=1).astype(np.int32) - 1
        for x in (a, b)
    )
    untied = left.max(axis=1) == left.shape[1] - 1
    if right.max() >= _FEW_LEVELS or left.shape[1] < _LONG or not untied.any():
        return _tau_by_signs(left, right)
    result = np.empty((len(left), len(right)))
    result[untied] = _tau_by_counts(np.argsort(left[untied], axis=1), right)
    if not untied.all():
        result[~untied] = _tau_by_signs(left[~untied], right)
    return result


def _tau_by_counts(orders: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """τ_b of vectors without ties with vectors of few levels.

    Args:
      orders: [m, n], the sorting orders of the former.
      levels: [k, n], the latter, of 0, 1, ...

    Going through the vector in rising order, an entry of level l is concordant with the earlier
    entries of lower levels and discordant with those of higher levels.
    """
    m, n = orders.shape
    top = int(levels.max())
    counts = np.stack([np.bincount(row, minlength=top + 1) for row in levels])
    untied = np.sqrt(
        (n * (n - 1) / 2 - (counts * (counts - 1) / 2).sum(axis=1)) * (n * (n - 1) / 2)
    )
    result = np.zeros((m, len(levels)))
    entries = np.ascontiguousarray(levels.T.astype(np.int8))
    for i, order in enumerate(orders):
        seen = entries[order]  # [n, k], in rising order of the scores
        score = np.full(len(levels), -n * (n - 1) / 2)
        lower = np.zeros(
            seen.shape, np.int32
        )  # entries up to here, this one included, of levels below `level`
        for level in range(top + 1):
            here = seen == level
            upto = lower + np.cumsum(here, axis=0, dtype=np.int32)
            # Earlier and lower minus earlier and higher; all earlier ones of all entries together
            # are n (n - 1) / 2.
            score += np.einsum("nk,nk->k", here, lower + upto - 1)
            lower = upto
        result[i] = score
    return _ratio(result, np.broadcast_to(untied, result.shape))


def _tau_by_signs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """τ_b as the cosine between the vectors of signs of all pairs' differences: one product."""
    m, n = a.shape
    same = np.array_equal(a, b)  # annotators against each other
    both = a if same else np.concatenate([a, b])
    other = slice(0 if same else m, None)
    dot, norm = np.zeros((m, len(b))), np.zeros(len(both))
    size = max(1, _BLOCK // max(1, len(both) * n))
    for start in range(0, n, size):
        left, right = both[:, start : start + size, None], both[:, None, start:]
        signs = np.subtract(
            np.greater(left, right).view(np.int8), np.less(left, right).view(np.int8)
        ).astype(np.float32)
        width = signs.shape[1]
        signs[:, :, :width] *= np.triu(np.ones((width, width), np.float32), 1)  # each pair once
        flat = signs.reshape(len(both), -1)
        dot += flat[:m] @ flat[other].T
        norm += np.einsum("ij,ij->i", flat, flat)
    norm = np.sqrt(norm)
    return _ratio(dot, norm[:m, None] * norm[None, other])


def spearman_rho(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Spearman's ρ of every row of `a` [m, n] with every row of `b` [k, n]; 0: constant rows.

    Returns:
      float64 [m, k].
    """
    ranks = [stats.rankdata(np.atleast_2d(x), axis=1) for x in (a, b)]
    left, right = (r - r.mean(axis=1, keepdims=True) for r in ranks)
    return _ratio(
        left @ right.T,
        np.linalg.norm(left, axis=1)[:, None] * np.linalg.norm(right, axis=1)[None, :],
    )


def _constant(rows: np.ndarray) -> np.ndarray:
    return rows.max(axis=1) == rows.min(axis=1)


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
