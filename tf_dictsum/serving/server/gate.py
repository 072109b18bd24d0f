"""How much is computed at the same time."""

import contextlib
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

import numpy as np

from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.request_checks import steps_of
from tf_dictsum.serving.server.servable import Inputs, Servable

__all__ = ["Gate", "Gated"]


class Gate:
    """Lets requests in, first come first served, while their sizes add up to no more than a limit.

    Memory grows with the steps that are computed at once; without a gate a few clients with long
    videos take all of it.

    Args:
      room: the limit. A size above it passes alone.
    """

    def __init__(self, room: int):
        self._room, self._free = room, room
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
                self._changed.notify_all()

    def _enter(self, size: int, deadline: Deadline) -> None:
        with self._changed:
            if not self._waiting and size <= self._free:  # the usual case
                self._free -= size
                return
        deadline.on_cancel(self._wake)
        with self._changed:
            ticket = object()
            self._waiting.append(ticket)
            try:
                while self._waiting[0] is not ticket or size > self._free:
                    deadline.check()
                    self._changed.wait(deadline.remaining())
                self._free -= size
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


class Gated:
    """A servable behind a gate: its runs add up to no more steps than the gate has room for."""

    def __init__(self, servable: Servable, gate: Gate):
        self._servable, self._gate = servable, gate

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
        with self._gate.hold(steps, deadline):
            return self._servable.run(signature, inputs, outputs, deadline)
