"""What happens after every step of training."""

import math
from collections import defaultdict

import keras
import numpy as np

from tf_dictsum.methods.base import Method
from tf_dictsum.training.tensorboard import TensorBoardLogger
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.progress import Progress

__all__ = ["StepLogger"]


class StepLogger(keras.callbacks.Callback):
    """Feeds every step to the progress bar and to TensorBoard, and keeps the epoch's means.

    Args:
      progress: of the whole run.
      logger: of this stage.
      steps_per_epoch: updates per epoch.
      title: shown before "epoch".
      method: being trained.
      rates: log its learning rates too.
    """

    def __init__(
        self,
        progress: Progress,
        logger: TensorBoardLogger,
        steps_per_epoch: int,
        title: str,
        method: Method,
        *,
        rates: bool = True,
    ):
        super().__init__()
        self.progress, self.logger, self.title, self.method = progress, logger, title, method
        self.steps_per_epoch, self.rates = steps_per_epoch, rates
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
                raise self._diverged(name, value, batch)
            self.values[name].append(value)
        rates = self.method.learning_rates if self.rates else {}
        named = {f"learning_rate_{name}": rate for name, rate in rates.items()}
        self.logger.step(self.epoch * self.steps_per_epoch + batch + 1, {**step, **named})
        self.progress.advance(step)

    def _diverged(self, name: str, value: float, batch: int) -> UserError:
        options = self.method.settings.values()
        rates = [f"`{n}`" for n in options if n.endswith(("learning_rate", "_lr"))]
        advice = f"Lower the learning rates ({', '.join(rates)})" if rates else "Change its options"
        clip = " or set `clip`" if "clip" in options else ""
        return UserError(
            f"{self.title}: {name} became {value} in epoch {self.epoch + 1}, step {batch + 1}: "
            "training diverged. "
            f"{advice}{clip}, and train anew with `overwrite`."
        )

    def means(self) -> dict[str, float]:
        """Mean of every logged value over the epoch so far."""
        return {name: float(np.mean(values)) for name, values in self.values.items()}
