"""python -m tf_dictsum.evaluate: F-scores, rank correlation and representation error of any system's scores."""

import dataclasses
import os
import sys
import typing
from typing import Any

import numpy as np
from absl import logging

from tf_dictsum import cli
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.splits import load_splits
from tf_dictsum.data.video import Dataset
from tf_dictsum.errors import UserError
from tf_dictsum.files import read_json, write_json
from tf_dictsum.metrics.baselines import Baseline, constant_baseline, human_baseline, random_baseline
from tf_dictsum.metrics.evaluation import METRICS, Evaluation, evaluate_dataset, headline_metric, video_groups
from tf_dictsum.shots.selection import RATIO, RULES, Rule

__all__ = ["Options", "main", "read_scores", "run"]

STANDIN_NOTE = "The features are stand-ins taken from unrelated footage: numbers measured on them say nothing about any method."
_HEADINGS = ("F max", "F avg", "precision", "recall", "tau", "rho", "repr. error")
_DIGITS = (2, 2, 2, 2, 3, 3, 3)


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = cli.option("", "dataset file in the ECCV16 layout (features are optional here), or demo")
    scores: str = cli.option("", 'JSON file of scores: {"video_1": [one number per sampled frame], ...}')
    splits: str = cli.option("", "JSON file of splits; means are then over each split's test videos, then over the splits")
    selection: str = cli.option("knapsack", "how shots are chosen within 15 % of the video", choices=RULES)
    random_draws: int = cli.option(20, "draws of the random row; 0 leaves the row out", lower_bound=0)
    seed: int = cli.option(0, "seed of the random row", lower_bound=0)
    allow_missing: bool = cli.option(False, "evaluate the videos that scores and dataset share, even if either has more")
    json: str = cli.option("", "write the results to this JSON file")


def main(argv: list[str]) -> None:
    """Runs one evaluation as the flags say. Raises UserError for bad input."""
    options = cli.from_flags(Options)
    if argv[1:]:
        raise UserError(f"unexpected argument {argv[1]!r}; everything is given by flags, see --help.")
    for name in ("dataset", "scores"):
        if not getattr(options, name):
            raise UserError(f"--{name} is missing; name a file, as in --dataset=tvsum.h5 --scores=scores.json.")
    dataset = load_dataset(options.dataset, need_features=False)
    splits = load_splits(options.splits, dataset.videos, dataset.source) if options.splits else None
    tested = {key for group in video_groups(dataset, None, splits) for key in group}
    scores = read_scores(options.scores, dataset, tested, allow_missing=options.allow_missing)
    keys = [key for key in dataset.videos if key in scores and key in tested]
    rule = typing.cast(Rule, options.selection)
    evaluation = evaluate_dataset(scores, dataset, keys, splits=splits, rule=rule)
    baselines: dict[str, Baseline | None] = {
        "random": random_baseline(dataset, keys, splits=splits, draws=options.random_draws, seed=options.seed, rule=rule)
        if options.random_draws
        else None,
        "constant": constant_baseline(dataset, keys, splits=splits, rule=rule),
        "human": human_baseline(dataset, keys, splits=splits),
    }
    if options.json:
        write_json(options.json, _as_json(dataset, rule, evaluation, baselines, splits is not None))
    print(_table(options.scores, dataset, rule, evaluation, baselines, splits is not None))


def read_scores(path: str | os.PathLike[str], dataset: Dataset, keys: set[str], *, allow_missing: bool = False) -> dict[str, np.ndarray]:
    """Reads {"video_1": [n_steps floats], ...}, the scores format of SUM-GAN-AAE and CA-SUM.

    Args:
      path: the JSON file.
      dataset: what the scores belong to.
      keys: videos that must have scores.
      allow_missing: scores of unknown videos are ignored and videos without scores are left out, with a log line.

    Returns:
      key -> float64 [n_steps]. Values outside [0, 1] are allowed, and said once in the log.

    Raises:
      UserError: names the file, the key, what was found and what to do.
    """
    found = read_json(path)
    if not isinstance(found, dict):
        raise UserError(f'{path}: a JSON {type(found).__name__}, not an object {{"video_1": [scores], ...}}.')
    unknown, missing = [k for k in found if k not in dataset.videos], [k for k in dataset.videos if k in keys and k not in found]
    for problem, names in ((f"videos that {dataset.source} does not have", unknown), ("no scores for videos to evaluate", missing)):
        if names and not allow_missing:
            raise UserError(f"{path}: {problem}: {', '.join(names)}. Mend the file, or go on without them by --allow_missing.")
        if names:
            logging.warning("%s: %s: %s; going on without them.", path, problem, ", ".join(names))
    if not keys & found.keys():
        raise UserError(f"{path}: no scores for any video to evaluate; expected keys such as {min(keys)}.")
    scores = {key: _vector(path, key, found[key], video.n_steps) for key, video in dataset.videos.items() if key in found}
    outside = [key for key, values in scores.items() if values.min() < 0 or values.max() > 1]
    if outside:
        logging.warning("%s: scores outside [0, 1] in %d videos (first: %s); used as they are.", path, len(outside), outside[0])
    return scores


def _vector(path: str | os.PathLike[str], key: str, value: Any, n_steps: int) -> np.ndarray:
    if not isinstance(value, list):
        raise UserError(f"{path}: {key}: a JSON {type(value).__name__}, not a list of {n_steps} numbers.")
    for step, number in enumerate(value):  # one by one, to name the place
        if not isinstance(number, int | float) or isinstance(number, bool):
            raise UserError(f"{path}: {key}: entry {step} is {number!r:.40}, not a number.")
        if not abs(number) <= sys.float_info.max:
            raise UserError(f"{path}: {key}: entry {step} is {number!r:.40}; all scores must be finite.")
    if len(value) != n_steps:
        raise UserError(f"{path}: {key}: {len(value)} scores, but the dataset has {n_steps} sampled frames; give one score per pick.")
    return np.asarray(value, np.float64)


def _protocol(rule: str, evaluation: Evaluation, with_splits: bool) -> str:
    count = len(evaluation.videos)
    over = (
        f"the test videos of each split, then over the splits ({len(evaluation.groups)}; {count} videos)"
        if with_splits
        else f"{count} videos"
    )
    return (
        f"{rule} over shot means, budget int(frames * {RATIO}); F max = best user, F avg = mean over users; precision and recall are "
        f"means over users; tau-b and rho are means over annotators at the sampled frames; mean over {over}"
    )


def _as_json(
    dataset: Dataset, rule: str, evaluation: Evaluation, baselines: dict[str, Baseline | None], with_splits: bool
) -> dict[str, Any]:
    result: dict[str, Any] = {"dataset": dataset.name, "protocol": _protocol(rule, evaluation, with_splits)}
    if dataset.attributes.get("features_are_standin"):
        result["note"] = STANDIN_NOTE
    result["headline"] = headline_metric(dataset)
    result["videos"] = {key: dataclasses.asdict(video) for key, video in evaluation.videos.items()}
    result["mean"] = evaluation.mean
    result["baselines"] = {name: row and dataclasses.asdict(row) for name, row in baselines.items()}
    return result


def _table(
    title: str, dataset: Dataset, rule: str, evaluation: Evaluation, baselines: dict[str, Baseline | None], with_splits: bool
) -> str:
    shown = [i for i, name in enumerate(METRICS) if name != "representation_error" or evaluation.mean[name] is not None]
    rows: dict[str, dict[str, float | None]] = {os.path.basename(title): evaluation.mean}
    for name, row in baselines.items():
        if row is not None:
            rows[f"{name} ({row.draws} draws)" if row.draws else name] = row.mean
            if row.sd is not None:
                rows["  its standard deviation"] = row.sd
    width = max(map(len, rows))
    lines = [f"{dataset.name}: {_protocol(rule, evaluation, with_splits)}."]
    if dataset.attributes.get("features_are_standin"):
        lines.append(f"NOTE: {STANDIN_NOTE}")
    lines += ["", " ".join([" " * width, *(f"{_HEADINGS[i]:>11}" for i in shown)])]
    for name, values in rows.items():
        cells = ("-" if (value := values[METRICS[i]]) is None else f"{value:.{_DIGITS[i]}f}" for i in shown)
        lines.append(" ".join([f"{name:<{width}}", *(f"{cell:>11}" for cell in cells)]))
    undefined = sum(video.undefined for video in evaluation.videos.values())
    headline = _HEADINGS[METRICS.index(headline_metric(dataset))]
    lines += ["", f"Headline figure for {dataset.name}: {headline}. F, precision and recall in percent."]
    if undefined:
        lines.append(f"Rank correlation is undefined (constant values) for {undefined} pairs of video and annotator, counted as 0.")
    return "\n".join(lines)


def run() -> None:
    """Entry point of the console script."""
    cli.define_flags(Options)
    cli.run(main)


if __name__ == "__main__":
    run()
