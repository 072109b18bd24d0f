"""Damaged files of every kind: one clear line or a right result, never anything else."""

import pytest
from fuzz_readers import READERS
from fuzz_run import fuzz

COUNT = 2000


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_damaged_files(reader):
    counts = fuzz(reader, COUNT)
    assert not counts.failures, counts.failures[:3]
    assert counts.errors + counts.results == COUNT


def test_the_harness_sees_what_goes_wrong():
    """A traceback, a crash and too much memory in a reader made for it."""
    counts = fuzz("broken", 24)
    kinds = {failure["failure"].split(" ")[0] for failure in counts.failures}
    assert kinds == {"ZeroDivisionError", "crash", "memory"}
    assert counts.errors + counts.results + len(counts.failures) == 24
    assert counts.results > 0
