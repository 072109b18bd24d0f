"""Which versions of which models are loaded: policies, hot swap, labels, status."""

import contextlib
import pathlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from absl import logging

from tf_dictsum.serving.config.files import ServedModel
from tf_dictsum.serving.config.version_folders import aspired_versions, find_versions
from tf_dictsum.serving.server.batcher import BatchThreads
from tf_dictsum.serving.server.metrics import Metrics
from tf_dictsum.serving.server.status import Code, ServingError, invalid
from tf_dictsum.serving.server.version import State, Version

__all__ = ["Manager"]


class Manager:
    """Keeps what is loaded equal to what the configuration and the disk ask for.

    A new version is loaded and warmed before the old one goes; a version that does not load stays END with its error and
    the old one goes on (core/availability_preserving_policy.h). A version directory that failed is tried again once it
    has gone and come back.

    Args:
      models: what to serve.
      metrics: where loading is counted.
      threads: intra- and inter-op threads of every session; 0: TensorFlow chooses.
      batch_threads: what runs batches; None: no batching.
      poll_seconds: how often the disk is looked at; 0: once; negative: never after the configuration was set.
      labels_may_wait: whether a label may name a version that is not AVAILABLE.
      on_change: called after every look at the disk and every change of a version.
    """

    def __init__(
        self,
        models: Sequence[ServedModel],
        metrics: Metrics,
        threads: tuple[int, int] = (0, 0),
        batch_threads: BatchThreads | None = None,
        poll_seconds: float = 1.0,
        labels_may_wait: bool = False,
        on_change: Callable[[], None] = lambda: None,
    ):
        self._models = {model.name: model for model in models}
        self._metrics, self._threads, self._batch_threads = metrics, threads, batch_threads
        self._poll_seconds, self._labels_may_wait, self.on_change = (
            poll_seconds,
            labels_may_wait,
            on_change,
        )
        self._versions: dict[str, dict[int, Version]] = {}
        self._labels = {model.name: dict(model.labels) for model in models}
        self._aspired: dict[str, dict[int, pathlib.Path]] = {}
        self._warned: set[str] = set()
        self._settled = False  # whether the first versions are loaded, or have failed
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._reload_lock = threading.Lock()
        self._poller = threading.Thread(target=self._poll, name="versions", daemon=True)

    def start(self) -> None:
        """Begins to load, in the background."""
        self._look()
        self._poller.start()

    def stop(self) -> None:
        """Stops looking for versions; what is loaded stays until the process ends."""
        self._stopped.set()
        self._wake.set()
        self._poller.join()

    def _poll(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(self._poll_seconds if self._poll_seconds > 0 else None)
            self._wake.clear()
            if not self._stopped.is_set():
                self._look()

    def _look(self) -> None:
        """Compares disk and configuration with what is loaded, and starts the difference."""
        try:
            with self._lock:
                for name in [*self._models, *(n for n in self._versions if n not in self._models)]:
                    self._update(name)
        except Exception:  # the poller must live on
            logging.exception("looking for versions failed")
        self.on_change()

    def _update(self, name: str) -> None:
        model = self._models.get(name)
        aspired: dict[int, pathlib.Path] = {}
        if model is not None:
            aspired = aspired_versions(find_versions(pathlib.Path(model.base_path)), model.policy)
            if not aspired and name not in self._warned:
                logging.warning(
                    "No versions of servable %s found under base path %s. "
                    "Did you forget to name your leaf directory as a number (eg. '/1/')?",
                    name,
                    model.base_path,
                )
            (self._warned.discard if aspired else self._warned.add)(name)
        before = self._aspired.get(name, {})
        self._aspired[name] = aspired
        versions = self._versions.setdefault(name, {})
        for number, path in aspired.items():
            known = versions.get(number)
            gone_before = (
                known is not None
                and known.state == State.END
                and (known.error is None or before.get(number) != path)
            )
            if known is None or gone_before:
                versions[number] = Version(name, number, path, self._metrics)
                threading.Thread(
                    target=self._load,
                    args=(versions[number],),
                    name=f"load {name} {number}",
                    daemon=True,
                ).start()
        self._unload_unwanted(name)

    def _load(self, version: Version) -> None:
        version.load(self._threads, self._batch_threads)
        with self._lock:
            self._unload_unwanted(version.model)
            self._is_starting()
        self.on_change()

    def _is_starting(self) -> bool:
        if not self._settled:
            states = {
                version.state
                for versions in self._versions.values()
                for version in versions.values()
            }
            self._settled = not states & {State.START, State.LOADING}
        return not self._settled

    def _unload_unwanted(self, name: str) -> None:
        """Unloads what is not asked for any more, once something that is asked for serves."""
        aspired, versions = self._aspired.get(name, {}), self._versions[name]
        serving = any(v.state == State.AVAILABLE for n, v in versions.items() if n in aspired)
        if aspired and not serving:
            return
        for number, version in versions.items():
            if number not in aspired and version.state == State.AVAILABLE:
                version.state = State.UNLOADING
                threading.Thread(
                    target=self._unload,
                    args=(version,),
                    name=f"unload {name} {number}",
                    daemon=True,
                ).start()

    def _unload(self, version: Version) -> None:
        version.unload()
        self.on_change()

    @contextlib.contextmanager
    def use(self, name: str, version: int | None = None, label: str = "") -> Iterator[Version]:
        """The version that a request means, kept loaded meanwhile.

        Args:
          name: the model's.
          version: its number; None: by label, or else the newest that is AVAILABLE.
          label: one of the configuration's.

        Raises:
          ServingError: INVALID_ARGUMENT (no name, unknown label), NOT_FOUND, or UNAVAILABLE while the first versions are loaded.
        """
        if not name:
            raise invalid("ModelSpec has no name specified.")
        chosen = self._acquire(name, version, label)
        try:
            yield chosen
        finally:
            chosen.release()

    def _acquire(self, name: str, number: int | None, label: str) -> Version:
        with self._lock:
            if label:
                number = self._labels.get(name, {}).get(label)
                if number is None:
                    raise invalid(f"Unrecognized servable version label: {label}")
            versions = self._versions.get(name, {})
            candidates = sorted(versions, reverse=True) if number is None else [number]
            for candidate in candidates:
                version = versions.get(candidate)
                if version is not None and version.acquire():
                    return version
            if (
                name in self._models and self._is_starting()
            ):  # TensorFlow Serving does not listen yet: to a client, the same code
                raise ServingError(Code.UNAVAILABLE, f"Model {name} is still being loaded")
        wanted = f"Latest({name})" if number is None else f"Specific({name}, {number})"
        raise ServingError(Code.NOT_FOUND, f"Servable not found for request: {wanted}")

    def status(self, name: str, number: int | None = None) -> list[Version]:
        """Versions of a model that were ever asked for, ascending; or one of them.

        Raises:
          ServingError: NOT_FOUND.
        """
        with self._lock:
            versions = dict(self._versions.get(name, {}))
        if number is None:
            if not versions:
                raise ServingError(Code.NOT_FOUND, f"Could not find any versions of model {name}")
            return [versions[n] for n in sorted(versions)]
        if number not in versions:
            raise ServingError(Code.NOT_FOUND, f"Could not find version {number} of model {name}")
        return [versions[number]]

    def knows(self, name: str) -> bool:
        """Whether a model of this name is or was configured."""
        with self._lock:
            return name in self._versions

    def ready(self) -> bool:
        """Whether every configured model has an AVAILABLE version."""
        with self._lock:
            return all(
                any(v.state == State.AVAILABLE for v in self._versions.get(n, {}).values())
                for n in self._models
            )

    def reload(self, models: Sequence[ServedModel], deadline: float | None = None) -> None:
        """Serves these models and no others; returns when each of them has an AVAILABLE version.

        Raises:
          ServingError: UNKNOWN, some did not become available (what was there before keeps serving where it can);
            FAILED_PRECONDITION, a label on a version that is not loaded; DEADLINE_EXCEEDED.
        """
        with self._reload_lock:
            with self._lock:
                self._models = {model.name: model for model in models}
                self._labels = {
                    n: labels for n, labels in self._labels.items() if n in self._models
                }
            self._look()
            self._wait(models, deadline)
            self._set_labels(models)

    def _wait(self, models: Sequence[ServedModel], deadline: float | None) -> None:
        while True:
            failed, waiting = [], False
            with self._lock:
                for model in models:
                    wanted = [self._versions[model.name][n] for n in self._aspired[model.name]]
                    states = {v.state for v in wanted}
                    if State.AVAILABLE in states:
                        waiting |= bool(states & {State.START, State.LOADING})
                    elif states & {State.START, State.LOADING}:
                        waiting = True
                    else:
                        failed.append(model.name)
            if not waiting:
                break
            if deadline is not None and time.monotonic() >= deadline:
                raise ServingError(Code.DEADLINE_EXCEEDED, "Timed out while models were loading")
            time.sleep(0.02)
        if failed:
            names = ", ".join(self._describe(name) for name in failed)
            raise ServingError(
                Code.UNKNOWN, f"{len(failed)} model(s) did not become available: {{{names}}}"
            )

    def _describe(self, name: str) -> str:
        versions = [self._versions[name][n] for n in sorted(self._aspired[name])]
        errors = [
            f"{{name: {name} version: {v.number}}} due to error: {v.error.message}"
            for v in versions
            if v.error is not None
        ]
        return (
            "; ".join(errors) or f"{{name: {name}}} no version under {self._models[name].base_path}"
        )

    def _set_labels(self, models: Sequence[ServedModel]) -> None:
        labels: dict[str, dict[str, int]] = {}
        with self._lock:
            for model in models:
                for label, number in model.labels.items():
                    version = self._versions[model.name].get(number)
                    is_new = label not in self._labels.get(model.name, {})
                    may_wait = self._labels_may_wait and is_new
                    if (version is None or version.state != State.AVAILABLE) and not may_wait:
                        raise ServingError(
                            Code.FAILED_PRECONDITION,
                            f"Request to assign label to version {number} of model {model.name}, "
                            "which is not currently available for inference",
                        )
                labels[model.name] = dict(model.labels)
            self._labels = labels
