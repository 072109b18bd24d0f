"""Says once per process what XLA compiles and what that costs."""

import time
from collections.abc import Sequence

import keras
from absl import logging

__all__ = ["CompilationReport"]

_WHAT = {"loops": "its time loops", "on": "the whole training step"}


class CompilationReport(keras.callbacks.Callback):
    """Logs the padded lengths before the first epoch and, after the second, how much longer the
    first one took.

    XLA compiles when a length is first met, in the middle of a step, so the cost can only be seen
    as a difference.
    For the first split and seed of a process: later ones find everything compiled.

    Args:
      xla: "loops", "on", or "off" (nothing is compiled, nothing is said).
      lengths: the padded lengths that training meets.
    """

    def __init__(self, xla: str, lengths: Sequence[int]):
        super().__init__()
        self.xla, self.lengths = xla, tuple(lengths)
        self.epochs: list[float] = []
        self.started = 0.0
        self.said_lengths = xla == "off"

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        if not self.said_lengths:
            listed = ", ".join(map(str, self.lengths)) or "as they come"
            logging.info(
                "XLA compiles %s, once for each padded length: %s.", _WHAT[self.xla], listed
            )
            self.said_lengths = True
        if len(self.epochs) < 2:
            self.epochs.append(0.0)

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        self.started = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        if self.epochs:
            self.epochs[-1] += time.perf_counter() - self.started

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if len(self.epochs) == 2 and self.xla != "off":
            first, second = self.epochs
            logging.info(
                "the first epoch's steps took %.1f s, the second's %.1f s: %.1f s for tracing "
                "and compiling %d lengths. "
                "The next run finds them compiled.",
                first,
                second,
                max(0.0, first - second),
                len(self.lengths),
            )
            self.xla = "off"
