"""How the server's process ends, and how many connections it may have."""

import os
import resource
import signal
import threading
from types import FrameType

__all__ = ["raise_descriptor_limit", "stop_event"]


def stop_event() -> threading.Event:
    """An event that SIGTERM and SIGINT set; a second signal ends the process at once."""
    stop = threading.Event()

    def handle(number: int, _: FrameType | None) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
    return stop


def raise_descriptor_limit() -> int:
    """As many open files, and so connections, as the system allows; returns how many.

    The usual soft limit of 1,024 is a few clients with many connections.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
