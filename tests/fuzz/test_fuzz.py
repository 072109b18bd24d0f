"""Damaged files of every kind: one clear line or a right result, never anything else."""

import pytest
from fuzz_readers import READERS, seeds_of
from fuzz_run import fuzz

COUNT = 2000


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_damaged_files(reader):
    counts = fuzz(reader, COUNT)
    assert not counts.failures, counts.failures[:3]
    assert counts.errors + counts.results == COUNT


@pytest.mark.parametrize("reader", READERS)
def test_whole_files_are_read(reader, tmp_path):
    about = READERS[reader]
    about.warm(tmp_path)
    for content in seeds_of(reader):
        path = tmp_path / about.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        result = about.read(path)
        assert result is not None
        about.check(result)


def test_the_harness_sees_what_goes_wrong():
    """A traceback, a crash and too much memory in a reader made for it."""
    counts = fuzz("broken", 24)
    kinds = {failure["failure"].split(" ")[0] for failure in counts.failures}
    assert kinds == {"ZeroDivisionError", "crash", "memory"}
    assert counts.errors + counts.results + len(counts.failures) == 24
    assert counts.results > 0
