"""One process at a time: the second gets one line, and a kill lets go."""

import subprocess
import sys

import pytest

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.locks import locked_file, locked_folder

_HOLD = """
import sys
from tf_dictsum.util.locks import locked_file
with locked_file(sys.argv[1], "busy"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder():
    started = []

    def start(path):
        pipe = subprocess.PIPE
        process = subprocess.Popen([sys.executable, "-c", _HOLD, path], stdin=pipe, stdout=pipe)
        started.append(process)
        assert process.stdout.readline() == b"held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_another_process_holds_the_file(tmp_path, holder):
    path = tmp_path / "new" / "films.h5"
    process = holder(path)
    with pytest.raises(UserError, match=r"films.h5: is being written by another .*`out`"):
        with locked_file(path, "is being written by another `features`"):
            pass
    process.kill()
    process.wait()
    with locked_file(path, "busy"):
        assert (path.parent / ".films.h5.lock").exists()
    assert list(path.parent.iterdir()) == []


def test_the_lock_goes_also_after_an_error(tmp_path):
    with pytest.raises(KeyError), locked_file(tmp_path / "a", "busy"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_the_same_process_is_refused_too(tmp_path):
    with locked_folder(tmp_path, ".lock", "the folder", "another one is at work here"):
        with pytest.raises(
            UserError, match=r"another one is at work here\. Choose another `run_dir`"
        ):
            with locked_folder(tmp_path, ".lock", "the folder", "another one is at work here"):
                pass
    with locked_folder(tmp_path, ".lock", "the folder", "busy"):
        pass


def test_a_place_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot make the folder: Not a directory"):
        with locked_folder(tmp_path / "file" / "x", ".lock", "the folder", "busy"):
            pass
    with pytest.raises(UserError, match="cannot write there: Not a directory"):
        with locked_file(tmp_path / "file" / "x" / "y", "busy"):
            pass
