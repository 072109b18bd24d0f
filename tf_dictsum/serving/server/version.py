"""A version of a model through its life: START, LOADING, AVAILABLE, UNLOADING, END."""

import enum
import pathlib
import threading
import time

from absl import logging

from tf_dictsum.serving.server.batcher import Batcher
from tf_dictsum.serving.server.engine import Engine
from tf_dictsum.serving.server.gate import Gated
from tf_dictsum.serving.server.memory import give_memory_back
from tf_dictsum.serving.server.metrics import Metrics
from tf_dictsum.serving.server.predict import Run, predict
from tf_dictsum.serving.server.servable import Servable
from tf_dictsum.serving.server.status import Code, ServingError
from tf_dictsum.serving.server.warmup import read_warmup

__all__ = ["State", "Version"]


class State(enum.IntEnum):
    """ModelVersionStatus.State of get_model_status.proto."""

    UNKNOWN = 0
    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


_LACKING = (Code.RESOURCE_EXHAUSTED, Code.UNAVAILABLE)  # errors of the machine, not of the version


class Version:
    """One version: its state, and the SavedModel while it is loaded.

    Args:
      model: the model's name.
      number: the version.
      path: its folder.
      metrics: where loading is counted.

    Attributes:
      state, error: what GetModelStatus tells; `error` is set when loading failed.
      servable, run: what requests use while the version is AVAILABLE.
    """

    def __init__(self, model: str, number: int, path: pathlib.Path, metrics: Metrics):
        self.model, self.number, self.path = model, number, path
        self.state = State.START
        self.error: ServingError | None = None
        self.servable: Servable  # set by `load`, gone after `unload`
        self.run: Run
        self._metrics = metrics
        self._batcher: Batcher | None = None
        self._given_up = threading.Event()
        self._ended, self._retry_seconds = 0.0, 0.0
        self._users = 0
        self._changed = threading.Condition()

    def load(self, engine: Engine) -> None:
        """Loads and warms the version: afterwards it is AVAILABLE, or END with an error. Never
        raises ServingError.

        Args:
          engine: how, and how often it is tried.
        """
        self.state = State.LOADING
        start = time.monotonic()
        failure: ServingError | None = None
        for attempt in range(engine.load_retries + 1):
            if attempt and self._given_up.wait(engine.retry_seconds):
                break
            try:
                servable, failure = self._load_once(engine), None
                break
            except ServingError as error:
                failure = error
                logging.error(
                    "%s version %d does not load: %s: %s (%s)",
                    self.model,
                    self.number,
                    error.code.name,
                    error.message,
                    self.path,
                )
            except (
                Exception
            ) as error:  # whatever the loader raised: this one is broken, others go on
                failure = ServingError(Code.INTERNAL, f"{self.path}: cannot load it: {error!r}")
                logging.exception("%s version %d does not load", self.model, self.number)
        if failure is not None:
            self.error = failure
            self._ended, self.state = time.monotonic(), State.END
            self._retry_seconds = engine.retry_seconds
            return
        gated = Gated(servable, engine.gates)
        if engine.batch_threads is not None:
            self._batcher = Batcher(gated, engine.batch_threads)
        self.servable = servable
        self.run = gated.run if self._batcher is None else self._batcher.run
        self.state = State.AVAILABLE
        logging.info(
            "%s version %d is available (%.1f s)", self.model, self.number, time.monotonic() - start
        )

    def _load_once(self, engine: Engine) -> Servable:
        if not self.path.is_dir():
            raise ServingError(
                Code.FAILED_PRECONDITION,
                "Error while attempting to reserve resources to load servable "
                f"{{name: {self.model} version: {self.number}}}: {self.path}; Not a directory",
            )
        servable = Servable(self.path, *engine.session_threads)
        try:
            self._warm(servable, engine)
        except BaseException:
            servable.close()
            raise
        return servable

    def stop_trying(self) -> None:
        """The version is not asked for any more: if it does not load, that is that."""
        self._given_up.set()

    def is_worth_another_try(self, was_there: bool) -> bool:
        """Whether a version that has ended should be loaded anew.

        Args:
          was_there: whether it was asked for all the time, from the same folder.
        """
        if self.state != State.END:
            return False
        if self.error is None or not was_there:
            return True
        waited = time.monotonic() - self._ended >= self._retry_seconds
        return self.error.code in _LACKING and waited

    def _warm(self, servable: Servable, engine: Engine) -> None:
        """Replays the warm-up requests; with batching in batches, as TensorFlow Serving does."""
        start = time.monotonic()
        count = 0
        run: Run = servable.run
        batcher = None
        if engine.batch_threads is not None:
            batcher = Batcher(Gated(servable, engine.gates), engine.batch_threads)
            run = batcher.run
        try:
            for request in read_warmup(self.path):
                predict(servable, request, None, run)
                count += 1
        finally:
            if batcher is not None:
                batcher.close()
        if count:
            self._metrics.warmup_latency.labels(str(self.path), "OK").observe(
                (time.monotonic() - start) * 1e6
            )

    def acquire(self) -> bool:
        """Keeps the version loaded until `release`; False if it does not take requests."""
        with self._changed:
            if self.state != State.AVAILABLE:
                return False
            self._users += 1
            return True

    def release(self) -> None:
        """Ends what `acquire` began."""
        with self._changed:
            self._users -= 1
            self._changed.notify_all()

    def unload(self) -> None:
        """Lets no new request in, waits for those inside, frees the model."""
        with self._changed:
            self.state = State.UNLOADING
            while self._users:
                self._changed.wait()
        servable, batcher = self.servable, self._batcher
        del self.servable, self.run
        self._batcher = None  # it holds the graph; this object stays, for the status
        if batcher is not None:
            batcher.close()
        servable.close()
        del servable, batcher
        give_memory_back()
        self.state = State.END
        logging.info("%s version %d is unloaded", self.model, self.number)
