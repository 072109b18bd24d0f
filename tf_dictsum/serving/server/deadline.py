"""When a request must be answered, and whether its client still waits for the answer."""

import threading
import time
from collections.abc import Callable

from tf_dictsum.serving.server.status import Code, ServingError

__all__ = ["Deadline"]


class Deadline:
    """The time that a request has. Thread-safe.

    Args:
      at: on time.monotonic's clock; None: no limit.
    """

    def __init__(self, at: float | None = None):
        self.at = at
        self._cancelled = False
        self._callbacks: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    @classmethod
    def after(cls, seconds: float | None) -> "Deadline":
        """Ends so many seconds from now; None: never."""
        return cls(None if seconds is None else time.monotonic() + seconds)

    def remaining(self) -> float | None:
        """Seconds left, at least 0; None: no limit."""
        return None if self.at is None else max(0.0, self.at - time.monotonic())

    def cancel(self) -> None:
        """The client has gone: nobody reads an answer."""
        with self._lock:
            self._cancelled = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Calls `callback` when the client goes; at once if it has gone."""
        with self._lock:
            if not self._cancelled:
                self._callbacks.append(callback)
                return
        callback()

    @property
    def over(self) -> bool:
        """Whether an answer would come too late, or to nobody."""
        return self._cancelled or self.remaining() == 0.0

    def check(self) -> None:
        """Raises ServingError, CANCELLED or DEADLINE_EXCEEDED, if the deadline is over."""
        if self._cancelled:
            raise ServingError(Code.CANCELLED, "CANCELLED")
        if self.over:
            raise ServingError(Code.DEADLINE_EXCEEDED, "Timed out waiting for notification")
