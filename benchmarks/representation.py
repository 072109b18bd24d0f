"""What training does to representation error: runs of several methods as one table.

    python benchmarks/representation.py --run_dirs=runs/films_dictsum,runs/films_sum_gan_aae \\
      [--dataset=FILE.h5] [--epochs=0,10,20,40,60]

Reads run directories of `python -m tf_dictsum.train` (same dataset, same splits) and prints, for
the last epoch and the epochs named, the mean over seeds with a 95 % bootstrap interval (five seeds
or more), beside random (many draws), constant and untrained scores, with the number of selected
frames and shots. One JSON line last.
"""

import dataclasses
import json
import pathlib
import re
from typing import Any

import numpy as np

from tf_dictsum.baselines.rows import baselines_of
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.splits import Split
from tf_dictsum.metrics.statistics import bootstrap_interval
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json

MEASURES = ("representation_error", "selected_steps", "selected_shots")


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    run_dirs: str = cli.option("", "run directories, comma-separated")
    dataset: str = cli.option("demo", "the dataset they were trained on")
    epochs: tuple[int, ...] = cli.option([0, 5, 10, 20, 30, 40, 50, 60], "epochs to show")
    draws: int = cli.option(200, "draws of random scores", lower_bound=2)


def read_run(path: pathlib.Path) -> tuple[dict[int, list[dict[int, Any]]], list[Split]]:
    """Seed -> (one history per split), and the splits."""
    histories: dict[int, list[dict[int, Any]]] = {}
    splits: dict[int, Split] = {}
    for folder in sorted(path.glob("split*-seed*")):
        number, seed = (int(part) for part in re.findall(r"\d+", folder.name))
        identity = read_json(folder / "split.json")
        splits[number] = Split(tuple(identity["train_keys"]), tuple(identity["test_keys"]))
        histories.setdefault(seed, []).append(
            {r["epoch"]: r for r in read_json(folder / "history.json")}
        )
    if not histories:
        raise UserError(f"{path}: no split<k>-seed<s> folders in it.")
    return histories, [splits[n] for n in sorted(splits)]


def main(argv: list[str]) -> None:
    """Prints the table."""
    del argv
    options = cli.from_flags(Options)
    dataset = load_dataset(options.dataset)
    paths = [pathlib.Path(p) for p in options.run_dirs.split(",") if p]
    if not paths:
        raise UserError("--run_dirs is missing.")
    rows: list[tuple[str, np.ndarray]] = []
    splits: list[Split] = []
    for path in paths:
        histories, splits = read_run(path)
        epochs = [e for e in options.epochs if all(e in h for hs in histories.values() for h in hs)]
        for epoch in epochs:
            measured = [
                [np.mean([h[epoch]["mean"][m] for h in hs]) for m in MEASURES]
                for hs in histories.values()
            ]
            rows.append((f"{path.name} epoch {epoch}", np.array(measured)))
    baselines = baselines_of(dataset, dict(enumerate(splits)), draws=options.draws).rows
    random, constant = baselines["random"], baselines["constant"]
    report: dict[str, Any] = {"dataset": dataset.name, "rows": {}}
    print(
        "| scores | seeds | representation error [95 % interval] | selected frames | selected "
        "shots |"
    )
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, values in rows:
        interval, mean = bootstrap_interval(values[:, 0]), values.mean(axis=0)
        bounds = "" if interval.low is None else f" [{interval.low:.2f}, {interval.high:.2f}]"
        print(f"| {name} | {len(values)} | {mean[0]:.2f}{bounds} | {mean[1]:.1f} | {mean[2]:.1f} |")
        report["rows"][name] = dataclasses.asdict(interval) | {"frames": mean[1], "shots": mean[2]}
    for name, row in ((f"random, {options.draws} draws (± sd)", random), ("constant", constant)):
        means = [row.mean[m] for m in MEASURES]
        spread = f" ± {row.sd['representation_error']:.2f}" if row.sd else ""
        print(f"| {name} | | {means[0]:.2f}{spread} | {means[1]:.1f} | {means[2]:.1f} |")
        report["rows"][name.split(",")[0]] = {
            "mean": means[0],
            "frames": means[1],
            "shots": means[2],
        }
    print(json.dumps(report))


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
