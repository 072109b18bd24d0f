"""One split with one seed: trained, or taken up where it stopped."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import Any

from absl import logging

from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.methods.base import Method
from tf_dictsum.metrics.evaluation import headline_metric
from tf_dictsum.selectors.files import save_selector
from tf_dictsum.selectors.metadata import check_selector, is_selector
from tf_dictsum.training.compilation import CompilationReport
from tf_dictsum.training.config import RunConfig
from tf_dictsum.training.history import History
from tf_dictsum.training.monitor import Monitor, Outputs
from tf_dictsum.training.selector_info import selector_info
from tf_dictsum.training.split_folder import HISTORY, check_split_folder
from tf_dictsum.training.step_logger import StepLogger
from tf_dictsum.training.tensorboard import TensorBoardLogger
from tf_dictsum.util.checkpoints import Checkpointer
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.progress import Progress

__all__ = ["Job", "Run", "total_steps"]


def epochs_of(config: RunConfig, method: Method) -> int:
    """Epochs to train; none for a method that does not train."""
    return config.epochs if method.trains else 0


def total_steps(config: RunConfig, method: Method, train: Sequence[Video]) -> int:
    """Most updates that one split and seed takes, pretraining included."""
    epochs = epochs_of(config, method)
    return method.prepare_steps(train) + epochs * method.steps_per_epoch(train)


@dataclasses.dataclass(frozen=True)
class Run:
    """What all splits and seeds of a run share."""

    config: RunConfig
    method: Method
    dataset: Dataset
    progress: Progress
    compilation: CompilationReport

    @property
    def epochs(self) -> int:
        """Epochs to train; none for a method that does not train."""
        return epochs_of(self.config, self.method)


@dataclasses.dataclass(frozen=True)
class Job:
    """One split with one seed.

    Attributes:
      run: that it is part of.
      number: of the split.
      split: its videos.
      seed: of weights, dropout and shuffling.
      folder: where its files are.
      title: before the words of the progress bar.
    """

    run: Run
    number: int
    split: Split
    seed: int
    folder: pathlib.Path
    title: str

    def train(self) -> list[dict[str, Any]]:
        """Trains what is left to train; returns the records of all epochs."""
        method, epochs, progress = self.run.method, self.run.epochs, self.run.progress
        train = self._videos(self.split.train_keys)
        steps = method.steps_per_epoch(train)
        progress.describe(f"{self.title} starting")
        method.reset(self.seed)
        checkpoints = Checkpointer(self.folder / "checkpoints", method.variables)
        done = checkpoints.restore()
        if done is not None and done > epochs:
            raise UserError(
                f"{self.folder}: is trained for {done} epochs already; epochs={epochs} is less. "
                f"Ask for {done} or more."
            )
        check_split_folder(self.folder, done)
        history = History(self.folder / HISTORY, -1 if done is None else done)
        if done == epochs and history.records:
            progress.advance(None, total_steps(self.run.config, method, train))
            self._save_selector(history.records)
            return history.records
        if done is not None:
            logging.info("%s: resumes after epoch %d.", self.folder, done)
        self._prepare(train)
        logger = TensorBoardLogger(
            self.folder / "logs",
            self.run.config.as_flags(),
            self._hparams(),
            (done or 0) * steps + 1,
            logs=method.logs,
        )
        outputs = Outputs(self.folder, history, checkpoints, logger)
        step_logger = StepLogger(progress, logger, steps, self.title, method)
        monitor = Monitor(
            method,
            self._videos(self.split.test_keys),
            outputs,
            step_logger,
            primary=headline_metric(self.run.dataset),
            epochs=epochs,
        )
        try:
            if done is None:
                monitor.evaluate(0, {})
            else:
                progress.advance(None, done * steps)
            if method.trains:
                callbacks = [self.run.compilation, step_logger, monitor]
                method.fit(first_epoch=done or 0, epochs=epochs, callbacks=callbacks)
            else:
                checkpoints.save(0)
        finally:
            logger.close()
        self._save_selector(history.records)
        return history.records

    def _videos(self, keys: Sequence[str]) -> list[Video]:
        return [self.run.dataset.videos[key] for key in keys]

    def _save_selector(self, records: Sequence[dict[str, Any]]) -> None:
        """Writes the selector of the last epoch, unless a finished run has it (it may have been
        stopped just before).
        """
        epochs = self.run.epochs
        if is_selector(self.folder):
            try:
                if check_selector(self.folder).get("epochs") == epochs:
                    return
            except UserError as error:
                logging.warning("%s Written again from the checkpoint.", error)
        run = self.run
        info = selector_info(run.method, run.dataset, self.split, self.seed, records)
        save_selector(run.method.selector, self.folder, info)

    def _prepare(self, train: list[Video]) -> None:
        method, progress = self.run.method, self.run.progress
        logger = TensorBoardLogger(
            self.folder / "pretraining" / "logs", self.run.config.as_flags(), {}, logs=method.logs
        )
        title = f"{self.title} pretraining"
        steps = method.steps_per_epoch(train)
        step_logger = StepLogger(progress, logger, steps, title, method, rates=False)
        before = progress.done
        try:
            method.prepare(train, self.folder, [step_logger])
        finally:
            logger.close()
        progress.advance(None, method.prepare_steps(train) - (progress.done - before))

    def _hparams(self) -> dict[str, bool | int | float | str]:
        config = self.run.config
        shared = {"method": config.method.method, "batch_size": config.batch_size}
        own = {n: v for n, v in config.method.values().items() if not isinstance(v, tuple)}
        return {**shared, **own, "split": self.number, "seed": self.seed}
