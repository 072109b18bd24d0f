"""Whether reconstruction, dictionary and adversaries add to a salience term: `--method=dictsum`.

    python benchmarks/agreement_ablation.py --dataset=FILE.h5 --out=FOLDER python
    benchmarks/agreement_ablation.py --dataset=FILE.h5 --out=FOLDER --test_half --seeds=0,1,2,3,4 \\
      --log=benchmarks/agreement_test_runs.jsonl

Trains on the first half (first half: four fifths of it, one fold) and prints the agreement with
people of each variant. Everything is that of `python -m tf_dictsum.train --method=dictsum
--salience_weight=...` with joint updates of 8 videos, without an evaluation after every epoch.
Finished ones are kept in FOLDER.
"""

import dataclasses
import datetime
import json
import pathlib

import numpy as np

from tf_dictsum.data.halves import halves, inner_folds
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.rank import rank_correlation
from tf_dictsum.metrics.statistics import bootstrap_interval
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json, write_json
from tf_dictsum.util.options import option
from tf_dictsum.util.quiet import load_tensorflow

VARIANTS: dict[str, dict[str, float | str]] = {
    "salience term alone": {"salience_weight": 10.0, "recon_weight": 0.0, "dict_weight": 0.0},
    "+ reconstruction": {"salience_weight": 10.0, "recon_weight": 1.0, "dict_weight": 0.0},
    "+ dictionary": {"salience_weight": 10.0, "recon_weight": 0.0, "dict_weight": 1.0},
    "all": {"salience_weight": 10.0, "recon_weight": 1.0, "dict_weight": 1.0},
    "all, another video's h": {
        "salience_weight": 10.0,
        "recon_weight": 1.0,
        "dict_weight": 1.0,
        "parallel_hidden": "shuffled",
    },
    "without the salience term": {"salience_weight": 0.0, "recon_weight": 1.0, "dict_weight": 1.0},
}


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = option("", "annotated feature file, ECCV16 layout")
    out: str = option("", "folder for the measurements; those that are there are not repeated")
    variants: tuple[str, ...] = option([], "which; without it all of them")
    hidden_size: int = option(64, "H, and N of the parallel encoder", lower_bound=1)
    epochs: int = option(10, "of training", lower_bound=1)
    pretrain_epochs: int = option(3, "of the parallel encoder", lower_bound=0)
    learning_rate: float = option(1e-3, "of selector, encoder and decoder", lower_bound=0.0)
    seeds: tuple[int, ...] = option([0], "of weights and order")
    test_half: bool = option(False, "train on the first half, measure on the second; needs --log")
    log: str = option("", "where a run on the second half is recorded")


def measure(options: Options, name: str, seed: int, dataset: Dataset) -> list[list[str | float]]:
    """Key, τ and ρ of every video that was not trained on."""
    from tf_dictsum.methods.dictsum.settings import DictSumSettings
    from tf_dictsum.methods.registry import make_method
    from tf_dictsum.methods.setup import Setup

    settings = DictSumSettings(
        hidden_size=options.hidden_size,
        parallel_size=options.hidden_size,
        pretrain_epochs=options.pretrain_epochs,
        learning_rate=options.learning_rate,
        update="joint",
        **VARIANTS[name],  # type: ignore[arg-type]  # options of several types by name
    )
    first, second = halves(dataset)
    learn, held = (first, second) if options.test_half else inner_folds(first)[0]
    method = make_method(settings, Setup(dataset.feature_size, batch_size=8, shuffle=True))
    method.reset(seed)
    folder = pathlib.Path(options.out) / f"work-{seed}-{VARIANTS[name].get('parallel_hidden')}"
    folder.mkdir(parents=True, exist_ok=True)
    method.prepare([dataset.videos[key] for key in learn], folder, [])
    method.fit(first_epoch=0, epochs=options.epochs, callbacks=[])
    rows: list[list[str | float]] = []
    for key, scores in method.score([dataset.videos[key] for key in held]).items():
        found = rank_correlation(scores, dataset.videos[key])
        assert found is not None
        rows.append([key, found.kendall_tau, found.spearman_rho])
    return rows


def main(argv: list[str]) -> None:
    """Prints one row per variant."""
    del argv
    options = cli.from_flags(Options)
    if options.test_half and not options.log:
        raise UserError("test_half=true needs `log`: every look at the second half is recorded.")
    dataset = load_dataset(options.dataset)
    load_tensorflow()
    half = "second" if options.test_half else "first"
    print("| loss of the selector | seeds | τ | ρ |")
    print("| --- | ---: | ---: | ---: |")
    for place, name in enumerate(VARIANTS):
        if options.variants and name not in options.variants:
            continue
        tables = []
        for seed in options.seeds:
            sizes = f"{options.hidden_size}-{options.epochs}-{options.learning_rate}"
            file = pathlib.Path(options.out) / f"{half}-{place}-{sizes}-{seed}.json"
            if not file.exists():
                write_json(file, measure(options, name, seed, dataset))
            tables.append(np.array([row[1:] for row in read_json(file)]))
        values = np.mean(tables, axis=0)
        cells = []
        for column in values.T:
            it = bootstrap_interval(column)
            cells.append(f"{it.mean:.3f} [{it.low:.3f}, {it.high:.3f}]")
        print(f"| {name} | {len(tables)} | {' | '.join(cells)} |", flush=True)
        if options.test_half:
            line = {
                "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                "ablation": name,
                "settings": [options.hidden_size, options.epochs, options.learning_rate],
                "seeds": list(options.seeds),
                "means": np.round(values.mean(axis=0), 4).tolist(),
            }
            with open(options.log, "a", encoding="utf-8") as handle:
                handle.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
