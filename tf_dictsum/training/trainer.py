"""A whole run: every split and seed, trained or taken up where it stopped, and its results."""

import dataclasses
import pathlib
import resource
from collections.abc import Callable, Sequence
from typing import Any

from absl import logging

from tf_dictsum.baselines.rows import baselines_of
from tf_dictsum.config import Config
from tf_dictsum.data.chosen_splits import chosen_splits
from tf_dictsum.data.extractor_record import read_extractor
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.methods.base import Method
from tf_dictsum.methods.registry import make_method
from tf_dictsum.metrics.evaluation import headline_metric
from tf_dictsum.report.run_page import results_markdown
from tf_dictsum.report.run_results import run_report
from tf_dictsum.selectors.files import save_selector
from tf_dictsum.selectors.metadata import is_selector, read_metadata
from tf_dictsum.shots.selection import budget_of, shortest_shot
from tf_dictsum.training.compilation import CompilationReport
from tf_dictsum.training.histories import system_of
from tf_dictsum.training.monitor import History, Monitor, StepLogger
from tf_dictsum.training.other_run import read_other_run
from tf_dictsum.training.run_directory import RunDirectory
from tf_dictsum.training.tensorboard import TensorBoardLogger
from tf_dictsum.util.checkpoints import Checkpointer
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import write_json, write_text
from tf_dictsum.util.progress import Progress

__all__ = ["train"]


def train(
    config: Config, make: Callable[[Config, int, Sequence[int]], Method] = make_method
) -> tuple[dict[str, Any], str]:
    """Runs `config` to its end, resuming whatever `config.run_dir` already holds of it.

    Args:
      config: of the run.
      make: makes the method, as `make_method`; it may hand out one that was used before (runs begin by `reset`).

    Returns:
      The contents of results.json and of results.md.

    Raises:
      UserError: bad data, splits, run directory or checkpoint.
    """
    dataset = load_dataset(config.dataset)
    splits = chosen_splits(config, dataset)
    for video in dataset.videos.values():
        if video.change_points is not None and shortest_shot(video) > budget_of(video):
            logging.warning(
                "%s: no shot fits into 15 %% of the video, so its summary is empty; check its change_points.",
                video.key,
            )
    others = []
    if config.compare_to:
        others.append(system_of(*read_other_run(config.compare_to, splits, dataset)))
    directory = RunDirectory(config)
    with directory.open():
        method = make(config, dataset.feature_size, [v.n_steps for v in dataset.videos.values()])
        jobs = [(number, seed) for seed in config.all_seeds for number in splits]
        trains = {n: [dataset.videos[k] for k in s.train_keys] for n, s in splits.items()}
        total = sum(
            method.prepare_steps(trains[n]) + config.epochs * method.steps_per_epoch(trains[n])
            for n, _ in jobs
        )
        progress, compilation = (
            Progress(total, config.progress),
            CompilationReport(method.xla, method.buckets),
        )
        histories = {}
        try:
            for place, (number, seed) in enumerate(jobs):
                title = f"split {number} seed {seed} ({place + 1}/{len(jobs)})"
                folder = directory.split_folder(number, seed, splits[number], dataset)
                job = _Job(
                    config,
                    method,
                    dataset,
                    number,
                    splits[number],
                    seed,
                    folder,
                    progress,
                    title,
                    compilation,
                )
                histories[number, seed] = job.run()
        finally:
            progress.close()
        baselines = baselines_of(dataset, splits, config.epochs)
        system = system_of(config.method, histories)
        report = run_report(system, dataset, splits, baselines, others)
        found = report.to_json() | {
            "method": config.method,
            "peak_memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        }
        markdown = results_markdown(report)
        write_json(directory.path / "results.json", found)
        write_text(directory.path / "results.md", markdown)
    return found, markdown


@dataclasses.dataclass
class _Job:
    """One split with one seed."""

    config: Config
    method: Method
    dataset: Dataset
    number: int
    split: Split
    seed: int
    folder: pathlib.Path
    progress: Progress
    title: str
    compilation: CompilationReport

    def run(self) -> list[dict[str, Any]]:
        """Trains what is left to train; returns the records of all epochs."""
        epochs, videos = self.config.epochs, self.dataset.videos
        train, test = (
            [videos[k] for k in self.split.train_keys],
            [videos[k] for k in self.split.test_keys],
        )
        self.progress.describe(f"{self.title} starting")
        steps = self.method.steps_per_epoch(train)
        pretraining = self.method.prepare_steps(train)
        self.method.reset(self.seed)
        checkpoints = Checkpointer(self.folder / "checkpoints", self.method.variables)
        done = checkpoints.restore()
        if done is not None and done > epochs:
            raise UserError(
                f"{self.folder}: is trained for {done} epochs already; --epochs={epochs} is less. Ask for {done} or more."
            )
        history = History(self.folder / "history.json", -1 if done is None else done)
        if done == epochs:
            self.progress.advance(None, pretraining + epochs * steps)
            self._save_selector()
            return history.records
        if done is not None:
            logging.info("%s: resumes after epoch %d.", self.folder, done)
        self._prepare(train, steps, pretraining)
        logger = TensorBoardLogger(
            self.folder / "logs", self.config.as_flags(), self._hparams(), (done or 0) * steps + 1
        )
        step_logger = StepLogger(self.progress, logger, steps, self.title, self.method)
        primary = headline_metric(self.dataset)
        monitor = Monitor(
            self.method,
            test,
            self.folder,
            history,
            checkpoints,
            step_logger,
            logger,
            primary,
            epochs,
        )
        try:
            if done is None:
                monitor.evaluate(0, {})
            else:
                self.progress.advance(None, done * steps)
            self.method.fit(
                first_epoch=done or 0,
                epochs=epochs,
                callbacks=[self.compilation, step_logger, monitor],
            )
        finally:
            logger.close()
        self._save_selector()
        return history.records

    def _save_selector(self) -> None:
        """Writes the selector of the last epoch, unless a finished run has it (it may have been stopped just before)."""
        epochs = self.config.epochs
        if is_selector(self.folder) and read_metadata(self.folder).get("epochs") == epochs:
            return
        info: dict[str, Any] = {
            "method": self.config.method,
            "seed": self.seed,
            "epochs": epochs,
            "dataset": self.dataset.name,
        }
        extractor = read_extractor(self.dataset.attributes)
        if extractor:  # so that it refuses other features later
            info["extractor"] = extractor
        save_selector(self.method.selector, self.folder, info)

    def _prepare(self, train: list[Any], steps: int, expected: int) -> None:
        logger = TensorBoardLogger(self.folder / "pretraining" / "logs", self.config.as_flags(), {})
        step_logger = StepLogger(self.progress, logger, steps, f"{self.title} pretraining")
        before = self.progress.done
        try:
            self.method.prepare(train, self.folder, [step_logger])
        finally:
            logger.close()
        self.progress.advance(None, expected - (self.progress.done - before))

    def _hparams(self) -> dict[str, bool | int | float | str]:
        names = [
            "method",
            "sigma",
            "dict_weight",
            "recon_weight",
            "dictionary",
            "parallel_hidden",
            "pretrain_epochs",
            "hidden_size",
        ]
        names += ["learning_rate", "update", "batch_size", "init"]
        return {
            **{name: getattr(self.config, name) for name in names},
            "split": self.number,
            "seed": self.seed,
        }
