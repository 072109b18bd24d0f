"""Jobs over processes: what fails, and what dies, stops no other."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from tf_dictsum.sweeps.pool import _choose, run_jobs
from tf_dictsum.util.errors import UserError


def work(job):
    kind, value = job
    if kind == "fail":
        raise ValueError(f"no {value}")
    if kind == "refuse":
        raise UserError("file.h5: no such file.")
    if kind == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "leave":
        os._exit(3)
    if kind == "sleep":
        time.sleep(value)
    return value, os.getpid()


def test_every_job_ends_whatever_the_others_do():
    jobs = [("ok", 1), ("fail", "x"), ("die", 0), ("ok", 2), ("refuse", 0), ("leave", 0), ("ok", 3)]
    found = {job: (result, error) for job, result, error in run_jobs(jobs, work, 2)}
    assert found.keys() == set(jobs)
    assert [found["ok", n][0][0] for n in (1, 2, 3)] == [1, 2, 3]
    assert all(found["ok", n][1] is None for n in (1, 2, 3))
    assert found["fail", "x"] == (None, "ValueError: no x")
    assert found["refuse", 0] == (None, "file.h5: no such file.")
    assert found["die", 0] == (None, "its process was killed by signal 9 (out of memory?)")
    assert found["leave", 0] == (None, "its process ended with status 3")


def test_one_process_serves_many_jobs_and_no_more_are_started_than_asked_for():
    found = [result[1] for _, result, _ in run_jobs([("ok", n) for n in range(6)], work, 1)]
    assert len(set(found)) == 1
    assert found[0] != os.getpid()


def test_no_jobs():
    assert list(run_jobs([], work, 3)) == []


def test_a_process_stays_with_its_kind_and_avoids_that_of_others():
    assert _choose(["a", "b", "a"], "b", {"a"}) == 1
    assert _choose(["a", "a", "b"], "c", {"a"}) == 2
    assert _choose(["a", "a"], "c", {"a"}) == 0


def test_processes_end_when_the_caller_stops_listening():
    jobs = [("ok", 0), ("sleep", 60)]
    running = run_jobs(jobs, work, 2)
    pid = next(running)[1][1]
    started = time.monotonic()
    running.close()
    assert time.monotonic() - started < 15
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_processes_end_when_the_caller_is_killed(tmp_path):
    script = tmp_path / "sweeper.py"
    script.write_text(
        "import os, pathlib, time\n"
        "from tf_dictsum.sweeps.pool import run_jobs\n"
        "def work(path):\n"
        "    pathlib.Path(path).write_text(str(os.getpid()))\n"
        "    time.sleep(120)\n"
        "if __name__ == '__main__':\n"
        f"    list(run_jobs([{str(tmp_path / 'pid')!r}], work, 1))\n"
    )
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(pathlib.Path(__file__).parents[2])},
    )
    file, deadline = tmp_path / "pid", time.monotonic() + 60
    while not (file.exists() and file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    child = int(file.read_text())
    parent.kill()
    parent.wait()
    while time.monotonic() < deadline:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    raise AssertionError("the worker outlived the sweep")
