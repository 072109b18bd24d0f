"""Which versions of which models are loaded: policies, hot swap, labels, status."""

import contextlib
import pathlib
import threading
from collections.abc import Callable, Iterator, Sequence

from absl import logging

from tf_dictsum.serving.config.files import ServedModel
from tf_dictsum.serving.config.version_folders import aspired_versions, find_versions
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.engine import Engine
from tf_dictsum.serving.server.labels import Labels
from tf_dictsum.serving.server.metrics import Metrics
from tf_dictsum.serving.server.status import Code, ServingError, invalid
from tf_dictsum.serving.server.version import State, Version

__all__ = ["Manager"]

_STARTING = (State.START, State.LOADING)


class Manager:
    """Keeps what is loaded equal to what the configuration and the disk ask for.

    A new version is loaded and warmed before the old one goes; a version that does not load stays
    END with its error and the old one goes on (core/availability_preserving_policy.h). A version
    that failed is tried again once it has gone and come back, or, where the machine lacked
    something (descriptors, memory), after a while. While a folder cannot be read, what was there
    is what is served.

    Args:
      models: what to serve.
      metrics: where loading is counted.
      engine: how versions are loaded.
      poll_seconds: how often the disk is looked at; 0: once; negative: as 0.
      labels_may_wait: whether a label may name a version that is not AVAILABLE.
      on_change: called after every look at the disk and every change of a version.
    """

    def __init__(
        self,
        models: Sequence[ServedModel],
        metrics: Metrics,
        engine: Engine | None = None,
        *,
        poll_seconds: float = 1.0,
        labels_may_wait: bool = False,
        on_change: Callable[[], None] = lambda: None,
    ):
        self._models = {model.name: model for model in models}
        self._labels = Labels(models, labels_may_wait)
        self._metrics, self._engine = metrics, engine or Engine()
        self._poll_seconds, self.on_change = poll_seconds, on_change
        self._versions: dict[str, dict[int, Version]] = {}
        self._aspired: dict[str, dict[int, pathlib.Path]] = {}
        self._workers: list[threading.Thread] = []
        self._said: dict[str, str] = {}  # what was last logged about a model's folder
        self._settled = False  # whether the first versions are loaded, or have failed
        self._changed = threading.Condition()  # guards all of the above; no disk while it is held
        self._looking = threading.Lock()
        self._reloading = threading.Lock()
        self._stopped = threading.Event()
        self._poller = threading.Thread(target=self._poll, name="versions", daemon=True)

    @property
    def models(self) -> tuple[ServedModel, ...]:
        """What is configured now."""
        with self._changed:
            return tuple(self._models.values())

    def start(self) -> None:
        """Begins to load, in the background."""
        self._look()
        self._poller.start()

    def stop(self) -> None:
        """Stops looking for versions; what is loaded stays until the process ends.

        Waits for loads that have begun: TensorFlow aborts a process that ends meanwhile.
        """
        self._stopped.set()
        self._poller.join()
        with self._changed:
            for versions in self._versions.values():
                for version in versions.values():
                    version.stop_trying()
            workers = list(self._workers)
        for worker in workers:
            worker.join()

    def _poll(self) -> None:
        while not self._stopped.wait(self._poll_seconds if self._poll_seconds > 0 else None):
            self._look()

    # What is on disk, and what follows from it

    def _look(self) -> None:
        """Compares disk and configuration with what is loaded, and starts the difference."""
        with self._looking:
            for model in self.models:
                try:
                    self._update(model, self._on_disk(model))
                except Exception:  # the poller must live on
                    logging.exception("looking for versions of %s failed", model.name)
            with self._changed:
                for name in self._versions.keys() - self._models.keys():
                    self._aspired[name] = {}
                    self._unload_unwanted(name)
        self._tell()

    def _on_disk(self, model: ServedModel) -> dict[int, pathlib.Path] | None:
        """The versions that should be served; None: the folder cannot be read at the moment."""
        try:
            found = find_versions(model.folder)
        except OSError as error:
            self._say(
                model.name,
                f"cannot read base path {model.base_path} of servable {model.name}: "
                f"{error.strerror or error}; what is served stays",
            )
            return None
        aspired = aspired_versions(found, model.policy)
        self._say(
            model.name,
            ""
            if aspired
            else f"No versions of servable {model.name} found under base path {model.base_path}. "
            "Did you forget to name your leaf directory as a number (eg. '/1/')?",
        )
        return aspired

    def _say(self, name: str, text: str) -> None:
        """Logs a text once, until it changes."""
        if text and self._said.get(name) != text:
            logging.warning("%s", text)
        self._said[name] = text

    def _update(self, model: ServedModel, aspired: dict[int, pathlib.Path] | None) -> None:
        with self._changed:
            if self._models.get(model.name) is not model:
                return  # configured anew meanwhile; that brings a look of its own
            before = self._aspired.setdefault(model.name, {})
            versions = self._versions.setdefault(model.name, {})
            if aspired is None:
                return
            self._aspired[model.name] = aspired
            for number, path in aspired.items():
                version = versions.get(number)
                if version is None or version.is_worth_another_try(before.get(number) == path):
                    versions[number] = Version(model.name, number, path, self._metrics)
                    self._in_thread(self._load, versions[number])
            self._unload_unwanted(model.name)

    def _in_thread(self, work: Callable[[Version], None], version: Version) -> None:
        name = f"{work.__name__} {version.model} {version.number}"
        worker = threading.Thread(target=work, args=(version,), name=name, daemon=True)
        self._workers = [thread for thread in self._workers if thread.is_alive()]
        self._workers.append(worker)
        worker.start()

    def _load(self, version: Version) -> None:
        version.load(self._engine)
        with self._changed:
            self._unload_unwanted(version.model)
        self._tell()

    def _unload(self, version: Version) -> None:
        version.unload()
        self._tell()

    def _tell(self) -> None:
        with self._changed:
            self._is_starting()
            self._changed.notify_all()
        self.on_change()

    def _is_starting(self) -> bool:
        if not self._settled:
            states = {v.state for versions in self._versions.values() for v in versions.values()}
            self._settled = not states & set(_STARTING)
        return not self._settled

    def _unload_unwanted(self, name: str) -> None:
        """Unloads what is not asked for any more, once something that is asked for serves."""
        aspired, versions = self._aspired.get(name, {}), self._versions[name]
        serving = any(v.state == State.AVAILABLE for n, v in versions.items() if n in aspired)
        for number, version in versions.items():
            if number in aspired:
                continue
            version.stop_trying()
            if version.state == State.AVAILABLE and (serving or not aspired):
                version.state = State.UNLOADING
                self._in_thread(self._unload, version)

    # What clients ask

    @contextlib.contextmanager
    def use(
        self, name: str, version: int | None = None, label: str | None = None
    ) -> Iterator[Version]:
        """The version that a request means, kept loaded meanwhile.

        Args:
          name: the model's.
          version: its number; None: by label, or else the newest that is AVAILABLE.
          label: one of the configuration's; None: not by label.

        Raises:
          ServingError: INVALID_ARGUMENT (no name, unknown label), NOT_FOUND, or UNAVAILABLE while
            the first versions are loaded.
        """
        if not name:
            raise invalid("ModelSpec has no name specified.")
        chosen = self._acquire(name, version, label)
        try:
            yield chosen
        finally:
            chosen.release()

    def _acquire(self, name: str, number: int | None, label: str | None) -> Version:
        with self._changed:
            if label is not None:
                number = self._labels.version(name, label)
                if number is None:
                    raise invalid(f"Unrecognized servable version label: {label}")
            versions = self._versions.get(name, {})
            candidates = sorted(versions, reverse=True) if number is None else [number]
            for candidate in candidates:
                version = versions.get(candidate)
                if version is not None and version.acquire():
                    return version
            if name in self._models and self._is_starting():
                # TensorFlow Serving does not listen yet: to a client, the same code
                raise ServingError(Code.UNAVAILABLE, f"Model {name} is still being loaded")
        wanted = f"Latest({name})" if number is None else f"Specific({name}, {number})"
        raise ServingError(Code.NOT_FOUND, f"Servable not found for request: {wanted}")

    def status(self, name: str, number: int | None = None) -> list[Version]:
        """Versions of a model that were ever asked for, newest first; or one of them.

        Raises:
          ServingError: NOT_FOUND.
        """
        with self._changed:
            versions = dict(self._versions.get(name, {}))
        if number is None:
            if not versions:
                raise ServingError(Code.NOT_FOUND, f"Could not find any versions of model {name}")
            return [versions[n] for n in sorted(versions, reverse=True)]
        if number not in versions:
            raise ServingError(Code.NOT_FOUND, f"Could not find version {number} of model {name}")
        return [versions[number]]

    def knows(self, name: str) -> bool:
        """Whether a model of this name is or was configured."""
        with self._changed:
            return name in self._versions

    def ready(self) -> bool:
        """Whether every configured model has an AVAILABLE version."""
        with self._changed:
            return all(self._is_available(name) for name in self._models)

    def _is_available(self, name: str, number: int | None = None) -> bool:
        versions = self._versions.get(name, {})
        return any(
            v.state == State.AVAILABLE for n, v in versions.items() if number is None or n == number
        )

    # New configurations

    def reload(self, models: Sequence[ServedModel], deadline: Deadline | None = None) -> None:
        """Serves these models and no others; returns when those that are new have loaded.

        Models that were configured before are not waited for, as in TensorFlow Serving.

        Raises:
          ServingError: FAILED_PRECONDITION, a label on a version that is not loaded, and nothing
            has changed; UNKNOWN, some did not become available; DEADLINE_EXCEEDED, CANCELLED.
        """
        deadline = deadline or Deadline()
        left = deadline.remaining()
        if not self._reloading.acquire(timeout=-1 if left is None else left):
            raise ServingError(Code.DEADLINE_EXCEEDED, "Deadline Exceeded")
        try:
            with self._changed:
                self._labels.check(models, self._is_available)
                new = [model for model in models if model.name not in self._models]
                self._models = {model.name: model for model in models}
                self._labels.set(models)
            self._look()
            self.wait(new, deadline)
        finally:
            self._reloading.release()

    def wait(self, models: Sequence[ServedModel], deadline: Deadline) -> None:
        """Returns when all of these models are loaded. One without any version is waited for.

        Raises:
          ServingError: UNKNOWN, some did not load; DEADLINE_EXCEEDED, CANCELLED.
        """

        def wake() -> None:
            with self._changed:
                self._changed.notify_all()

        deadline.on_cancel(wake)
        with self._changed:
            while any(self._is_loading(model) for model in models):
                deadline.check()
                self._changed.wait(deadline.remaining())
            failed = [version for model in models for version in self._failed(model)]
        if failed:
            listed = "".join(
                f"{{{{name: {v.model} version: {v.number}}} due to error: "
                f"{v.error.code.name}: {v.error.message}}}, "
                for v in failed
                if v.error is not None
            )
            raise ServingError(
                Code.UNKNOWN, f"{len(failed)} model(s) did not become available: {{{listed}}}"
            )

    def _wanted(self, model: ServedModel) -> list[Version]:
        versions = self._versions.get(model.name, {})
        return [versions[n] for n in self._aspired.get(model.name, {}) if n in versions]

    def _is_loading(self, model: ServedModel) -> bool:
        wanted = self._wanted(model)
        return not wanted or any(version.state in _STARTING for version in wanted)

    def _failed(self, model: ServedModel) -> list[Version]:
        wanted = self._wanted(model)
        failed = [version for version in wanted if version.error is not None]
        all_needed = model.policy.kind == "specific"
        return failed if all_needed or len(failed) == len(wanted) else []
