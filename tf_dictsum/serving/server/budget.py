"""How many bytes of requests the server holds at the same time."""

import contextlib
import threading
from collections.abc import Iterator

from tf_dictsum.serving.server.status import Code, ServingError

__all__ = ["Budget"]


class Budget:
    """Counts bytes that are held. Thread-safe.

    Args:
      room: the most; a single request may be larger.
    """

    def __init__(self, room: int):
        self._room, self._held = room, 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Counts `size` bytes within the block.

        Raises:
          ServingError: UNAVAILABLE, there is no room: the client may try again.
        """
        with self._lock:
            if self._held and self._held + size > self._room:
                raise ServingError(
                    Code.UNAVAILABLE,
                    f"the server holds {self._held} bytes of requests; try again later",
                )
            self._held += size
        try:
            yield
        finally:
            with self._lock:
                self._held -= size
