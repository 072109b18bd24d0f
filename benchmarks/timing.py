"""What the benchmarks share: alternating rounds and one JSON line."""

import json
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def time_in_turn(calls: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, list[float]]:
    """Seconds of every call, `repeats` rounds in which each has its turn, after one round that is
    not counted.
    """
    for call in calls.values():
        call()
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - begin)
    return seconds


def summary(seconds: list[float]) -> dict[str, float]:
    """Median and minimum."""
    return {"median": statistics.median(seconds), "min": min(seconds)}


def print_report(report: Mapping[str, Any]) -> None:
    """One JSON line, with the peak memory of the process."""
    print(
        json.dumps(
            {
                **report,
                "peak_memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
            }
        )
    )
