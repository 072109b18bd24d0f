"""python -m tf_dictsum.sweep: method × σ × λ × seed × split, and ablations, as jobs over local
processes; one table.

python -m tf_dictsum.sweep --dataset=demo --methods=dictsum,sum_gan_aae --dict_weights=0.1,1,10
--seeds=0,1,2,3,4 --run_dir=runs/sweep
python -m tf_dictsum.sweep --flagfile=configs/ablation_all.flags --dataset=FILE.h5

The same command goes on where it was stopped, and runs failed jobs again. All flags of
tf_dictsum.train hold for every job.
"""

import copy
import dataclasses
import pathlib
import sys

from absl import flags

from tf_dictsum.method_flags import (
    config_from_flags,
    define_run_flags,
    without_foreign_defaults,
)
from tf_dictsum.methods.registry import METHODS
from tf_dictsum.training.config import RunConfig
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError

__all__ = ["Options", "main", "run"]

_OF_THE_SWEEP: tuple[str, ...] = (
    "dataset",
    "splits",
    "folds",
    "fold_seed",
    "split",
    "run_dir",
    "overwrite",
)
_OF_THE_SWEEP += ("seed", "seeds", "progress")


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command beside those of training."""

    methods: tuple[str, ...] = cli.option([], "methods of the grid; without it: --method")
    sigmas: tuple[float, ...] = cli.option([], "σ of the grid; without it: --sigma")
    dict_weights: tuple[float, ...] = cli.option([], "λ of the grid; without it: --dict_weight")
    variants: tuple[str, ...] = cli.option(
        [], "flag files, each one more row beside the grid: these flags, changed as the file says"
    )
    grid: bool = cli.option(True, "run the grid; --nogrid runs the --variants only")
    reference: str = cli.option(
        "",
        "the row that the others are tested against; without it: sum_gan_aae, where there is one",
    )
    workers: int = cli.option(
        1,
        "processes at a time; one job needs about 1 GiB at H = 128, 3.5 GiB at H = 500",
        lower_bound=1,
    )
    threads: int = cli.option(
        0, "threads of each process; 0: the machine's cores, shared out", lower_bound=0
    )
    train: bool = cli.option(True, "--notrain only writes the table of the jobs that are done")


def main(argv: list[str]) -> int:
    """Runs the sweep as the flags say and prints its table; 1 when a job failed. Raises UserError
    for bad input.
    """
    options, base = cli.from_flags(Options), config_from_flags()
    from tf_dictsum.sweeps.grid import variants_of
    from tf_dictsum.sweeps.sweep import sweep

    named = {
        pathlib.Path(path).stem.removeprefix("ablation_"): _changed(base, path)
        for path in options.variants
    }
    if len(named) < len(options.variants):
        raise UserError(
            f"--variants={','.join(options.variants)}: two files of the same name. Name every "
            "flag file differently."
        )
    variants = variants_of(
        base,
        options.methods,
        options.sigmas,
        options.dict_weights,
        named,
        settings_of=lambda method: cli.from_flags(METHODS.settings(method)),
    )
    if not options.grid:
        variants = [variant for variant in variants if variant.name in named]
    if not variants:
        raise UserError("--nogrid without --variants leaves nothing to run.")
    try:
        _, markdown, failed = sweep(
            base,
            variants,
            workers=options.workers,
            threads=options.threads,
            reference=options.reference,
            train=options.train,
        )
    except KeyboardInterrupt:
        print(
            "\ninterrupted; the same command goes on with the jobs that are left", file=sys.stderr
        )
        sys.exit(130)
    print(markdown)
    return 1 if failed else 0


def _changed(base: RunConfig, path: str) -> RunConfig:
    """`base` with the flags of a file on top; data, splits, seeds and folder stay those of the
    sweep.
    """
    values = copy.deepcopy(flags.FLAGS)
    try:
        values(without_foreign_defaults(["sweep", f"--flagfile={path}"]))
    except flags.Error as error:
        raise UserError(f"{path}: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot read the flag file: {error.strerror}.") from None
    return dataclasses.replace(
        config_from_flags(values), **{name: getattr(base, name) for name in _OF_THE_SWEEP}
    )


run = cli.command(
    main,
    define=lambda argv: define_run_flags(argv, Options),
    rewrite=without_foreign_defaults,
)


if __name__ == "__main__":
    run()
