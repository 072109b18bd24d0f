"""All files of a summary together."""

import os
import pathlib
import subprocess
import sys

import pytest
from summary_examples import Material, make_summary

pytest.importorskip("av", reason="PyAV (extra video) is not installed")

from made_video import numbers_of

from tf_dictsum.render.outputs import (
    DEFAULT_KINDS,
    KINDS,
    check_folder,
    check_kinds,
    older_outputs,
    write_outputs,
)
from tf_dictsum.render.scores_plot import scores_figure
from tf_dictsum.util.errors import UserError


def test_every_file_and_nothing_else(tmp_path: pathlib.Path, material: Material):
    pytest.importorskip("opentimelineio", reason="opentimelineio (extra timeline) is not installed")
    seen: list[tuple[str, int, int]] = []
    files = write_outputs(
        material.summary,
        tmp_path / "new" / "out",
        KINDS,
        timeline=material.line,
        progress=lambda *report: seen.append(report),
    )
    assert [path.name for path in files] == [
        "holiday-summary.json",
        "holiday-summary.csv",
        "holiday-keyframe-001-00h00m02.000s.jpg",
        "holiday-keyframe-002-00h00m05.000s.jpg",
        "holiday-storyboard.jpg",
        "holiday-scores.png",
        "holiday-summary.mp4",
        "holiday.edl",
        "holiday.otio",
        "holiday.llc",
        "holiday-summary.html",
    ]
    assert sorted(files) == sorted((tmp_path / "new" / "out").iterdir())
    assert numbers_of(files[6]) == [*range(40, 90), *range(120, 180)]
    assert [report for report in seen if report[0] == "key frames"] == [
        ("key frames", 1, 2),
        ("key frames", 2, 2),
    ]
    assert [report for report in seen if report[0] == "clip"][-1] == ("clip", 110, 110)


def test_without_a_timeline(tmp_path: pathlib.Path, material: Material):
    (clip,) = write_outputs(material.summary, tmp_path, ["mp4"])
    assert numbers_of(clip) == [*range(40, 90), *range(120, 180)]


def test_twice_is_the_same(tmp_path: pathlib.Path, material: Material):
    first = {
        path.name: path.read_bytes()
        for path in write_outputs(material.summary, tmp_path, timeline=material.line)
    }
    second = {
        path.name: path.read_bytes()
        for path in write_outputs(material.summary, tmp_path, timeline=material.line)
    }
    assert first == second
    assert set(first) == {path.name for path in tmp_path.iterdir()}


def test_features_only(tmp_path: pathlib.Path, material: Material):
    summary = make_summary(None, None, material.line, [(0, 119), (120, 239)], [1], name="video_3")
    files = write_outputs(summary, tmp_path)
    assert [path.name for path in files] == [
        "video_3-summary.json",
        "video_3-summary.csv",
        "video_3-scores.png",
        "video_3-summary.html",
    ]
    assert "<video" not in files[-1].read_text(encoding="utf-8")


def test_nothing_chosen(tmp_path: pathlib.Path, material: Material):
    summary = make_summary(
        material.video,
        material.info,
        material.line,
        [(0, 239)],
        [],
        warnings=("Nothing fits the budget.",),
    )
    files = write_outputs(summary, tmp_path, timeline=material.line)
    assert [path.name for path in files] == [
        "holiday-summary.json",
        "holiday-summary.csv",
        "holiday-scores.png",
        "holiday-summary.html",
    ]
    assert "Nothing fits the budget." in files[-1].read_text(encoding="utf-8")


def test_unknown_kind_and_missing_package(monkeypatch: pytest.MonkeyPatch):
    check_kinds(DEFAULT_KINDS)
    with pytest.raises(UserError, match="unknown output 'gif'; choose from json, csv, keyframes"):
        check_kinds(["gif"])
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    with pytest.raises(UserError, match="timeline"):
        check_kinds(["otio"])


def test_a_folder_that_cannot_be_made(tmp_path: pathlib.Path, material: Material):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match=r"file/out: cannot make this folder: Not a directory"):
        write_outputs(material.summary, tmp_path / "file" / "out")


def test_a_folder_is_looked_at_before_any_work(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
):
    check_folder(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
    monkeypatch.setattr(os, "access", lambda path, mode: pathlib.Path(path) != tmp_path)
    with pytest.raises(
        UserError,
        match=r"a/b: cannot write there, .* is read-only for this user. Choose another with --out",
    ):
        check_folder(tmp_path / "a" / "b")


def test_files_of_an_earlier_run(tmp_path: pathlib.Path, material: Material):
    first = write_outputs(material.summary, tmp_path, timeline=material.line)
    (tmp_path / "holiday notes.json").touch()
    assert older_outputs(tmp_path, "holiday", first) == []
    second = write_outputs(material.summary, tmp_path, ["storyboard"], timeline=material.line)
    assert older_outputs(tmp_path, "holiday", second) == sorted(set(first) - set(second))


@pytest.mark.parametrize(
    "kind",
    ["json", "csv", "keyframes", "storyboard", "scores", "mp4", "edl", "otio", "llc", "html"],
)
def test_no_room_is_one_clear_line_for_every_kind(
    tmp_path: pathlib.Path, material: Material, kind: str
):
    """The operating system lets no file grow beyond 64 bytes; in a child process, since limits
    cannot be taken back.
    """
    import resource

    if kind == "otio":
        pytest.importorskip(
            "opentimelineio", reason="opentimelineio (extra timeline) is not installed"
        )
    scores_figure(material.summary)  # what a forked child imports first may wait for ever
    before = os.fork()
    if before == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
            write_outputs(material.summary, tmp_path / "out", [kind], timeline=material.line)
        except UserError as error:
            code = 0 if "cannot write it: File too large" in str(error) else 3
        except BaseException:
            code = 4
        os._exit(code)
    _, status = os.waitpid(before, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert list((tmp_path / "out").iterdir()) == []


def test_resources_are_part_of_the_package():
    """Style and script are found where the package is installed, not only in a checkout: setup.cfg
    lists them.
    """
    setup = pathlib.Path(__file__).parents[2] / "setup.cfg"
    assert "tf_dictsum.render = *.css, *.html, *.js" in setup.read_text()
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import importlib.resources as r; "
            "print(len(r.files('tf_dictsum.render').joinpath('page.js').read_text()))",
        ],
        capture_output=True,
        text=True,
    )
    assert int(done.stdout) > 1000, done.stderr
