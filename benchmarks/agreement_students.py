"""Students of salience: how much of their teacher's agreement with people they keep.

    python benchmarks/agreement_students.py --dataset=FILE.h5 --out=FOLDER --hidden_sizes=16,64,128
    python benchmarks/agreement_students.py --dataset=FILE.h5 --out=FOLDER --videos=2,5,10
    python benchmarks/agreement_students.py --dataset=FILE.h5 --out=FOLDER --test_half --seeds=0,1,2
    \\
      --log=benchmarks/agreement_test_runs.jsonl

Trains `--method=salience_student` on unlabelled videos (first half: the folds inside it; with
`--test_half`: all of the first half, and measures on the second) without evaluating every epoch,
and measures it and its teacher after the given epochs. Finished ones are kept in FOLDER.
"""

import dataclasses
import datetime
import itertools
import json
import pathlib
from collections.abc import Sequence

import numpy as np

from tf_dictsum.data.halves import halves, inner_folds
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.times import times_of
from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.metrics.rank import rank_correlation, spearman_rho
from tf_dictsum.metrics.statistics import bootstrap_interval
from tf_dictsum.saliency.blend import collection_salience
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json, write_json
from tf_dictsum.util.options import option
from tf_dictsum.util.quiet import load_tensorflow

MEASURES = ("kendall_tau", "spearman_rho")


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = option("", "annotated feature file, ECCV16 layout")
    out: str = option("", "folder for the measurements; those that are there are not repeated")
    hidden_sizes: tuple[int, ...] = option([64], "H of the students")
    selector: str = option(
        "bidirectional", "kind of student", choices=("bidirectional", "unidirectional")
    )
    epochs: tuple[int, ...] = option([20], "after how many epochs to measure")
    videos: tuple[int, ...] = option([0], "training videos; 0: all there are")
    seeds: tuple[int, ...] = option([0], "of weights, order and excerpts")
    test_half: bool = option(False, "train on the first half, measure on the second; needs --log")
    log: str = option("", "where a run on the second half is recorded")


@dataclasses.dataclass(frozen=True)
class Student:
    """One student to train: H, training videos (0: all), seed."""

    hidden_size: int
    videos: int
    seed: int
    selector: str


def measure(student: Student, epochs: Sequence[int], dataset: Dataset, second: bool) -> dict:
    """{"teacher": rows, "<epoch>": rows}; a row is key, τ, ρ, correlation with the teacher."""
    from tf_dictsum.methods.registry import make_method
    from tf_dictsum.methods.salience.settings import StudentSettings
    from tf_dictsum.methods.salience.teacher import towards
    from tf_dictsum.methods.setup import Setup

    settings = StudentSettings(hidden_size=student.hidden_size, selector=student.selector)
    first, other = halves(dataset)
    rows: dict[str, list[list[str | float]]] = {}
    for learn, held in [(first, other)] if second else inner_folds(first):
        train = [dataset.videos[key] for key in learn][: student.videos or None]
        test = [dataset.videos[key] for key in held]
        axis = towards(train, settings)
        taught = {
            v.key: collection_salience(np.asarray(v.features), times_of(v), axis) for v in test
        }
        rows.setdefault("teacher", []).extend(_rows(taught, taught, test))
        setup = Setup(dataset.feature_size, batch_size=8, shuffle=True)
        method = make_method(settings, setup)
        method.reset(student.seed)
        method.prepare(train, pathlib.Path(), [])
        done = 0
        for epoch in sorted(epochs):
            method.fit(first_epoch=done, epochs=epoch, callbacks=[])
            done = epoch
            rows.setdefault(str(epoch), []).extend(_rows(method.score(test), taught, test))
    return rows


def _rows(
    scores: dict[str, np.ndarray], taught: dict[str, np.ndarray], test: Sequence[Video]
) -> list[list[str | float]]:
    rows: list[list[str | float]] = []
    for video in test:
        found = rank_correlation(scores[video.key], video)
        likeness = float(spearman_rho(scores[video.key], taught[video.key])[0, 0])
        rows.append([video.key, *(float(getattr(found, m)) for m in MEASURES), likeness])
    return rows


def main(argv: list[str]) -> None:
    """Prints one row per student and epoch."""
    del argv
    options = cli.from_flags(Options)
    if options.test_half and not options.log:
        raise UserError("test_half=true needs `log`: every look at the second half is recorded.")
    dataset = load_dataset(options.dataset)
    load_tensorflow()
    half = "second" if options.test_half else "first"
    print(
        "| student | training videos | epochs | τ | ρ | of its teacher's τ | ρ with the teacher |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for size, videos in itertools.product(options.hidden_sizes, options.videos):
        measured: dict[str, list[np.ndarray]] = {}
        for seed in options.seeds:
            student = Student(size, videos, seed, options.selector)
            name = f"{half}-{options.selector}-{size}-{videos}-{seed}.json"
            file = pathlib.Path(options.out) / name
            wanted = {"teacher", *map(str, options.epochs)}
            if not file.exists() or not wanted <= read_json(file).keys():
                write_json(file, measure(student, options.epochs, dataset, options.test_half))
            for epoch, rows in read_json(file).items():
                table = np.array([row[1:] for row in rows])
                measured.setdefault(epoch, []).append(table)
        teacher = np.mean(measured["teacher"], axis=0)
        for epoch, tables in measured.items():
            table = np.mean(tables, axis=0)
            tau, rho = (bootstrap_interval(table[:, i]) for i in (0, 1))
            kept = table[:, 0].mean() / teacher[:, 0].mean()
            kind = "teacher" if epoch == "teacher" else f"H = {size}, {options.selector}"
            print(
                f"| {kind} | {videos or 'all'} | {epoch if epoch != 'teacher' else '–'} "
                f"| {tau.mean:.3f} [{tau.low:.3f}, {tau.high:.3f}] "
                f"| {rho.mean:.3f} [{rho.low:.3f}, {rho.high:.3f}] "
                f"| {100 * kept:.0f} % | {table[:, 2].mean():.2f} |",
                flush=True,
            )
        if options.test_half:
            line = {
                "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                "student": [size, options.selector, videos, list(options.seeds)],
                "means": {
                    e: np.round(np.mean(t, axis=(0, 1)), 4).tolist() for e, t in measured.items()
                },
            }
            with open(options.log, "a", encoding="utf-8") as handle:
                handle.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
