"""Summaries of 15 % chosen in several ways, against people and against the video itself.

    python benchmarks/agreement_summaries.py --dataset=FILE.h5
    python benchmarks/agreement_summaries.py --dataset=FILE.h5 --test_half \\
      --log=benchmarks/agreement_test_runs.jsonl

On the dataset's own shots (its change points): F against each person's summary, mean over people;
rank correlation of the scores; representation error. The protocol is that of `agreement.py` beside
it: nothing is chosen on the second half, and each run on it is appended to the log.
"""

import dataclasses
import datetime
import json
import zlib
from collections.abc import Callable

import numpy as np
from agreement_variants import VARIANTS, Videos

from tf_dictsum.data.halves import halves
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.times import times_of
from tf_dictsum.metrics.evaluation import VideoMeasures
from tf_dictsum.metrics.statistics import bootstrap_interval, paired_test
from tf_dictsum.saliency.blend import video_salience
from tf_dictsum.saliency.ranks import ranks
from tf_dictsum.summary.coverage import choose_shots
from tf_dictsum.summary.selectors import Candidates, Representative
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.options import option

MEASURES = ("f_avg", "kendall_tau", "spearman_rho", "representation_error")
DRAWS = 100
TITLES = ("F, mean over people (%)", "τ", "ρ", "representation error")


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = option("", "annotated feature file, ECCV16 layout")
    test_half: bool = option(False, "measure on the second half instead; needs --log")
    log: str = option("", "where a run on the second half is recorded")


@dataclasses.dataclass(frozen=True, eq=False)
class Material:
    """One video and what was computed of it.

    Attributes:
      measures: measures summaries of it.
      salience: content salience, float64 [n_steps] in (0, 1).
      position: the same with nearness to the middle.
    """

    measures: VideoMeasures
    salience: np.ndarray
    position: np.ndarray

    @property
    def features(self) -> np.ndarray:
        """float32 [n_steps, D]."""
        features = self.measures.video.features
        assert features is not None
        return features

    def steps(self) -> tuple[list[int], list[np.ndarray]]:
        """Shots with sampled frames, and the frames of each."""
        bounds, picks = self.measures.shots.bounds, self.measures.video.picks
        inside = [np.flatnonzero((picks >= a) & (picks <= b)) for a, b in bounds]
        shots = [shot for shot, own in enumerate(inside) if len(own)]
        return shots, [inside[shot] for shot in shots]


Rows = tuple[np.ndarray, np.ndarray]
"""Scores [m, n_steps] and chosen shots bool [m, n_shots]."""


def _knapsack(material: Material, scores: np.ndarray) -> Rows:
    rows = np.atleast_2d(scores)
    return rows, material.measures.choose(rows)


def _chosen(material: Material, scores: np.ndarray, shots: list[int]) -> Rows:
    chosen = np.zeros((1, len(material.measures.shots)), bool)
    chosen[0, shots] = True
    return scores[None], chosen


def _representative(material: Material) -> Rows:
    shots, steps = material.steps()
    costs = material.measures.shots.lengths[shots].tolist()
    budget = material.measures.shots.budget
    candidates = Candidates(
        material.features,
        steps,
        costs,
        budget,
        means=lambda scores: np.array([scores[own].mean() for own in steps]),
        eligible=np.ones(len(shots), bool),
        quality=np.ones(len(material.salience)),  # nothing but features is known of the pictures
    )
    choice = Representative().choose(candidates)
    return _chosen(material, choice.scores, [shots[i] for i in choice.parts])


def _weighted(material: Material, power: float) -> Rows:
    """Coverage where a frame that is not salient need not be near a chosen one."""
    shots, steps = material.steps()
    costs = material.measures.shots.lengths[shots].tolist()
    weights = material.salience**power
    budget = material.measures.shots.budget
    chosen, _ = choose_shots(material.features, steps, costs, budget, weights=weights)
    return _chosen(material, material.salience, [shots[i] for i in chosen])


def _salient_medoids(material: Material, share: float) -> Rows:
    """Coverage among the more salient shots only."""
    shots, steps = material.steps()
    means = np.array([material.salience[own].mean() for own in steps])
    order = np.argsort(-means)
    lengths = material.measures.shots.lengths[shots]
    kept = np.sort(order[: np.searchsorted(np.cumsum(lengths[order]), share * lengths.sum()) + 1])
    chosen, _ = choose_shots(
        material.features,
        [steps[i] for i in kept],
        lengths[kept].tolist(),
        material.measures.shots.budget,
    )
    return _chosen(material, material.salience, [shots[kept[i]] for i in chosen])


def _random(material: Material) -> Rows:
    seed = zlib.crc32(material.measures.video.key.encode())
    rng = np.random.default_rng(seed)
    return _knapsack(material, rng.random((DRAWS, material.measures.video.n_steps)))


def _blend(material: Material, weight: float, alone: bool = False) -> Rows:
    own = _representative(material)[0][0]
    times = times_of(material.measures.video)
    salience = video_salience(material.features, times) if alone else material.salience
    return _knapsack(material, ranks(salience) + weight * ranks(own))


WAYS: dict[str, Callable[[Material], Rows]] = {
    "random, knapsack": _random,
    "uniform (equal scores), knapsack": lambda m: _knapsack(m, np.ones_like(m.salience)),
    "representative (coverage)": _representative,
    "salience, knapsack": lambda m: _knapsack(m, m.salience),
    "salience with position, knapsack": lambda m: _knapsack(m, m.position),
    "representative scores, knapsack": lambda m: _knapsack(m, _representative(m)[0][0]),
    "salience + ½ representative, knapsack": lambda m: _blend(m, 0.5),
    "salience + representative, knapsack": lambda m: _blend(m, 1.0),
    "salience + 2 representative, knapsack": lambda m: _blend(m, 2.0),
    "salience of the video alone + representative, knapsack": lambda m: _blend(m, 1.0, True),
    "coverage weighted by salience": lambda m: _weighted(m, 1.0),
    "coverage weighted by salience²": lambda m: _weighted(m, 2.0),
    "coverage among the most salient half": lambda m: _salient_medoids(m, 0.5),
}


def main(argv: list[str]) -> None:
    """Prints the table; records it where it is about the second half."""
    del argv
    options = cli.from_flags(Options)
    if options.test_half and not options.log:
        raise UserError("--test_half needs --log: every look at the second half is recorded.")
    dataset = load_dataset(options.dataset)
    keys = halves(dataset)[1 if options.test_half else 0]
    videos = Videos(dataset)
    content, position = (VARIANTS[n](videos, keys) for n in ("content", "content+position"))
    table: dict[str, np.ndarray] = {}
    for key in keys:
        material = Material(VideoMeasures(dataset.videos[key]), content[key], position[key])
        for name, way in WAYS.items():
            found = material.measures.measure(*way(material))
            row = [float(np.mean(found[m])) for m in MEASURES]
            table[name] = np.vstack([*([table[name]] if name in table else []), row])
    print(f"| shots chosen by | {' | '.join(TITLES)} | F − random's, p |")
    print("| --- |" + " ---: |" * (len(MEASURES) + 1))
    for name, values in table.items():
        cells = []
        for column in values.T:
            it = bootstrap_interval(column)
            cells.append(f"{it.mean:.3g} [{it.low:.3g}, {it.high:.3g}]")
        test = paired_test(values[:, 0], table["random, knapsack"][:, 0])
        print(f"| {name} | {' | '.join(cells)} | {test.difference.mean:+.2f}, {test.p:.4f} |")
    line = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "summaries": {n: np.round(v.mean(axis=0), 4).tolist() for n, v in table.items()},
        "measures": MEASURES,
    }
    if options.test_half:
        with open(options.log, "a", encoding="utf-8") as handle:
            handle.write(json.dumps(line) + "\n")
    print(json.dumps(line))


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
