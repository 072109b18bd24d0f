"""Jobs over local processes, where one that fails, or dies, stops no other."""

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from multiprocessing import connection
from typing import Any, Generic, TypeVar

__all__ = ["run_jobs"]

_PATIENCE = 10  # seconds for an idle process to end by itself

J = TypeVar("J")
R = TypeVar("R")


def run_jobs(
    jobs: Sequence[J],
    work: Callable[[J], R],
    workers: int,
    group: Callable[[J], Hashable] = lambda job: None,
) -> Iterator[tuple[J, R | None, str | None]]:
    """Runs every job in one of `workers` processes; yields them as they end.

    concurrent.futures gives up all jobs when one process dies (out of memory, a crash in native
    code); here only the job that it was at counts as failed, and a new process takes its place.
    Processes are started anew (no fork: TensorFlow does not survive one) and end by themselves when
    this process dies.

    Args:
      jobs: what to run; picklable.
      work: called in the workers; importable by name. It may keep what it wants between calls
        (compiled programs).
      workers: most processes at a time.
      group: jobs that are alike: a process that did one takes the next of its kind, and otherwise a
        kind that no other process is at.

    Yields:
      (job, what `work` returned or None, None or what went wrong: the exception's text, or how the
      process died).
    """
    waiting = list(jobs)
    crew: list[_Worker[J, R]] = []
    try:
        while waiting or any(worker.job is not None for worker in crew):
            while waiting and len(crew) < workers:
                crew.append(_Worker(work))
            for worker in [w for w in crew if w.job is None]:
                if waiting:
                    taken = {w.kind for w in crew if w is not worker and w.job is not None}
                    worker.give(
                        waiting.pop(_choose([group(job) for job in waiting], worker.kind, taken)),
                        group,
                    )
            for ready in connection.wait([w.pipe for w in crew if w.job is not None]):
                worker = next(w for w in crew if w.pipe is ready)
                job, result, error, alive = worker.take()
                if not alive:
                    crew.remove(worker)
                yield job, result, error
    finally:
        for worker in crew:
            worker.stop()


def _choose(kinds: Sequence[Hashable], own: Hashable, taken: set[Hashable]) -> int:
    """Index of the next job for a process that did a job of kind `own`, while others are at kinds
    `taken`.
    """
    if own in kinds:
        return kinds.index(own)
    return next((n for n, kind in enumerate(kinds) if kind not in taken), 0)


class _Worker(Generic[J, R]):
    """One process and the job that it is at."""

    def __init__(self, work: Callable[[J], R]):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, work), daemon=True)
        self.process.start()
        theirs.close()  # so that its death is the end of the pipe
        self.job: J | None = None
        self.kind: Hashable = object()

    def give(self, job: J, group: Callable[[J], Hashable]) -> None:
        self.job, self.kind = job, group(job)
        with contextlib.suppress(
            BrokenPipeError, ConnectionResetError
        ):  # it died idle: `take` says so
            self.pipe.send(job)

    def take(self) -> tuple[J, R | None, str | None, bool]:
        """What came of the job; the last entry says whether the process lives."""
        job, self.job = self.job, None
        assert job is not None
        try:
            result, error = self.pipe.recv()
            return job, result, error, True
        except (EOFError, ConnectionResetError):
            self.process.join()
            code = self.process.exitcode or 0
            how = (
                f"was killed by signal {-code} (out of memory?)"
                if code < 0
                else f"ended with status {code}"
            )
            self.stop()
            return job, None, f"its process {how}", False

    def stop(self) -> None:
        self.pipe.close()  # an idle process ends by this
        if self.job is None:
            self.process.join(_PATIENCE)
        self.process.kill()
        self.process.join()


def _serve(pipe: Any, work: Callable[[J], R]) -> None:
    """A worker process: job in, (result, error) out, until the pipe closes."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        try:
            answer: tuple[Any, str | None] = (work(job), None)
        except KeyboardInterrupt:
            return
        except Exception as error:
            answer = (
                None,
                f"{type(error).__name__}: {error}"
                if type(error).__name__ != "UserError"
                else str(error),
            )
        pipe.send(answer)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # a checkpoint half-written is left out when the sweep goes on
