"""A crash, an exception or too much memory in the other process is an exception here, and the next
call works.
"""

import os
import signal
import time

import pytest

from tf_dictsum.util.isolation import Isolated, ProcessDiedError

MEMORY = 500 << 20


@pytest.fixture
def call():
    made = []

    def call(module, function, argument, memory=MEMORY, seconds=30.0):
        if not made or made[0]._names != (module, function):
            made.insert(0, Isolated(module, function))
        return made[0].call(argument, memory, seconds)

    yield call
    for isolated in made:
        isolated.close()


def test_results_and_exceptions_come_back(call):
    assert call("math", "sqrt", 4.0) == 2.0
    with pytest.raises(ValueError, match="math domain error"):
        call("math", "sqrt", -1.0)
    assert call("math", "sqrt", 9.0) == 3.0


def test_exceptions_of_libraries_come_as_text(call):
    with pytest.raises(RuntimeError, match="JSONDecodeError: Expecting value"):
        call("json", "loads", "")


def test_a_crash_costs_one_call(call):
    own = os.getpid()
    assert call("os", "getpgid", 0) == os.getpgid(0)
    with pytest.raises(ProcessDiedError, match=f"ended by signal {int(signal.SIGSEGV)}"):
        call("ctypes", "string_at", 0)
    assert call("math", "sqrt", 4.0) == 2.0
    assert os.getpid() == own


def test_memory_is_bounded(call):
    with pytest.raises(MemoryError):
        call("builtins", "bytearray", 1 << 30, memory=100 << 20)
    assert len(call("builtins", "bytearray", 1 << 20, memory=100 << 20)) == 1 << 20


def test_what_takes_too_long_is_ended(call, monkeypatch):
    monkeypatch.setattr("tf_dictsum.util.isolation._STARTING", 0)
    begin = time.monotonic()
    with pytest.raises(ProcessDiedError, match="more than 2 s"):
        call("time", "sleep", 30, seconds=2.0)
    assert time.monotonic() - begin < 10
