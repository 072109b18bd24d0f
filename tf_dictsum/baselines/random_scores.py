"""Random scores and what they are worth: the zero of every scale in this field."""

import zlib
from collections.abc import Iterator
from typing import Literal

import numpy as np

from tf_dictsum.metrics.evaluation import VideoMeasures

__all__ = ["Grain", "random_measures"]

Grain = Literal["pick", "frame"]

_ROWS = 64  # draws at a time, so that their frames stay small


def random_measures(
    measures: VideoMeasures, draws: int, seed: int = 0, grain: Grain = "pick"
) -> dict[str, np.ndarray]:
    """Measures of independent uniform scores.

    Args:
      measures: the video.
      draws: how many, at least 1.
      seed: the draws depend on it, on the video's key and on the grain only.
      grain: one number for every pick, as a model gives, or for every frame, as the random rows of
        the literature have it (Otani et al. 2019; Apostolidis et al. 2020). Shot means of the
        latter hardly differ, so that the knapsack prefers short shots even more; at the picks these
        are random scores per pick, so their rank correlations are not measured again.

    Returns:
      Measure -> float64 [draws].
    """
    without = ("rank", "summe_b") if grain == "frame" else ()
    parts = [
        measures.measure(rows, chosen, without)
        for rows, chosen in _draws(measures, draws, seed, grain)
    ]
    return {
        name: np.concatenate([part[name] for part in parts]).astype(np.float64) for name in parts[0]
    }


def _draws(
    measures: VideoMeasures, draws: int, seed: int, grain: Grain
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    video, shots = measures.video, measures.shots
    key = zlib.crc32(video.key.encode())
    rng = np.random.default_rng([seed, key] if grain == "pick" else [seed, key, 1])
    for start in range(0, draws, _ROWS):
        count = min(_ROWS, draws - start)
        if grain == "pick":
            rows = rng.random((count, video.n_steps))
            yield rows, measures.choose(rows)
        else:
            frames = rng.random((count, video.n_frames))
            yield (
                frames[:, video.picks],
                measures.choose_by_means(shots.totals(frames) / shots.lengths),
            )
