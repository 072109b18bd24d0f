"""Dynamic batching: requests that arrive while others are computed share the next run of the
model.
"""

import dataclasses
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
from absl import logging

from tf_dictsum.serving.config.files import Batching
from tf_dictsum.serving.server.batch_arrays import batch_size, merge, split
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.gate import Gated
from tf_dictsum.serving.server.request_checks import steps_of
from tf_dictsum.serving.server.servable import Inputs
from tf_dictsum.serving.server.status import Code, ServingError, invalid

__all__ = ["BatchThreads", "Batcher"]

Arrays = Mapping[str, np.ndarray]


@dataclasses.dataclass(eq=False)
class _Task:
    """One request that waits; `done` is set when `outputs` or `error` is there."""

    inputs: Arrays
    size: int
    deadline: Deadline
    outputs: dict[str, np.ndarray] | None = None
    error: ServingError | None = None
    withdrawn: bool = False
    done: threading.Event = dataclasses.field(default_factory=threading.Event)


@dataclasses.dataclass
class _Batch:
    """Requests that will run together."""

    created: float
    tasks: list[_Task] = dataclasses.field(default_factory=list)
    size: int = 0


class _Queue:
    """Waiting batches of one model version, signature and set of outputs; the last one is open."""

    def __init__(self, servable: Gated, signature: str, outputs: Sequence[str]):
        self.servable, self.signature, self.outputs = servable, signature, outputs
        self.batches: deque[_Batch] = deque()


class BatchThreads:
    """The threads that run batches, shared by all models of a server.

    Args:
      options: the batching parameters file.
      most_steps: videos times steps of a run, with padding; what would take more is split.
    """

    def __init__(self, options: Batching, most_steps: int = 1 << 16):
        self.options, self.most_steps = options, most_steps
        self._changed = threading.Condition()
        self._queues: deque[_Queue] = deque()
        self._stopped = False
        for number in range(options.num_batch_threads):
            threading.Thread(
                target=self._work, name=f"{options.thread_pool_name}-{number}", daemon=True
            ).start()

    def add(self, queue: _Queue) -> None:
        """Serves one more queue."""
        with self._changed:
            self._queues.append(queue)

    def remove(self, queue: _Queue) -> None:
        """Forgets an empty queue."""
        with self._changed:
            self._queues.remove(queue)

    def stop(self) -> None:
        """Ends the threads once they have finished what they do."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def submit(self, queue: _Queue, tasks: Sequence[_Task]) -> None:
        """Puts tasks into the queue's open batch, or into new ones; all of them or none.

        Raises:
          ServingError: UNAVAILABLE, the queue is full.
        """
        most = self.options.largest_execution
        with self._changed:
            room = most - queue.batches[-1].size if queue.batches else 0
            needed = 0
            for task in tasks:
                if task.size > room:
                    needed, room = needed + 1, most
                room -= task.size
            if len(queue.batches) + needed > self.options.max_enqueued_batches:
                raise ServingError(
                    Code.UNAVAILABLE,
                    "The batch scheduling queue to which this task was submitted is full; "
                    f"currently {len(queue.batches)} batches enqueued and max_enqueued_batches "
                    f"is {self.options.max_enqueued_batches}",
                )
            for task in tasks:
                if not queue.batches or queue.batches[-1].size + task.size > most:
                    queue.batches.append(_Batch(time.monotonic()))
                queue.batches[-1].tasks.append(task)
                queue.batches[-1].size += task.size
            self._changed.notify()

    def withdraw(self, queue: _Queue, tasks: Sequence[_Task]) -> None:
        """Takes back tasks whose answers nobody wants any more; those that run already go on."""
        with self._changed:
            for task in tasks:
                task.withdrawn = True
            for batch in queue.batches:
                batch.tasks = [task for task in batch.tasks if not task.withdrawn]
                batch.size = sum(task.size for task in batch.tasks)
            kept = [batch for batch in queue.batches if batch.tasks]
            queue.batches.clear()
            queue.batches.extend(kept)

    def _work(self) -> None:
        while self._work_once():
            pass  # a thread that waits holds no batch, hence no model, of its last run

    def _work_once(self) -> bool:
        with self._changed:
            taken = self._take()
            while taken is None:
                if self._stopped:
                    return False
                self._changed.wait(self._until_next())
                taken = self._take()
            if any(queue.batches for queue in self._queues):
                # somebody else must look after what waits while this thread computes
                self._changed.notify()
        _run_batch(*taken, self)
        return True

    def _take(self) -> tuple[_Queue, _Batch] | None:
        """The next batch that is full or has waited long enough; queues take turns."""
        for _ in range(len(self._queues)):
            queue = self._queues[0]
            self._queues.rotate(-1)
            if queue.batches and (len(queue.batches) > 1 or self._wait_of(queue.batches[0]) <= 0):
                return queue, queue.batches.popleft()
        return None

    def _wait_of(self, batch: _Batch) -> float:
        if batch.size >= self.options.largest_execution or self._stopped:
            return 0.0
        return batch.created + self.options.batch_timeout_micros / 1e6 - time.monotonic()

    def _until_next(self) -> float | None:
        waits = [self._wait_of(queue.batches[0]) for queue in self._queues if queue.batches]
        return max(min(waits), 0.0) if waits else None


class Batcher:
    """Runs requests for one servable in batches.

    Args:
      servable: computes the batches.
      threads: when and where.
    """

    def __init__(self, servable: Gated, threads: BatchThreads):
        self._servable, self._threads = servable, threads
        self._queues: dict[tuple, _Queue] = {}
        self._lock = threading.Lock()

    def run(
        self,
        signature: str,
        inputs: Inputs,
        outputs: Sequence[str],
        deadline: Deadline | None = None,
    ) -> dict[str, np.ndarray]:
        """As `Servable.run`; waits for the batch.

        Raises:
          ServingError: as the model, or INVALID_ARGUMENT for more videos than a batch takes,
            UNAVAILABLE when too many batches wait, DEADLINE_EXCEEDED, CANCELLED.
        """
        deadline = deadline or Deadline()
        deadline.check()
        size = batch_size(inputs)
        if size == 0:
            return self._servable.run(signature, inputs, outputs, deadline)
        options = self._threads.options
        most = options.largest_execution
        if size > options.max_batch_size:
            raise invalid(
                f"Task size {size} is larger than maximum input batch size {options.max_batch_size}"
            )
        if not self._servable.fits(inputs, signature):  # refused, but without those beside it
            return self._servable.run(signature, inputs, outputs, deadline)
        tasks = [
            _Task(
                {alias: value[row : row + most] for alias, value in inputs.items()},
                min(most, size - row),
                deadline,
            )
            for row in range(0, size, most)
        ]
        queue = self._queue(signature, tuple(inputs), tuple(outputs))
        self._threads.submit(queue, tasks)
        try:
            for task in tasks:
                deadline.on_cancel(task.done.set)
                while task.outputs is None and task.error is None:
                    deadline.check()
                    task.done.wait(deadline.remaining())
                if task.error is not None:
                    raise task.error
        except ServingError:
            self._threads.withdraw(queue, tasks)
            raise
        parts = [task.outputs or {} for task in tasks]
        return (
            parts[0]
            if len(parts) == 1
            else {alias: np.concatenate([part[alias] for part in parts]) for alias in outputs}
        )

    def _queue(self, signature: str, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> _Queue:
        with self._lock:
            queue = self._queues.get((signature, inputs, outputs))
            if queue is None:
                queue = self._queues[signature, inputs, outputs] = _Queue(
                    self._servable, signature, outputs
                )
                self._threads.add(queue)
            return queue

    def close(self) -> None:
        """Gives the queues back; nobody waits in them any more."""
        with self._lock:
            for queue in self._queues.values():
                self._threads.remove(queue)
            self._queues.clear()


def _run_batch(queue: _Queue, batch: _Batch, threads: BatchThreads) -> None:
    """Computes a batch and wakes everybody who waits for it, whatever happens."""
    tasks = []
    for task in batch.tasks:
        if task.deadline.over and not task.withdrawn:
            task.error = ServingError(
                Code.DEADLINE_EXCEEDED, "Run() timeout exceeded while waiting in batching queue"
            )
            task.done.set()
        elif not task.withdrawn:
            tasks.append(task)
    if not tasks:
        return
    try:
        _compute(queue, tasks, threads)
    except Exception as error:  # a worker must outlive every request
        logging.exception("a batch failed")
        for task in tasks:
            task.error = ServingError(Code.INTERNAL, f"batch failed: {error!r}")
    finally:
        for task in tasks:
            task.done.set()


def _compute(queue: _Queue, tasks: Sequence[_Task], threads: BatchThreads) -> None:
    """Computes what fits together in one run. One request never fails those beside it."""
    padded = threads.options.pad_variable_length_inputs
    for group in _by_cost(tasks, threads.most_steps) if padded else _by_shape(tasks):
        try:
            _run(queue, group, threads.options)
        except ServingError as error:
            if len(group) == 1 or error.code == Code.DEADLINE_EXCEEDED:
                for task in group:
                    task.error = error
                continue
            for task in group:
                if not task.withdrawn:
                    _compute(queue, [task], threads)


def _by_shape(tasks: Sequence[_Task]) -> list[list[_Task]]:
    groups: dict[tuple[tuple[int, ...], ...], list[_Task]] = {}
    for task in tasks:
        groups.setdefault(tuple(v.shape[1:] for v in task.inputs.values()), []).append(task)
    return list(groups.values())


def _by_cost(tasks: Sequence[_Task], most_steps: int) -> list[Sequence[_Task]]:
    """Groups of similar lengths, so that one long video does not stretch many short ones."""
    longest = max(
        (v.shape[1] for task in tasks for v in task.inputs.values() if v.ndim > 1), default=0
    )
    if len(tasks) == 1 or longest * sum(task.size for task in tasks) <= most_steps:
        return [tasks]
    ordered = sorted(tasks, key=lambda task: max(map(steps_of, task.inputs.values())) // task.size)
    middle = len(tasks) // 2
    return [
        *_by_cost(ordered[:middle], most_steps),
        *_by_cost(ordered[middle:], most_steps),
    ]


def _run(queue: _Queue, tasks: Sequence[_Task], options: Batching) -> None:
    merged = merge([task.inputs for task in tasks], options)
    latest = _latest([task.deadline for task in tasks])
    outputs = queue.servable.run(queue.signature, merged, queue.outputs, latest)
    for task, own in zip(tasks, split(outputs, [task.size for task in tasks]), strict=True):
        task.outputs = own


def _latest(deadlines: Sequence[Deadline]) -> Deadline:
    """A batch may run as long as one of its requests may."""
    times = [deadline.at for deadline in deadlines if deadline.at is not None]
    return Deadline(max(times) if len(times) == len(deadlines) else None)
