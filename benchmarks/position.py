"""How much of what a selector learned is mere position: its scores with and without content.

    python benchmarks/position.py --dataset=FILE.h5 \\
      --runs='runs/x/jobs/dictsum-*/split*-seed*,runs/y/split*-seed*'

Reads the test scores of finished splits of `python -m tf_dictsum.train` or `sweep`. Per seed, every
video's scores are replaced by the mean, over the OTHER videos, of the scores at the same distance
from the end (in the second half; from the beginning in the first): a curve that has never seen the
video. If such a curve gives as good a summary, the selector has learned where in a video to look,
not what to look for. Prints the representation error of both, with the number of selected frames
and shots, a 95 % interval over the seeds, and one JSON line last.
"""

import dataclasses
import glob
import json
import pathlib
import re

import numpy as np

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.evaluation import evaluate_video
from tf_dictsum.metrics.statistics import bootstrap_interval
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json

MEASURES = ("representation_error", "selected_steps", "selected_shots")


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = cli.option("demo", "the dataset they were trained on")
    runs: tuple[str, ...] = cli.option(
        [],
        "patterns of split folders, comma-separated; the split folders of one pattern are one row",
    )
    epoch: int = cli.option(-1, "epoch to read; -1: the last", lower_bound=-1)


def read_seeds(pattern: str, epoch: int) -> dict[int, dict[str, np.ndarray]]:
    """Seed -> key -> test scores, over all splits."""
    seeds: dict[int, dict[str, np.ndarray]] = {}
    for folder in sorted(glob.glob(pattern)):
        number = re.fullmatch(r"split\d+-seed(\d+)", pathlib.Path(folder).name)
        files = sorted(pathlib.Path(folder).glob("scores/epoch-*.json"))
        if number is None or not files:
            continue
        file = (
            files[-1] if epoch < 0 else pathlib.Path(folder) / "scores" / f"epoch-{epoch:03d}.json"
        )
        seeds.setdefault(int(number[1]), {}).update(
            {key: np.array(scores) for key, scores in read_json(file).items()}
        )
    if not seeds:
        raise UserError(f"--runs={pattern}: no split<k>-seed<s> folders with scores.")
    return seeds


def without_content(scores: dict[str, np.ndarray], key: str) -> np.ndarray:
    """What the other videos' scores are on average at the places of `key`'s steps: [n_steps]."""
    length = len(scores[key])
    curve = np.zeros(length)
    others = [row for name, row in scores.items() if name != key]
    for row in others:
        steps = np.arange(length)
        first = np.minimum(steps, len(row) - 1)
        last = len(row) - (length - steps)
        curve += row[np.where((steps >= length / 2) & (last >= 0), last, first)] / len(others)
    return curve


def measure(scores: dict[str, np.ndarray], dataset: Dataset) -> list[float]:
    """Means over the videos."""
    videos = [evaluate_video(row, dataset.videos[key]).metrics() for key, row in scores.items()]
    return [float(np.mean([measures[name] for measures in videos])) for name in MEASURES]


def main(argv: list[str]) -> None:
    """Prints the table."""
    del argv
    options = cli.from_flags(Options)
    dataset = load_dataset(options.dataset)
    if not options.runs:
        raise UserError("--runs is missing.")
    report = {}
    print(
        "| scores | seeds | representation error [95 % interval] | selected frames | selected "
        "shots |"
    )
    print("| --- | ---: | ---: | ---: | ---: |")
    for pattern in options.runs:
        seeds = read_seeds(pattern, options.epoch)
        whole = [scores for scores in seeds.values() if scores.keys() == dataset.videos.keys()]
        if not whole:
            raise UserError(
                f"--runs={pattern}: no seed has scores of all videos; let every video be tested."
            )
        moved = [{key: without_content(scores, key) for key in scores} for scores in whole]
        for title, rows in ((pattern, whole), ("the same without content", moved)):
            values = np.array([measure(scores, dataset) for scores in rows])
            error = bootstrap_interval(values[:, 0])
            span = f" [{error.low:.2f}, {error.high:.2f}]" if error.low is not None else ""
            print(
                f"| {title} | {len(values)} | {error.mean:.2f}{span} | {values[:, 1].mean():.1f} "
                f"| {values[:, 2].mean():.1f} |"
            )
            report[f"{pattern} {title}" if rows is moved else title] = values.tolist()
    print(json.dumps({"dataset": dataset.name, "measures": MEASURES, "rows": report}))


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
