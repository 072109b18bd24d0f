"""python -m tf_dictsum.evaluate: what scores are worth, beside what they must be read against."""

import dataclasses
import typing

from absl import logging

from tf_dictsum.baselines.settings import EvaluationSettings
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.splits import Split, load_splits, make_folds
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.protocols import PROTOCOLS
from tf_dictsum.report.build import build_report
from tf_dictsum.report.compare import compare_files
from tf_dictsum.report.report import Report
from tf_dictsum.report.systems import find_series, read_system, splits_of_run
from tf_dictsum.shots.shots import RATIO, RULES, Rule
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import write_json, write_text

__all__ = ["Options", "main", "run"]


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = cli.option(
        "", "dataset file in the ECCV16 layout (features are optional here), or demo"
    )
    scores: tuple[str, ...] = cli.option(
        [],
        "what to evaluate, comma-separated: JSON files "
        '{"video_1": [one number per sampled frame], ...}, directories of '
        "<name>_<epoch>.json, directories of split0, split1, ... with such files (a run "
        "directory, too); none: baselines only",
    )
    splits: str = cli.option(
        "",
        "JSON file of splits; means are then over each split's test videos, then over the splits",
    )
    folds: int = cli.option(
        0,
        "without --splits: so many generated non-overlapping folds; 0: all videos as one group",
        lower_bound=0,
    )
    fold_seed: int = cli.option(0, "seed of the folds", lower_bound=0)
    protocols: tuple[str, ...] = cli.option(
        [],
        f"what to measure, some of {','.join(PROTOCOLS)}; all that the dataset allows by default",
    )
    selection: str = cli.option(
        "knapsack",
        "how shots are chosen within the budget: best sum, by falling score, or by falling score "
        "until one is too long",
        RULES,
    )
    budget_ratio: float = cli.option(
        RATIO, "part of a video that its summary may fill", lower_bound=0.0, upper_bound=1.0
    )
    random_draws: int = cli.option(
        100, "draws of the random rows; 0 leaves these rows out", lower_bound=0
    )
    best_of: int = cli.option(
        0,
        "n of the row random, best of n; 0: the number of epochs given, 100 for single files, at "
        "most the draws",
        lower_bound=0,
    )
    seed: int = cli.option(0, "seed of random scores and of the k-medoids", lower_bound=0)
    allow_missing: bool = cli.option(
        False, "evaluate the videos that scores and dataset share, even if either has more"
    )
    per_user: bool = cli.option(False, "also print F of every user for every video")
    json: str = cli.option("", "write the results to this JSON file")
    markdown: str = cli.option("", "write a page with all tables to this file")
    csv: str = cli.option("", "write one line per system, epoch, split and video to this file")
    plots: str = cli.option("", "write PNG pictures to this directory")
    compare: str = cli.option(
        "",
        "two or more files side by side, with paired intervals: results written by --json, or "
        "scores (then with --dataset)",
    )


def main(argv: list[str]) -> None:
    """Evaluates or compares as the flags say. Raises UserError for bad input."""
    options = cli.from_flags(Options)
    if options.compare:
        files = [name for name in options.compare.split(",") if name] + argv[1:]
        if len(files) < 2:
            raise UserError(
                f"--compare={options.compare}: one file only; name two or more, as in "
                "--compare=a.json,b.json."
            )
        if options.scores:
            raise UserError(
                "--compare and --scores exclude each other: name all files after --compare."
            )
        if options.csv or options.plots:
            raise UserError("--compare writes --json and --markdown only; drop --csv and --plots.")

        def evaluate_scores(paths: typing.Sequence[str]) -> Report:
            if not options.dataset:
                raise UserError(
                    f"{paths[0]}: not written by --json. If it holds scores, name the --dataset "
                    "that they belong to."
                )
            return evaluate(options, paths)

        comparison = compare_files(files, evaluate_scores)
        if options.json:
            write_json(options.json, comparison.to_dict())
        if options.markdown:
            write_text(options.markdown, comparison.to_markdown())
        print(comparison.to_text())
        return
    if argv[1:]:
        raise UserError(
            f"unexpected argument {argv[1]!r}; everything is given by flags, see --help (several "
            "files: --scores=a.json,b.json)."
        )
    if not options.scores and not (
        options.json or options.markdown or options.csv or options.dataset
    ):
        raise UserError(
            "--dataset is missing; name a file, as in --dataset=tvsum.h5 --scores=scores.json."
        )
    report = evaluate(options, options.scores)
    if options.json:
        write_json(options.json, report.to_dict())
    if options.markdown:
        write_text(options.markdown, report.to_markdown())
    if options.csv:
        write_text(options.csv, report.to_csv())
    if options.plots:
        from tf_dictsum.report.picture_files import write_plots  # matplotlib takes a second

        if not write_plots(report, options.plots):
            logging.warning("--plots=%s: nothing to draw without --scores.", options.plots)
    print(report.to_text(per_user=options.per_user))


def evaluate(options: Options, paths: typing.Sequence[str]) -> Report:
    """Reads dataset, splits and the scores at `paths`, and measures them.

    Raises:
      UserError: bad flags or files.
    """
    settings = EvaluationSettings(
        selection=typing.cast(Rule, options.selection),
        budget_ratio=options.budget_ratio,
        protocols=options.protocols or tuple(PROTOCOLS),
        random_draws=options.random_draws,
        seed=options.seed,
        best_of=options.best_of,
    )
    if not options.dataset:
        raise UserError(
            "--dataset is missing; name a file, as in --dataset=tvsum.h5 --scores=scores.json."
        )
    dataset = load_dataset(options.dataset, need_features=False)
    splits = _splits(options, dataset, paths)
    systems = [
        read_system(series, dataset, splits, allow_missing=options.allow_missing)
        for path in paths
        for series in find_series(path)
    ]
    names = [system.name for system in systems]
    for i, system in enumerate(systems):
        if names.count(system.name) > 1:  # files of one name in several folders
            systems[i] = dataclasses.replace(
                system, name=f"{system.name} ({names[: i + 1].count(system.name)})"
            )
    return build_report(dataset, splits, systems, settings)


def _splits(options: Options, dataset: Dataset, paths: typing.Sequence[str]) -> list[Split] | None:
    if options.splits and options.folds:
        raise UserError("--splits and --folds exclude each other: give one of them.")
    if options.splits:
        return load_splits(options.splits, dataset.videos, dataset.source)
    if options.folds:
        return make_folds(list(dataset.videos), options.folds, options.fold_seed)
    of_runs = [splits for path in paths if (splits := splits_of_run(path, dataset)) is not None]
    if any(splits != of_runs[0] for splits in of_runs):
        raise UserError(
            "the run directories were made with different splits; evaluate them one by one, or "
            "give --splits."
        )
    return of_runs[0] if of_runs else None


run = cli.command(main, Options, positional=True)


if __name__ == "__main__":
    run()
