"""One job of a sweep, as it runs in a worker process."""

import contextlib
import dataclasses
import hashlib
import os
import pathlib
import shutil
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from absl import logging

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.methods.registry import METHODS, make_method
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.methods.setup import Setup
from tf_dictsum.sweeps.grid import Job
from tf_dictsum.training.chosen_splits import chosen_splits
from tf_dictsum.training.config import RunConfig
from tf_dictsum.training.content import annotations_hash, content_hash
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.locks import locked_folder
from tf_dictsum.util.recorded import (
    read_checked_json,
    recorded_path,
    verify,
    write_recorded_json,
)

if TYPE_CHECKING:
    from tf_dictsum.methods.base import Method

__all__ = ["finished", "kind_of", "run_job", "write_outcome"]

OUTCOME = "job.json"
_ONE_RUN: dict[str, Any] = {
    "run_dir": "",
    "seeds": (),
    "seed": 0,
    "split": "all",
    "overwrite": False,
    "progress": False,
    "epochs": 1,
    "compare_to": "",
}
_methods: dict[
    tuple[MethodSettings, Setup], "Method"
] = {}  # of this process: what is compiled for one job serves the next of its kind


def kind_of(job: Job) -> RunConfig:
    """What jobs have in common that can share compiled programs: all but seed, split, folder and
    number of epochs.
    """
    return dataclasses.replace(job.config, **_ONE_RUN)


def finished(job: Job, dataset: Dataset) -> bool:
    """Whether a job is done, with this configuration and on these videos."""
    file = job.folder / OUTCOME
    if not file.exists() or not job.history.exists():
        return False
    outcome = read_checked_json(file, f"Delete {job.folder} to run this job anew.")
    if not isinstance(outcome, dict):
        raise UserError(f"{file}: not the outcome of a job. Delete {job.folder} to run it anew.")
    return outcome.get("status") == "done" and outcome.get("identity") == _identity(job, dataset)


def write_outcome(job: Job, dataset: Dataset, error: str | None, seconds: float) -> None:
    """Writes job.json: {"status": "done" or "failed", "error", "seconds", "identity"}."""
    status = "failed" if error else "done"
    outcome = {
        "status": status,
        "error": error,
        "seconds": round(seconds, 1),
        "identity": _identity(job, dataset),
    }
    write_recorded_json(job.folder / OUTCOME, outcome)


def _identity(job: Job, dataset: Dataset) -> str:
    content = content_hash(dataset, tuple(dataset.videos))
    kind = kind_of(job)
    # Only what differs from its default: an option that a later version adds does not undo a sweep.
    defaults = RunConfig(method=type(kind.method)()).values()
    changed = sorted((n, v) for n, v in kind.values().items() if n == "method" or v != defaults[n])
    content += annotations_hash(dataset, tuple(dataset.videos))
    return hashlib.sha256(
        f"{changed} {job.config.epochs} {job.split} {job.seed} {content}".encode()
    ).hexdigest()


def run_job(job: Job, threads: int) -> float:
    """Trains one job, or what is left of it; its log goes to <run_dir>/log.txt.

    Returns:
      Seconds it took.

    Raises:
      UserError: as `training.trainer.train`.
    """
    started = time.perf_counter()
    job.folder.mkdir(parents=True, exist_ok=True)
    with _output_to(job.folder / "log.txt"):
        _load_tensorflow(threads, job.config.deterministic)
        from tf_dictsum.training.trainer import train

        dataset = load_dataset(job.config.dataset)
        (split,) = chosen_splits(job.config, dataset).values()
        shared = _shared_files(job, dataset, split)
        for private, common in shared.items():
            if common.exists() and not private.exists():
                _copy(common, private)
                logging.info("%s: taken from another job with the same settings for it.", private)
        try:
            train(job.config, _reused_method)
        except Exception:
            logging.exception("%s failed", job.name)
            raise
        for private, common in shared.items():
            if private.exists() and not common.exists():
                _copy(private, common)
    return time.perf_counter() - started


def _shared_files(job: Job, dataset: Dataset, split: Split) -> dict[pathlib.Path, pathlib.Path]:
    """A job's file -> where jobs that would make the very same one find it: pretrained weights, as
    the method says.
    """
    config, files = job.config, {}
    run = [job.seed, config.shuffle, config.jit, config.deterministic]
    content = content_hash(dataset, split.train_keys)
    for name, decisive in METHODS[config.method.method].shared_files(config.method).items():
        digest = hashlib.sha256(f"{name} {decisive!r} {run} {content}".encode()).hexdigest()[:16]
        folder = job.folder.parent.parent / "parallel"
        files[job.history.parent / name] = folder / f"{digest}.{name.partition('.')[2]}"
    return files


def _copy(source: pathlib.Path, target: pathlib.Path) -> None:
    """Copies a file with its checksum; jobs that run side by side do so one after the other."""
    verify(source, f"Bring back a copy, or delete {source}.")
    busy = "another job writes here"
    with locked_folder(target.parent, ".copy.lock", "a folder of the sweep", busy, wait=True):
        with recorded_path(target) as partial:
            shutil.copyfile(source, partial)


def _reused_method(settings: MethodSettings, setup: Setup) -> "Method":
    """As `make_method`, but the last one of this process again if only seed, split, folder or
    epochs differ.
    """
    key = (settings, setup)
    if key not in _methods:
        _methods.clear()  # one at a time: at full size a model with its optimizers takes a gigabyte
        _methods[key] = make_method(settings, setup)
    return _methods[key]


def _load_tensorflow(threads: int, deterministic: bool) -> None:
    if "tensorflow" in sys.modules:
        return
    from tf_dictsum.util.quiet import load_tensorflow

    if threads:
        os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)
        os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    load_tensorflow()
    if deterministic:
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


@contextlib.contextmanager
def _output_to(path: pathlib.Path) -> Iterator[None]:
    """Everything this process says, native code included, goes to the end of a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    try:
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        raise UserError(
            f"{path}: cannot write the job's log: {error.strerror}. Choose another --run_dir."
        ) from error
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    logging.use_absl_handler()
    logging.set_verbosity(logging.INFO)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, copy in zip((1, 2), saved, strict=True):
            os.dup2(copy, number)
            os.close(copy)
