"""What happens after every step and every epoch of training."""

import math
import pathlib
import time
from collections import defaultdict
from typing import Any

import keras
import numpy as np

from tf_dictsum.data.video import Video
from tf_dictsum.methods.base import Method
from tf_dictsum.metrics.averages import average
from tf_dictsum.metrics.evaluation import COUNTS, METRICS, evaluate_video
from tf_dictsum.report.score_plot import score_image
from tf_dictsum.shots.selection import select_shots
from tf_dictsum.training.collapse import CollapseWatch
from tf_dictsum.training.selection import selected_record
from tf_dictsum.training.tensorboard import TensorBoardLogger
from tf_dictsum.util.checkpoints import Checkpointer
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json, write_json
from tf_dictsum.util.progress import Progress
from tf_dictsum.util.weights import save_weights

__all__ = ["History", "Monitor", "StepLogger"]

Record = dict[str, Any]

IMAGES = 10  # drawings per test video over a run: a figure costs as much as scoring a video


class History:
    """The records of a split's epochs, in history.json; epoch 0 is before training.

    Args:
      path: the file.
      epochs: records of later epochs are dropped (they came after the checkpoint that is resumed).
    """

    def __init__(self, path: pathlib.Path, epochs: int):
        self.path = path
        self.records: list[Record] = (
            [r for r in read_json(path) if r["epoch"] <= epochs] if path.exists() else []
        )

    def add(self, record: Record) -> None:
        """Appends and writes, atomically."""
        self.records.append(record)
        write_json(self.path, self.records)


class StepLogger(keras.callbacks.Callback):
    """Feeds every step to the progress bar and to TensorBoard, and keeps the epoch's means.

    Args:
      progress: of the whole run.
      logger: of this stage.
      steps_per_epoch: updates per epoch.
      title: shown before "epoch".
      rates: where learning rates come from; None: not logged.
    """

    def __init__(
        self,
        progress: Progress,
        logger: TensorBoardLogger,
        steps_per_epoch: int,
        title: str,
        rates: Method | None = None,
    ):
        super().__init__()
        self.progress, self.logger, self.rates, self.title = progress, logger, rates, title
        self.steps_per_epoch = steps_per_epoch
        self.epoch = 0
        self.values: dict[str, list[float]] = defaultdict(list)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.epoch = epoch
        self.values.clear()
        self.progress.describe(f"{self.title} epoch {epoch + 1}/{self.params['epochs']}")

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        step = {name: float(value) for name, value in (logs or {}).items()}
        for name, value in step.items():
            if not math.isfinite(value):
                raise UserError(
                    f"{self.title}: {name} became {value} in epoch {self.epoch + 1}, step {batch + 1}: training diverged. "
                    "Lower the learning rates (--learning_rate, --pretrain_lr) or set --clip, and train anew with --overwrite."
                )
            self.values[name].append(value)
        rates = (
            {f"learning_rate_{name}": rate for name, rate in self.rates.learning_rates.items()}
            if self.rates
            else {}
        )
        self.logger.step(self.epoch * self.steps_per_epoch + batch + 1, {**step, **rates})
        self.progress.advance(step)

    def means(self) -> dict[str, float]:
        """Mean of every logged value over the epoch so far."""
        return {name: float(np.mean(values)) for name, values in self.values.items()}


class Monitor(keras.callbacks.Callback):
    """After every epoch: scores the test videos, evaluates, logs, and saves a checkpoint, in an order safe to kill.

    Args:
      method: being trained.
      test: the test videos.
      folder: of the split.
      history: to extend.
      checkpoints: to write.
      steps: keeps the epoch's means.
      logger: TensorBoard.
      primary: headline metric.
      epochs: that will be trained.
    """

    def __init__(
        self,
        method: Method,
        test: list[Video],
        folder: pathlib.Path,
        history: History,
        checkpoints: Checkpointer,
        steps: StepLogger,
        logger: TensorBoardLogger,
        primary: str,
        epochs: int,
    ):
        super().__init__()
        self.method, self.test, self.folder, self.history = method, test, folder, history
        self.checkpoints, self.steps, self.logger, self.primary = (
            checkpoints,
            steps,
            logger,
            primary,
        )
        self.epochs = epochs
        self.collapse = CollapseWatch()
        self.started = time.perf_counter()

    def evaluate(self, epoch: int, losses: dict[str, float]) -> None:
        """Writes scores/epoch-NNN.json and the epoch's record, and shows both in TensorBoard."""
        seconds = time.perf_counter() - self.started if epoch else 0.0
        scores = self.method.score(self.test)
        write_json(
            self.folder / "scores" / f"epoch-{epoch:03d}.json",
            {k: [float(x) for x in s] for k, s in scores.items()},
        )
        segmented = [v for v in self.test if v.change_points is not None]
        results = {v.key: evaluate_video(scores[v.key], v) for v in segmented}
        measures = {key: result.metrics() for key, result in results.items()}
        names = (*METRICS, *COUNTS)
        mean = average(measures, [list(measures)], names) if measures else {}
        record = {
            "epoch": epoch,
            "seconds": seconds,
            "losses": losses,
            "videos": measures,
            "mean": mean,
        }
        self.history.add(record)
        drawn = (
            segmented if epoch % max(1, self.epochs // IMAGES) == 0 or epoch == self.epochs else []
        )
        images = {
            v.key: score_image(
                scores[v.key], v, select_shots(scores[v.key], v), f"{v.name}, epoch {epoch}"
            )
            for v in drawn
        }
        self.logger.epoch(record, images, self.primary)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        losses = self.steps.means()
        self.collapse.update(losses["score_std"])
        self.evaluate(epoch + 1, losses)
        if (
            selected_record([r for r in self.history.records if r["epoch"] > 0])["epoch"]
            == epoch + 1
        ):
            save_weights(self.method.selector, self.folder / "selected.weights.h5")
        self.checkpoints.save(epoch + 1)
