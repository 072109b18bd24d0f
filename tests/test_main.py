"""python -m tf_dictsum: the list of commands, and running one."""

import subprocess
import sys

import pytest

import tf_dictsum
from tf_dictsum.__main__ import COMMANDS


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "tf_dictsum", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",), ("-h",)])
def test_the_list(arguments):
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("usage: python -m tf_dictsum COMMAND")
    assert [line.split()[0] for line in lines[2:]] == list(COMMANDS)
    assert all(len(line.split()) > 3 for line in lines[2:])  # each says what it is for


def test_version_and_unknown_commands():
    assert run("--version").stdout == f"tf_dictsum {tf_dictsum.__version__}\n"
    done = run("transmogrify")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: there is no command transmogrify; choose from summarize,")


def test_a_command_is_run_as_itself():
    for name in ("serving-files", "score"):
        done = run(name, "--help")
        alone = subprocess.run(
            [sys.executable, "-m", f"tf_dictsum.{name.replace('-', '_')}", "--help"],
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (done.returncode, done.stdout) == (alone.returncode, alone.stdout)
        assert "--out" in done.stdout or "--help" in done.stdout
    done = run("score")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --")
