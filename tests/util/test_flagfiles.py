"""Flag files by path, and shipped configurations by name."""

import subprocess
import sys

import pytest

from tf_dictsum.util.flagfiles import SHIPPED, expand_flagfiles, shipped_config


@pytest.mark.parametrize("name", ["summe", "summe.flags", "configs/summe.flags"])
def test_names_of_shipped_configurations(name):
    assert shipped_config(name) == SHIPPED / "summe.flags"


@pytest.mark.parametrize("name", ["", "nothing", "../configs/summe", "/summe", "configs/"])
def test_other_names(name):
    assert shipped_config(name) is None


def test_every_line_takes_its_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.flags").write_text("# a comment\n\n--seed=1\n--flagfile=b.flags\n// too\n--c\n")
    (tmp_path / "b.flags").write_text("--flagfile=a.flags\n  --epochs=2  \n--flagfile=films\n")
    films = [
        line for line in (SHIPPED / "films.flags").read_text().splitlines() if line[:2] == "--"
    ]
    whole = ["--seed=1", "--epochs=2", *films, "--c"]
    assert expand_flagfiles(["x", "--flagfile=a.flags", "--d"]) == ["x", *whole, "--d"]
    assert expand_flagfiles(["--flagfile", "a.flags", "--d"]) == [*whole, "--d"]


def test_what_is_left_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for arguments in (
        ["--flagfile=nowhere"],
        ["--flagfile", "nowhere"],
        ["--flagfile"],
        ["--flagfile=binary"],
        ["--", "--flagfile=films"],
    ):
        assert expand_flagfiles(arguments) == arguments


def test_a_file_comes_before_a_shipped_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "films").write_text("--mine\n")
    assert expand_flagfiles(["--flagfile=films"]) == ["--mine"]


def test_a_command_outside_the_repository(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tf_dictsum.train", "--flagfile=ablation_all", "--nothing"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert done.returncode == 2
    assert "unknown command line flag" in done.stderr.lower()
