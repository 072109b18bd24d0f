"""The signals side by side on the half to choose on: likeness, cost, and what the direction depends
on.

    python benchmarks/agreement_signals.py --dataset=FILE.h5

Prints Spearman's ρ between the signals (mean over videos), their cost, and the agreement with
people of the direction as it is learned from fewer videos or with a ridge penalty.
"""

import dataclasses
import time

import numpy as np
from agreement_variants import VARIANTS, Videos

from tf_dictsum.data.halves import halves, inner_folds
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.metrics.rank import rank_correlation, spearman_rho
from tf_dictsum.saliency.blend import video_salience
from tf_dictsum.saliency.direction import direction
from tf_dictsum.saliency.smoothing import smooth
from tf_dictsum.util import flags as cli
from tf_dictsum.util.options import option

SIGNALS = (
    "change",
    "change_4s",
    "rarity",
    "rarity_gap_5s",
    "length",
    "shot_novelty",
    "shot_pace",
    "collection_distance",
    "direction",
    "middle",
)
COUNTS = (1, 2, 4, 8, 16, 20)
PENALTIES = (0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
DRAWS = 6


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = option("", "annotated feature file, ECCV16 layout")


def ridge(pairs: list[tuple[np.ndarray, np.ndarray]], penalty: float) -> np.ndarray:
    """The linear student of ranks at a finite penalty, per video and in units of the features'
    variance.
    """
    rows = np.concatenate([x.astype(np.float64) for x, _ in pairs])
    target = np.concatenate([y - y.mean() for _, y in pairs])
    weights = np.concatenate([np.full(len(y), 1 / len(y)) for _, y in pairs])
    centred = rows - rows.mean(axis=0)
    scale = centred.var()
    gram = (centred * weights[:, None]).T @ centred / (len(pairs) * scale)
    side = (centred * weights[:, None]).T @ target
    return np.linalg.solve(gram + penalty * np.eye(len(gram)), side)


def agreement(videos: Videos, scores: dict[str, np.ndarray]) -> float:
    """Mean τ over the videos."""
    found = [rank_correlation(row, videos.dataset.videos[key]) for key, row in scores.items()]
    return float(np.mean([f.kendall_tau for f in found if f is not None]))


def main(argv: list[str]) -> None:
    """Prints the three tables."""
    del argv
    videos = Videos(load_dataset(cli.from_flags(Options).dataset))
    keys = halves(videos.dataset)[0]
    steps = sum(len(videos.times(key)) for key in keys)
    rows, seconds = {}, {}
    for name in SIGNALS:
        start = time.perf_counter()
        rows[name] = VARIANTS[name](videos, keys)
        seconds[name] = 1000 * (time.perf_counter() - start) / steps
    table = np.mean(
        [spearman_rho(*[np.stack([rows[n][key] for n in SIGNALS])] * 2) for key in keys], axis=0
    )
    print(f"| ρ between | {' | '.join(SIGNALS)} | s per 1,000 frames |")
    print("| --- |" + " ---: |" * (len(SIGNALS) + 1))
    for name, row in zip(SIGNALS, table, strict=True):
        print(f"| {name} | {' | '.join(f'{v:.2f}' for v in row)} | {seconds[name]:.2f} |")

    pairs = {
        key: (videos.features(key), video_salience(videos.features(key), videos.times(key)))
        for key in keys
    }
    print("\n| direction from so many videos | " + " | ".join(map(str, COUNTS)) + " |")
    print("| --- |" + " ---: |" * len(COUNTS))
    cells = []
    for count in COUNTS:
        found = []
        for draw in range(DRAWS if count < max(COUNTS) else 1):
            scores = {}
            for learn, held in inner_folds(keys):
                some = np.random.default_rng(draw).permutation(learn)[:count]
                axis = direction(pairs[key] for key in some)
                for key in held:
                    scores[key] = smooth(videos.features(key) @ axis, videos.times(key))
            found.append(agreement(videos, scores))
        cells.append(f"{np.mean(found):.3f} ± {np.std(found):.3f}")
    print(f"| τ | {' | '.join(cells)} |")

    print("\n| ridge penalty | " + " | ".join(f"{p:g}" for p in PENALTIES) + " | infinite |")
    print("| --- |" + " ---: |" * (len(PENALTIES) + 1))
    scores_of: dict[float, dict[str, np.ndarray]] = {p: {} for p in (*PENALTIES, np.inf)}
    for learn, held in inner_folds(keys):
        taught = [pairs[key] for key in learn]
        for penalty, scores in scores_of.items():
            axis = ridge(taught, penalty) if np.isfinite(penalty) else direction(taught)
            for key in held:
                scores[key] = smooth(videos.features(key) @ axis, videos.times(key))
    print("| τ | " + " | ".join(f"{agreement(videos, s):.3f}" for s in scores_of.values()) + " |")


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
