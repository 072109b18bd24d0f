"""Files with a checksum: damage is one line, a kill at any moment is none."""

import os
import pathlib
import random
import subprocess

import pytest

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.recorded import (
    SUMS,
    read_checked_json,
    recorded_path,
    verify,
    write_recorded_json,
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "history.json"
    write_recorded_json(tmp_path / "other.json", {"a": 1})
    write_recorded_json(path, [{"epoch": 0}])
    write_recorded_json(path, [{"epoch": 0}, {"epoch": 1}])
    return path


def flip(path, bit):
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def message(path):
    with pytest.raises(UserError) as caught:
        read_checked_json(path, "Delete it to start anew.")
    return str(caught.value)


def test_what_was_written_is_read(file):
    assert read_checked_json(file) == [{"epoch": 0}, {"epoch": 1}]
    done = subprocess.run(
        ["sha256sum", "-c", SUMS], cwd=file.parent, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["history.json: OK", "other.json: OK"]


def test_every_flipped_bit_is_found(file):
    whole = file.read_bytes()
    for bit in range(8 * len(whole)):
        flip(file, bit)
        text = message(file)
        assert text.startswith(f"{file}: damaged or changed since it was written")
        assert text.endswith("beside it). Delete it to start anew.")
        file.write_bytes(whole)
    assert read_checked_json(file)


def test_a_flipped_bit_in_the_list_is_found(file):
    sums = file.parent / SUMS
    whole = sums.read_bytes()
    for bit in random.Random(0).sample(range(8 * len(whole)), 300):
        flip(sums, bit)
        text = message(file)
        assert str(sums) in text
        assert "\n" not in text
        sums.write_bytes(whole)


def test_files_without_a_checksum_are_read(file):
    (file.parent / "older.json").write_text("[]")
    assert read_checked_json(file.parent / "older.json") == []
    (file.parent / SUMS).unlink()
    assert read_checked_json(file) == [{"epoch": 0}, {"epoch": 1}]


def test_a_missing_file(file):
    file.unlink()
    assert message(file) == f"{file}: no such file."


@pytest.mark.parametrize("moment", range(1, 12))
def test_a_kill_at_any_moment_is_no_damage(file, monkeypatch, moment):
    """Whatever step of a write is the last one: the old file or the new one is there, and is
    read.
    """
    calls = 0

    class Killed(BaseException):
        pass

    def counted(function):
        def call(*arguments, **named):
            nonlocal calls
            calls += 1
            if calls == moment:
                raise Killed
            return function(*arguments, **named)

        return call

    for name in ("replace", "fsync", "open"):
        monkeypatch.setattr(os, name, counted(getattr(os, name)))
    for name in ("write_text", "unlink"):
        monkeypatch.setattr(pathlib.Path, name, counted(getattr(pathlib.Path, name)))
    try:
        write_recorded_json(file, [])
    except Killed:
        pass
    else:
        assert calls < moment
    monkeypatch.undo()
    assert read_checked_json(file) in ([{"epoch": 0}, {"epoch": 1}], [])
    write_recorded_json(file, [{"epoch": 5}])
    assert read_checked_json(file) == [{"epoch": 5}]
    verify(file.parent / "other.json")


def test_writing_the_same_again_keeps_what_was_before(file):
    before = (file.parent / SUMS).read_text()
    write_recorded_json(file, [{"epoch": 0}, {"epoch": 1}])
    assert (file.parent / SUMS).read_text() == before


def test_a_failed_write_leaves_file_and_list(file):
    before = (file.parent / SUMS).read_text()

    def write_half():
        with recorded_path(file) as partial:
            partial.write_text("half")
            raise ValueError("fails")

    with pytest.raises(ValueError, match="fails"):
        write_half()
    assert (file.parent / SUMS).read_text() == before
    assert read_checked_json(file) == [{"epoch": 0}, {"epoch": 1}]


def test_the_list_is_damaged_where_something_is_to_be_written(file):
    (file.parent / SUMS).write_text("")
    with pytest.raises(UserError, match=r"SHA256SUMS: damaged.*delete it to go on without"):
        write_recorded_json(file, [])
