"""The command: every kind of input, what a second run reuses, what mistakes and broken files lead
to.
"""

import importlib
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import time

import clips
import h5py
import numpy as np
import pytest
from absl import logging
from clips import write_clip

import tf_dictsum
from tf_dictsum.footage import reading as pipeline
from tf_dictsum.render.claim import claimed, identity_of
from tf_dictsum.util.errors import UserError

summarize = importlib.import_module("tf_dictsum.summarize")  # tf_dictsum.summarize is the function

ROOT = pathlib.Path(next(iter(tf_dictsum.__path__))).parent
KINDS = [
    "-scores.png",
    "-storyboard.jpg",
    "-summary.csv",
    "-summary.html",
    "-summary.json",
    "-summary.mp4",
]


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def holiday(tmp_path):
    """8 s, four pictures (cuts at frames 60, 110 and 180), sound; a name with spaces and letters
    of another script.
    """
    cuts = [60, 110, 180]

    def picture(number, width, height):
        return clips.picture(20 * int(np.searchsorted(cuts, number, side="right")), width, height)

    return write_clip(tmp_path / "my holiday ü.mp4", frames=240, make=picture, audio=1)


@pytest.fixture
def command(weights_file, monkeypatch, capsys):
    """Runs the command in this process: arguments, flags -> status, lines of stdout, stderr."""

    def run(*arguments, **flags):
        options = summarize.Options(**{"weights": str(weights_file), "quiet": True, **flags})
        monkeypatch.setattr(summarize.cli, "from_flags", lambda _: options)
        try:
            status = summarize.main(["summarize", *map(str, arguments)])
        finally:
            logging.set_verbosity(logging.INFO)
        captured = capsys.readouterr()
        return status, captured.out.splitlines(), captured.err

    return run


@pytest.fixture
def networks(monkeypatch):
    """Names of the videos that really go through the network."""
    names, real = [], pipeline.extract

    def extract(video, *arguments, **options):
        names.append(pathlib.Path(video.path).name)
        return real(video, *arguments, **options)

    monkeypatch.setattr(pipeline, "extract", extract)
    return names


def files(folder):
    return sorted(
        str(p.relative_to(folder))
        for p in pathlib.Path(folder).rglob("*")
        if p.is_file() and p.suffix != ".summary-lock"
    )


def summary_of(folder, name):
    return json.loads(pathlib.Path(folder, f"{name}-summary.json").read_text())


def test_a_video_becomes_a_folder(command, holiday, networks):
    status, out, err = command(holiday, ratio=0.5)
    assert (status, err) == (0, "")
    (line,) = out
    assert line.startswith("my holiday ü: ")
    assert line.endswith("(representative) -> my holiday ü-summary/my holiday ü-summary.html")
    found = files("my holiday ü-summary")
    assert [f for f in found if "-keyframe-" not in f] == [f"my holiday ü{kind}" for kind in KINDS]
    assert [f for f in found if "-keyframe-001-" in f]
    text = json.dumps(summary_of("my holiday ü-summary", "my holiday ü"))
    for said in (
        "representative",
        "without a trained model",
        "bvlc_googlenet",
        "50 % of the video",
    ):
        assert said in text
    assert (
        "without a trained model"
        in pathlib.Path("my holiday ü-summary", "my holiday ü-summary.html").read_text()
    )
    assert networks == ["my holiday ü.mp4"]


def test_a_second_run_uses_what_was_read(command, holiday, networks, tmp_path):
    command(holiday, out="a", outputs=("json",))
    command(holiday, out="b", outputs=("json",), ratio=0.3)
    assert networks == ["my holiday ü.mp4"]
    holiday.rename(tmp_path / "moved.mp4")
    command(tmp_path / "moved.mp4", out="c", outputs=("json",))
    assert len(networks) == 1
    os.utime(tmp_path / "moved.mp4", ns=(1, 1))
    command(tmp_path / "moved.mp4", out="d", outputs=("json",))
    assert len(networks) == 2
    command(tmp_path / "moved.mp4", out="e", outputs=("json",), cache=False)
    assert len(networks) == 3
    assert files("c") == ["moved-summary.json"]


def test_the_number_of_key_frames(command, holiday):
    command(holiday, out="o", num_keyframes=3, edl=True, otio=True)
    found = files("o")
    assert len([f for f in found if "-keyframe-" in f]) == 3
    assert {"my holiday ü.edl", "my holiday ü.otio"} <= set(found)
    command(holiday, out="o", num_keyframes=2, duration="2s", outputs=("json", "keyframes"))
    assert len([f for f in files("o") if "-keyframe-" in f]) == 2
    assert "2 s" in json.dumps(summary_of("o", "my holiday ü"))


def test_one_bad_video_never_stops_the_rest(command, holiday, tmp_path):
    write_clip(tmp_path / "one.mp4", 1)
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty.mp4").touch()
    status, out, err = command(tmp_path, out="o")
    assert status == summarize.SOME_FAILED == 3
    assert [line.split(":")[0] for line in out] == ["my holiday ü", "one"]
    assert "2 of 4 failed:" in err
    assert "empty.mp4: an empty file (0 bytes)" in err
    assert "text.mp4: not a video that FFmpeg can read" in err
    assert "one/one-summary.html" in files("o")
    assert not any(f.startswith(("text", "empty")) for f in files("o"))
    index = pathlib.Path("o", "index.html").read_text()
    assert re.findall(r'<h2><a href="([^"]*)"', index) == [
        "my%20holiday%20%C3%BC/my%20holiday%20%C3%BC-summary.html",
        "one/one-summary.html",
    ]


def test_another_video_of_the_same_name_is_refused(command, holiday, tmp_path):
    """It would replace a finished summary and delete its key frames."""
    out = tmp_path / "out"
    command(holiday, out=str(out))
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (tmp_path / "other").mkdir()
    other = write_clip(tmp_path / "other" / holiday.name, frames=60)
    with pytest.raises(UserError, match=r"out: holds the summary 'my holiday ü' of another video"):
        command(other, out=str(out))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert command(holiday, out=str(out))[0] == 0  # the same video again
    moved = tmp_path / "other" / "moved" / holiday.name
    moved.parent.mkdir()
    shutil.copy2(holiday, moved)
    assert command(moved, out=str(out))[0] == 0  # the same content at another place
    assert command(other, out=str(out), overwrite=True)[0] == 0
    assert summary_of(out, holiday.stem)["n_frames"] == 60
    with pytest.raises(UserError, match="of another video"):
        command(holiday, out=str(out))


def test_a_summary_of_an_earlier_version_is_told_by_its_json(command, holiday, tmp_path):
    out = tmp_path / "out"
    command(holiday, out=str(out))
    (out / f".{holiday.stem}.summary-lock").unlink()
    assert command(holiday, out=str(out))[0] == 0
    (out / f".{holiday.stem}.summary-lock").unlink()
    (tmp_path / "other").mkdir()
    other = write_clip(tmp_path / "other" / holiday.name, frames=60)
    with pytest.raises(UserError, match="of another video"):
        command(other, out=str(out))


def test_one_process_at_a_time_writes_a_summary(command, holiday, tmp_path):
    out = tmp_path / "out"
    with claimed(out, holiday.stem, identity_of(holiday)):
        with pytest.raises(UserError, match=r"out: another process is writing this summary"):
            command(holiday, out=str(out))
        short = write_clip(tmp_path / "short.mp4", frames=30)
        (out / ".01234567.partial.jpg").touch()  # of whom is not known
        assert command(short, out=str(out))[0] == 0
        assert (out / ".01234567.partial.jpg").exists()
    assert command(short, out=str(out))[0] == 0
    assert not (out / ".01234567.partial.jpg").exists()  # nobody else is here: of a dead process


def test_a_failure_leaves_nothing(command, tmp_path):
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    with pytest.raises(UserError, match="not a video"):
        command(bad, out=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_one_line_whatever_the_name_holds(command, tmp_path):
    path = write_clip(tmp_path / "a.mp4", frames=30)
    strange = path.rename(tmp_path / "two\nlines \x1b[31mred.mp4")
    _, out, _ = command(strange)
    assert len(out) == 1
    assert out[0].startswith(r"two\nlines \x1b[31mred: ")


def test_a_single_bad_video_is_a_mistake(command, tmp_path):
    with pytest.raises(UserError, match=r"none.mp4: no such file"):
        command(tmp_path / "none.mp4")
    with pytest.raises(UserError, match=r"none.mp4: no such file"):
        command(tmp_path / "none.mp4", cache=False)
    assert files(".") == []


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"method": "model"}, r"--method=model needs --model"),
        (
            {"method": "representative", "model": "run"},
            r"--method=representative does not use --model=run",
        ),
        ({"duration": "3s", "ratio": 0.2}, r"--ratio and --duration exclude each other"),
        ({"duration": "soon"}, r"^duration=soon: expected a length"),
        ({"ratio": 0.0}, r"^ratio=0:"),
        ({"outputs": ("json", "gif")}, r"unknown output 'gif'"),
        ({"model": "nowhere"}, r"--model=nowhere: no such folder"),
        ({"weights": "nowhere.npz"}, r"nowhere.npz"),
    ],
)
def test_mistakes(command, holiday, flags, message):
    with pytest.raises(UserError, match=message):
        command(holiday, **flags)
    assert files(".") == []


def test_a_features_file(command, tmp_path, holiday):
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "f.h5", "w") as file:
        for key, name in (("video_1", holiday.name), ("video_2", "gone.mp4")):
            group = file.create_group(key)
            group["features"], group["picks"], group["n_frames"] = (
                rng.random((16, 8), np.float32),
                np.arange(0, 240, 15),
                240,
            )
            group["video_name"] = name.split(".")[0]
            group.attrs["file"] = name
        file["video_2"].attrs["fps"] = 24.0
    status, out, _ = command(tmp_path / "f.h5", out="o", outputs=("json", "keyframes", "scores"))
    assert status == 0
    assert [line.split(":")[0] for line in out] == ["my holiday ü", "gone"]
    assert [f for f in files("o") if f.startswith("gone")] == [
        "gone-scores.png",
        "gone-summary.json",
    ]
    assert any("my holiday ü-keyframe" in f for f in files("o"))
    assert "The video is not at hand (gone.mp4): no pictures and no clip." in json.dumps(
        summary_of("o", "gone")
    )
    with h5py.File(tmp_path / "f.h5", "a") as file:
        del file["video_1"]["n_frames"]
        file["video_1"]["n_frames"] = 250
    with pytest.raises(
        UserError, match=r"my holiday ü.mp4: has 240 frames, but .*f.h5:video_1 was made of 250"
    ):
        command(tmp_path / "f.h5", out="o")


def test_a_features_file_without_a_frame_rate(command, tmp_path):
    with h5py.File(tmp_path / "f.h5", "w") as file:
        group = file.create_group("video_1")
        group["features"], group["picks"], group["n_frames"] = (
            np.eye(9, dtype=np.float32),
            np.arange(0, 108, 12),
            108,
        )
    command(tmp_path / "f.h5", out="o", outputs=("json",))
    text = json.dumps(summary_of("o", "f-video_1"))
    assert "times assume 24 frames per second" in text


def test_a_trained_selector(command, holiday, tmp_path):
    from tf_dictsum.layers.initializers import Initializers
    from tf_dictsum.selectors.bilstm import BiLSTMSelector
    from tf_dictsum.selectors.files import save_selector

    folder = tmp_path / "run" / "split0-seed0"
    folder.mkdir(parents=True)
    save_selector(
        BiLSTMSelector(1024, 4, Initializers(seed=0)),
        folder,
        {"method": "dictsum", "epochs": 2, "dataset": "films"},
    )
    _, out, _ = command(holiday, out="o", model=str(tmp_path / "run"), outputs=("json", "csv"))
    assert "(dictsum)" in out[0]
    text = json.dumps(summary_of("o", "my holiday ü"))
    assert "Scored by a trained selector (dictsum, 2 epochs on films)." in text
    assert "knapsack" in text
    save_selector(
        BiLSTMSelector(12, 4, Initializers(seed=0)),
        folder,
        {"method": "dictsum", "epochs": 2, "dataset": "films"},
    )
    with pytest.raises(UserError, match=r"trained on features of width 12, these have 1024"):
        command(holiday, out="p", model=str(tmp_path / "run"))
    assert not pathlib.Path("p").exists()


def test_an_output_folder_that_cannot_be_written(command, holiday, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/o: cannot write there: .*`out`"):
        command(holiday, out=str(tmp_path / "file" / "o"))
    if os.getuid():
        folder = tmp_path / "read only"
        folder.mkdir()
        folder.chmod(stat.S_IREAD | stat.S_IEXEC)
        with pytest.raises(
            UserError,
            match=r"read only: cannot write there, .*read only is read-only for this user",
        ):
            command(holiday, out=str(folder))


def test_the_page_opens(command, holiday, monkeypatch):
    opened = []
    monkeypatch.setattr(summarize.webbrowser, "open", opened.append)
    command(holiday, out="o", open=True)
    (address,) = opened
    assert address.startswith("file:///")
    assert address.endswith("my%20holiday%20%C3%BC-summary.html")


def test_features_of_different_videos_share_the_network(command, holiday, tmp_path, monkeypatch):
    from tf_dictsum.extractors import extractor

    made, real = [], extractor.make_extractor
    monkeypatch.setattr(
        extractor, "make_extractor", lambda *a, **k: made.append(1) or real(*a, **k)
    )
    write_clip(tmp_path / "b.mp4", 40)
    command(holiday, tmp_path / "b.mp4", out="o", outputs=("json",))
    assert made == [1]


def start(weights_file, *arguments, **more):
    line = [
        sys.executable,
        "-m",
        "tf_dictsum.summarize",
        f"--weights={weights_file}",
        *map(str, arguments),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **more
    )


def test_the_command_itself(weights_file, holiday):
    """Flags behind the video, results on stdout, progress on stderr, one line for a mistake."""
    running = start(weights_file, holiday, "--num_keyframes=2", "--outputs=json,keyframes")
    out, err = running.communicate(timeout=120)
    assert running.returncode == 0, err
    assert out.splitlines() == [
        line for line in out.splitlines() if line.startswith("my holiday ü: ")
    ]
    assert "reading" in err
    assert len(files("my holiday ü-summary")) == 3
    running = start(weights_file, holiday, "--ratio=0.2", "--duration=3s")
    out, err = running.communicate(timeout=120)
    assert (running.returncode, out) == (2, "")
    assert err.splitlines() == [
        "error: --ratio and --duration exclude each other; give one of them."
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_an_interrupted_reading_goes_on(weights_file, tmp_path, number, status):
    """By a signal while the network works; what it had is kept, and not done again."""
    video = write_clip(tmp_path / "long.mp4", frames=4000, fps=5)
    running = start(weights_file, video, "--out=o", "--outputs=json")
    seen = ""
    while "reading:" not in seen:  # drawn first when the first batch is done
        text = running.stderr.read(1)
        assert text, seen
        seen += text
    running.send_signal(number)
    _, err = running.communicate(timeout=120)
    assert running.returncode == status, err
    assert "Traceback" not in err
    assert not pathlib.Path("o").exists()
    assert len(list((tmp_path / "cache").rglob("features/*.part"))) == 1
    again = start(weights_file, video, "--out=o", "--outputs=json")
    _, err = again.communicate(timeout=500)
    assert again.returncode == 0, err
    assert "where reading it was interrupted" in err
    assert not list((tmp_path / "cache").rglob("features/*.part"))
    assert len(summary_of("o", "long")["picks"]) == 1600


@pytest.mark.slow
def test_an_interrupt_leaves_nothing_half_written(weights_file, tmp_path):
    video = write_clip(tmp_path / "long.mp4", frames=1000, width=640, height=480)
    running = start(weights_file, video, "--out=o")
    while (
        not list((tmp_path / "cache").rglob("features/*.npz")) and running.poll() is None
    ):  # until the video was read
        time.sleep(0.05)
    time.sleep(0.3)  # now the outputs are being made
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode in (0, 130), err
    assert not [f for f in files(".") if "partial" in f]
    again = start(weights_file, video, "--out=o")
    _, err = again.communicate(timeout=200)
    assert again.returncode == 0, err
    assert "reading" not in err  # the features were kept
