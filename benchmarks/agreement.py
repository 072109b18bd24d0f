"""How well scores without labels agree with people: named variants on one half of a dataset.

    python benchmarks/agreement.py --dataset=FILE.h5 [--variants=middle,random]
    python benchmarks/agreement.py --dataset=FILE.h5 --variants=NAME --test_half \\
      --log=benchmarks/agreement_test_runs.jsonl

    python benchmarks/agreement.py --dataset=FILE.h5 --write_splits=FOLDER
    python benchmarks/agreement.py --dataset=FILE.h5 --runs=NAME=RUN_DIR

docs/agreement.md tells the protocol: everything is chosen on the first half; annotations of the
second are only read with `--test_half`, and every such run is appended to the log. Prints a
Markdown table (Kendall's τ_b and Spearman's ρ, means over annotators and then over videos, with 95
% bootstrap intervals over videos, and paired permutation tests against `middle` and random), and
one JSON line last.
"""

import dataclasses
import datetime
import json
import pathlib
from collections.abc import Mapping

import numpy as np
from agreement_variants import VARIANTS, Videos

from tf_dictsum.baselines.human import human_measures
from tf_dictsum.data.halves import halves, inner_folds
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.rank import annotations_at_picks, kendall_tau_b, spearman_rho
from tf_dictsum.metrics.statistics import Interval, bootstrap_interval, paired_test
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json, write_json
from tf_dictsum.util.options import option

MEASURES = ("kendall_tau", "spearman_rho")
REFERENCES = ("random", "middle")


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = option("", "annotated feature file, ECCV16 layout")
    variants: tuple[str, ...] = option([], "names; without it all of them")
    against: tuple[str, ...] = option([], "variants that the others are tested against too")
    runs: tuple[str, ...] = option(
        [],
        "NAME=RUN_DIR of tf_dictsum.train on the splits of --write_splits; seeds are averaged over",
    )
    epoch: int = option(-1, "epoch of the runs' scores; -1: the last", lower_bound=-1)
    write_splits: str = option(
        "", "folder: first.json (the folds inside the first half) and second.json (first -> second)"
    )
    trim: float = option(
        0.0, "part of the video left out at either end", lower_bound=0.0, upper_bound=0.45
    )
    test_half: bool = option(False, "measure on the second half instead; needs --log")
    log: str = option("", "where a run on the second half is recorded")
    reprint: bool = option(False, "print the first run in --log again, with tests --against others")


Table = dict[str, dict[str, np.ndarray]]
"""Variant -> measure -> one value per video."""


def read_run(place: str, keys: tuple[str, ...], epoch: int) -> dict[str, np.ndarray]:
    """Test scores of a run: key -> [seeds, n_steps]."""
    rows: dict[str, list[np.ndarray]] = {key: [] for key in keys}
    pattern = "*" if epoch < 0 else f"{epoch:03d}"
    for folder in sorted(pathlib.Path(place).glob("split*-seed*")):
        files = sorted(folder.glob(f"scores/epoch-{pattern}.json"))
        for key, scores in (read_json(files[-1]) if files else {}).items():
            if key in rows:
                rows[key].append(np.array(scores))
    missing = [key for key, scores in rows.items() if not scores]
    if missing:
        raise UserError(f"{place}: no test scores of {', '.join(missing)} at that epoch.")
    return {key: np.stack(scores) for key, scores in rows.items()}


def write_splits(dataset: Dataset, folder: pathlib.Path) -> None:
    """The folds inside the first half, and first -> second, as files for `--splits`."""
    first, second = halves(dataset)
    for name, splits in (("first", inner_folds(first)), ("second", [(first, second)])):
        entries = [{"train_keys": list(a), "test_keys": list(b)} for a, b in splits]
        write_json(folder / f"{name}.json", entries)


def measure(
    videos: Videos,
    keys: tuple[str, ...],
    names: tuple[str, ...],
    given: Mapping[str, dict[str, np.ndarray]],
    trim: float = 0.0,
) -> Table:
    """What every variant reaches on every video of `keys`; `people` is each person against the
    others. With `trim`, on the video without so large a part at either end.
    """
    table: Table = {}
    for name in names:
        if name == "people":
            people = [human_measures(videos.dataset.videos[key], ("rank",)) for key in keys]
            table[name] = {m: np.array([float(p[m] or 0) for p in people]) for m in MEASURES}
            continue
        scores = given[name] if name in given else VARIANTS[name](videos, keys)
        rows = []
        for key in keys:
            marked = annotations_at_picks(videos.dataset.videos[key])
            assert marked is not None
            cut = round(trim * marked.shape[1])
            inner = slice(cut, marked.shape[1] - cut)
            ours = np.atleast_2d(scores[key])[:, inner]
            pair = (f(ours, marked[:, inner]).mean() for f in (kendall_tau_b, spearman_rho))
            rows.append([float(value) for value in pair])
        table[name] = dict(zip(MEASURES, np.array(rows).T, strict=True))
    return table


def print_table(table: Table, against: tuple[str, ...]) -> None:
    """Markdown: one row per variant, the best last."""
    tests = [name for name in (*REFERENCES, *against) if name in table]
    print("| scores | τ | ρ |" + "".join(f" τ − {name}'s, p |" for name in tests))
    print("| --- | ---: | ---: |" + " ---: |" * len(tests))
    for name in sorted(table, key=lambda n: float(table[n]["kendall_tau"].mean())):
        cells = [_interval(bootstrap_interval(table[name][m])) for m in MEASURES]
        for other in tests:
            if other == name or name == "people":
                cells.append("–")
                continue
            found = paired_test(table[name]["kendall_tau"], table[other]["kendall_tau"])
            cells.append(f"{found.difference.mean:+.3f}, {found.p:.4f}")
        print(f"| {name} | {' | '.join(cells)} |")


def record(options: Options, keys: tuple[str, ...], table: Table) -> None:
    """Appends a run on the second half to the log, one JSON line."""
    line = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "dataset": pathlib.Path(options.dataset).name,
        "videos": list(keys),
        "trim": options.trim,
        "means": {
            n: {m: round(float(v.mean()), 4) for m, v in c.items()} for n, c in table.items()
        },
        "tau": {n: np.round(c["kendall_tau"], 4).tolist() for n, c in table.items()},
        "rho": {n: np.round(c["spearman_rho"], 4).tolist() for n, c in table.items()},
    }
    with open(options.log, "a", encoding="utf-8") as handle:
        handle.write(json.dumps(line) + "\n")


def recorded(log: pathlib.Path) -> Table:
    """The first run in the log, video by video."""
    line = json.loads(log.read_text(encoding="utf-8").splitlines()[0])
    return {
        name: {"kendall_tau": np.array(tau), "spearman_rho": np.array(line["rho"][name])}
        for name, tau in line["tau"].items()
    }


def _interval(value: Interval) -> str:
    span = f" [{value.low:.3f}, {value.high:.3f}]" if value.low is not None else ""
    return f"{value.mean:.3f}{span}"


def main(argv: list[str]) -> None:
    """Prints the table; records it where it is about the second half."""
    del argv
    options = cli.from_flags(Options)
    if options.test_half and not options.log:
        raise UserError("--test_half needs --log: every look at the second half is recorded.")
    if options.reprint:
        print_table(recorded(pathlib.Path(options.log)), options.against)
        return
    dataset = load_dataset(options.dataset)
    keys = halves(dataset)[1 if options.test_half else 0]
    if options.write_splits:
        write_splits(dataset, pathlib.Path(options.write_splits))
        return
    runs = {
        name: read_run(place, keys, options.epoch)
        for name, _, place in (run.partition("=") for run in options.runs)
    }
    names = options.variants or (() if runs else (*VARIANTS, "people"))
    for name in (*names, *options.against):
        if name not in VARIANTS and name not in runs and name != "people":
            raise UserError(f"--variants: no {name}; there are {', '.join(VARIANTS)}, people.")
    wanted = tuple(dict.fromkeys((*names, *runs, *options.against, *REFERENCES, "people")))
    table = measure(Videos(dataset), keys, wanted, runs, options.trim)
    if options.test_half:
        record(options, keys, table)
    print_table(table, options.against)
    means = {n: [float(c[m].mean()) for m in MEASURES] for n, c in table.items()}
    print(json.dumps({"half": "second" if options.test_half else "first", "means": means}))


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
