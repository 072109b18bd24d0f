"""Numbers relative to what chance and a simple greedy choice reach on the very same videos."""

from collections.abc import Mapping, Sequence

from tf_dictsum.baselines.table import Baseline
from tf_dictsum.metrics.averages import Measures, mean_of

__all__ = ["RATIOS", "Yardsticks"]

RATIOS = ("representation_error", "reconstruction_residual", "dispersion")


class Yardsticks:
    """The rows that others are divided by."""

    def __init__(self, rows: Mapping[str, Baseline], folds: Sequence[Sequence[str]]) -> None:
        """Args: rows: baselines with their videos. folds: the videos averaged together."""
        self._videos = {name: row.videos for name, row in rows.items()}
        per_frame = self._videos.get("random_per_frame", {})
        self._chance = [
            {
                name: mean_of([per_frame[k].get(name) for k in fold if k in per_frame])
                for name in ("f_max", "f_avg")
            }
            for fold in folds
        ]

    def relative(self, folds: Sequence[Mapping[str, Measures]]) -> dict[str, float | None]:
        """Relative measures of a row given by its videos in every fold; None: a part is missing.

        por_f_max, por_f_avg: Performance over Random (Apostolidis et al., ACM MM 2020), 100 F / F
          of random scores per frame, both means over a fold's test videos, then the mean over the
          folds. 100 is chance.
        <measure>_vs_random, <measure>_vs_greedy for `RATIOS`: every video's value divided by the
          mean of random scores (per pick), or by the greedy choice of shots; means over videos,
          then folds.
        """
        measures: dict[str, float | None] = {}
        for name in ("f_max", "f_avg"):
            ratios = [
                _divide(mean_of([video.get(name) for video in fold.values()]), chance[name])
                for fold, chance in zip(folds, self._chance, strict=True)
            ]
            mean = mean_of(ratios)
            measures[f"por_{name}"] = None if mean is None else 100 * mean
        for name in RATIOS:
            for other in ("random", "greedy"):
                reference = self._videos.get(other, {})
                means = [
                    mean_of(
                        [
                            _divide(video.get(name), reference.get(key, {}).get(name))
                            for key, video in fold.items()
                        ]
                    )
                    for fold in folds
                ]
                measures[f"{name}_vs_{other}"] = mean_of(means)
        return measures


def _divide(part: float | None, whole: float | None) -> float | None:
    return None if part is None or whole is None or not whole > 0 else part / whole
