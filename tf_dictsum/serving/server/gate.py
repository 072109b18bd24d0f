"""How much is computed at the same time."""

import contextlib
import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

import numpy as np

from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.request_checks import steps_of
from tf_dictsum.serving.server.servable import Inputs, Servable

__all__ = ["Gate", "Gated", "Gates"]

_LONG = 1 << 13  # steps: more than a batch of eight ordinary videos


class Gate:
    """Lets requests in, first come first served, while their sizes add up to no more than a limit.

    Memory grows with the steps that are computed at once; without a gate a few clients with long
    videos take all of it. Runs beside each other also take longer in sum than one after the other,
    as each uses all cores for most of its time (benchmarks/serving.md).

    Args:
      room: the limit. A size above it passes alone.
      runs: how many are inside at the same time.
    """

    def __init__(self, room: int, runs: int):
        self._room, self._free, self._runs = room, room, runs
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def hold(self, size: int, deadline: Deadline | None = None) -> Iterator[None]:
        """Holds so much room within the block; waits for it.

        Raises:
          ServingError: DEADLINE_EXCEEDED or CANCELLED while waiting.
        """
        size = min(size, self._room)
        self._enter(size, deadline or Deadline())
        try:
            yield
        finally:
            with self._changed:
                self._free += size
                self._runs += 1
                self._changed.notify_all()

    def _enter(self, size: int, deadline: Deadline) -> None:
        with self._changed:
            if not self._waiting and self._fits(size):  # the usual case
                self._take(size)
                return
        deadline.on_cancel(self._wake)
        with self._changed:
            ticket = object()
            self._waiting.append(ticket)
            try:
                while self._waiting[0] is not ticket or not self._fits(size):
                    deadline.check()
                    self._changed.wait(deadline.remaining())
                self._take(size)
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _fits(self, size: int) -> bool:
        return self._runs > 0 and size <= self._free

    def _take(self, size: int) -> None:
        self._free -= size
        self._runs -= 1

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


class Gates:
    """One gate for ordinary runs and one for long ones, so that those do not hold up the others.

    Args:
      room: of each.
    """

    def __init__(self, room: int):
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self._ordinary = Gate(room, max(1, (cores or 2) // 2))
        self._long = Gate(room, 1)

    def of(self, steps: int) -> Gate:
        """The gate for a run of so many steps."""
        return self._ordinary if steps <= _LONG else self._long


class Gated:
    """A servable behind gates: its runs add up to no more steps than these have room for."""

    def __init__(self, servable: Servable, gates: Gates):
        self._servable, self._gates = servable, gates

    def fits(self, inputs: Inputs, signature: str) -> TypeGuard[Mapping[str, np.ndarray]]:
        """As `Servable.fits`."""
        return self._servable.fits(inputs, signature)

    def run(
        self,
        signature: str,
        inputs: Inputs,
        outputs: Sequence[str],
        deadline: Deadline | None = None,
    ) -> dict[str, np.ndarray]:
        """As `Servable.run`; waits for room first."""
        steps = max(map(steps_of, inputs.values()), default=0)
        with self._gates.of(steps).hold(steps, deadline):
            return self._servable.run(signature, inputs, outputs, deadline)
