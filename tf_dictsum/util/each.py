"""Many inputs, of which some may fail: the others are done, and the failures are listed at the
end.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from absl import logging

from tf_dictsum.util.errors import UserError

__all__ = ["SOME_FAILED", "each", "say_failures"]

SOME_FAILED = 3  # the exit status
T = TypeVar("T")


def each(items: Iterable[T], work: Callable[[T], None]) -> list[str]:
    """Calls `work` with every item; returns what the failed ones said, which is in the log at
    once, too.
    """
    failures = []
    for item in items:
        try:
            work(item)
        except UserError as error:
            logging.error("%s", error)
            failures.append(str(error))
    return failures


def say_failures(failures: Sequence[str], count: int) -> int:
    """Lists the failures of `count` inputs on stderr; returns the exit status."""
    if failures:
        lines = (f"  {failure}" for failure in failures)
        print(f"{len(failures)} of {count} failed:", *lines, sep="\n", file=sys.stderr)
    return SOME_FAILED if failures else 0
