"""A whole run: every split and seed, trained or taken up where it stopped, and its results."""

import resource
from collections.abc import Callable, Mapping
from typing import Any

from absl import logging

from tf_dictsum.baselines.rows import baselines_of
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.methods.base import Method
from tf_dictsum.methods.registry import METHODS, make_method
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.methods.setup import Setup
from tf_dictsum.report.run_results import run_report
from tf_dictsum.shots.selection import budget_of, shortest_shot
from tf_dictsum.training.chosen_splits import chosen_splits
from tf_dictsum.training.compilation import CompilationReport
from tf_dictsum.training.config import RunConfig
from tf_dictsum.training.histories import system_of
from tf_dictsum.training.jit import jit_of
from tf_dictsum.training.job import Job, Run, total_steps
from tf_dictsum.training.other_run import read_other_run
from tf_dictsum.training.run_directory import RunDirectory
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import write_text
from tf_dictsum.util.progress import Progress
from tf_dictsum.util.recorded import write_recorded_json

__all__ = ["setup_of", "train"]


def train(
    config: RunConfig, make: Callable[[MethodSettings, Setup], Method] = make_method
) -> tuple[dict[str, Any], str]:
    """Runs `config` to its end, resuming whatever `config.run_dir` already holds of it.

    Args:
      config: of the run.
      make: makes the method, as `make_method`; it may hand out one that was used before (runs begin
        by `reset`).

    Returns:
      The contents of results.json and of results.md.

    Raises:
      UserError: bad data, splits, run directory or checkpoint.
    """
    dataset = load_dataset(config.dataset)
    splits = chosen_splits(config, dataset)
    kind = METHODS[config.method.method]
    _check_needs(kind, dataset, splits)
    for video in dataset.videos.values():
        if video.change_points is not None and shortest_shot(video) > budget_of(video):
            logging.warning(
                "%s: no shot fits into 15 %% of the video, so its summary is empty; check its "
                "change_points.",
                video.key,
            )
    others = []
    if config.compare_to:
        other = read_other_run(config.compare_to, splits, dataset)
        others.append(system_of(other.method, other.histories, other.criterion))
    directory = RunDirectory(config)
    with directory.open():
        method = make(config.method, setup_of(config, dataset))
        jobs = [(number, seed) for seed in config.all_seeds for number in splits]
        compilation = CompilationReport(method.setup.jit, method.setup.buckets)
        short = {name: log.short for name, log in method.logs.items()}
        trains = {n: [dataset.videos[k] for k in s.train_keys] for n, s in splits.items()}
        total = sum(total_steps(config, method, trains[number]) for number, _ in jobs)
        progress = Progress(total, config.progress, short=short)
        run = Run(config, method, dataset, progress, compilation)
        histories = {}
        try:
            for place, (number, seed) in enumerate(jobs):
                title = f"split {number} seed {seed} ({place + 1}/{len(jobs)})"
                folder = directory.split_folder(number, seed, splits[number], dataset)
                job = Job(run, number, splits[number], seed, folder, title)
                histories[number, seed] = job.train()
        finally:
            progress.close()
        system = system_of(kind.name, histories, kind.criterion, supervised=kind.supervised())
        baselines = baselines_of(dataset, splits, max(1, run.epochs))
        report = run_report(system, dataset, splits, baselines, others)
        table = report.to_dict() | {
            "method": kind.name,
            "peak_memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        }
        markdown = report.to_markdown()
        write_recorded_json(directory.path / "results.json", table)
        write_text(directory.path / "results.md", markdown)
    return table, markdown


def setup_of(config: RunConfig, dataset: Dataset) -> Setup:
    """What the method of a run is told of it."""
    lengths = tuple(video.n_steps for video in dataset.videos.values())
    return Setup(dataset.feature_size, lengths, config.batch_size, config.shuffle, jit_of(config))


def _check_needs(kind: type[Method], dataset: Dataset, splits: Mapping[int, Split]) -> None:
    """Raises UserError when a training video lacks what the method learns from."""
    for key in sorted({key for split in splits.values() for key in split.train_keys}):
        for name in sorted(kind.needs):
            if getattr(dataset.videos[key], name) is None:
                raise UserError(
                    f"{dataset.source}: {key} has no {name}, which method={kind.name} learns from. "
                    "Use an annotated dataset, or a method that needs no labels."
                )
