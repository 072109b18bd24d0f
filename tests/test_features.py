"""The command: a file ready for training, going on where it stopped, one bad video among good
ones.
"""

import os
import pathlib
import resource
import signal
import subprocess
import sys

import h5py
import pytest
from absl import logging
from clips import write_clip

import tf_dictsum
from tf_dictsum import features
from tf_dictsum.data.extractor_record import read_extractor
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.footage import reading as pipeline
from tf_dictsum.util.each import SOME_FAILED
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.locks import locked_file


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Features that one test has read are not another's."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def films(tmp_path):
    """A folder with two videos; names with spaces and letters of other scripts."""
    (tmp_path / "my films").mkdir()
    write_clip(tmp_path / "my films" / "café – 日本.mp4", 75, fps=25, audio=1)
    write_clip(tmp_path / "my films" / "short.mkv", 9, width=96, height=161, pixels="yuv444p")
    return tmp_path / "my films"


@pytest.fixture
def command(weights_file, monkeypatch, capsys):
    """Runs the command in this process: arguments, flags -> status, stdout, stderr."""

    def run(*arguments, **flags):
        options = features.Options(
            **{"weights": str(weights_file), "quiet": True, **{k: str(v) for k, v in flags.items()}}
        )
        if "fps" in flags:
            options = features.Options(**{**vars(options), "fps": float(flags["fps"])})
        monkeypatch.setattr(features.cli, "from_flags", lambda _: options)
        try:
            status = features.main(["features", *map(str, arguments)])
        finally:
            logging.set_verbosity(logging.INFO)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def extracted(monkeypatch):
    """A list that grows by the file name of every video that really goes through the network."""
    names, real = [], pipeline.extract

    def extract(video, *arguments, **options):
        names.append(pathlib.Path(video.path).name)
        return real(video, *arguments, **options)

    monkeypatch.setattr(pipeline, "extract", extract)
    return names


def test_a_file_ready_for_training(films, tmp_path, command):
    out = tmp_path / "out" / "films.h5"
    status, stdout, _ = command(films, out=out)
    assert status == 0
    assert [line.split(":")[0] for line in stdout.splitlines()] == [
        "café – 日本",
        "short",
        str(out),
    ]
    dataset = load_dataset(str(out))
    assert list(dataset.videos) == ["video_1", "video_2"]
    first, second = dataset.videos.values()
    assert (first.name, first.n_frames, first.features.shape) == ("café – 日本", 75, (6, 1024))
    assert first.picks.tolist() == [0, 13, 25, 38, 50, 63]
    assert (second.name, second.n_frames, second.features.shape) == ("short", 9, (1, 1024))
    assert second.change_points.tolist() == [[0, 8]]
    assert read_extractor(dataset.attributes)["network"] == "bvlc_googlenet"
    with h5py.File(out) as file:
        assert file["video_1"].attrs["file"] == str(films / "café – 日本.mp4")
        assert file["video_1"].attrs["fps"] == pytest.approx(25)
        assert file["video_2"]["n_frame_per_seg"][()].tolist() == [9]
    assert sorted(p.name for p in out.parent.iterdir()) == ["films.h5"]


def test_what_is_there_is_left_alone(films, tmp_path, command, monkeypatch):
    out = films / "films.h5"
    command(films / "short.mkv", out=out)
    names = extracted(monkeypatch)
    status, stdout, _ = command(films, out=out)
    assert status == 0
    assert names == ["café – 日本.mp4"]
    assert "short: there already" in stdout
    dataset = load_dataset(str(out))
    assert [v.name for v in dataset.videos.values()] == ["short", "café – 日本"]
    with h5py.File(out) as file:
        assert file["video_1"].attrs["file"] == "short.mkv"  # beside the file: both can be moved
    before = out.read_bytes()
    assert command(films, out=out)[0] == 0
    assert out.read_bytes() == before


def test_two_commands_do_not_write_one_file(films, tmp_path, command):
    out = tmp_path / "films.h5"
    with locked_file(out, "is busy"):
        with pytest.raises(UserError, match=r"films.h5: another process adds videos to it\. Wait"):
            command(films, out=out)
    assert not out.exists()
    assert command(films, out=out)[0] == 0
    assert not list(tmp_path.glob(".*"))


def test_a_changed_video_replaces_its_group(films, tmp_path, command):
    out = tmp_path / "films.h5"
    command(films, out=out)
    write_clip(films / "short.mkv", 40, fps=20)
    assert command(films, out=out)[0] == 0
    dataset = load_dataset(str(out))
    assert {v.name: v.n_frames for v in dataset.videos.values()} == {"café – 日本": 75, "short": 40}


def test_one_bad_video_does_not_stop_the_rest(films, tmp_path, command):
    (films / "a bad one.mp4").write_text("no video")
    (films / "empty.mp4").touch()
    out = tmp_path / "films.h5"
    status, _, stderr = command(films, out=out)
    assert status == SOME_FAILED == 3
    listed = stderr.splitlines()[-3:]
    assert listed[0] == "2 of 4 failed:"
    assert "a bad one.mp4: not a video" in listed[1]
    assert "empty.mp4: an empty file" in listed[2]
    assert len(load_dataset(str(out)).videos) == 2


def test_nothing_but_bad_videos(films, tmp_path, command):
    bad = films / "bad.mp4"
    bad.write_text("no video")
    out = tmp_path / "films.h5"
    with pytest.raises(UserError, match=r"bad.mp4: not a video"):
        command(bad, out=out)
    (films / "empty.mp4").touch()
    assert command(bad, films / "empty.mp4", out=out)[0] == 3
    assert [p.name for p in tmp_path.iterdir()] == ["my films"]


def test_an_interrupt_keeps_what_is_finished(films, tmp_path, command, monkeypatch):
    out, real = tmp_path / "films.h5", pipeline.extract

    def interrupted(video, *arguments, **options):
        if "short" in str(video.path):
            raise KeyboardInterrupt
        return real(video, *arguments, **options)

    monkeypatch.setattr(pipeline, "extract", interrupted)
    status, _, stderr = command(films, out=out)
    assert status == 130
    assert "the same command goes on" in stderr
    assert not out.exists()
    monkeypatch.setattr(pipeline, "extract", real)
    names = extracted(monkeypatch)
    assert command(films, out=out)[0] == 0
    assert names == ["short.mkv"]
    assert len(load_dataset(str(out)).videos) == 2
    assert not list(tmp_path.glob(".*"))


def test_another_extractor_is_refused(films, tmp_path, command):
    out = tmp_path / "films.h5"
    command(films / "short.mkv", out=out)
    with pytest.raises(
        UserError,
        match=r"films.h5: not the features of this file \(fps 4.0 here, 2.0 there\).*Choose another `out`",  # noqa: E501
    ):
        command(films, out=out, fps=4)
    with h5py.File(out, "a") as file:
        del file.attrs["extractor"]
    with pytest.raises(
        UserError, match=r"films.h5: is there and does not say what made its features"
    ):
        command(films, out=out)
    out.write_text("x")
    with pytest.raises(
        UserError, match=r"films.h5: is there and not a features file \(.*\). Choose another `out`"
    ):
        command(films, out=out)


def test_mistakes(films, tmp_path, command):
    with pytest.raises(UserError, match=r"no video is named"):
        command(out="a.h5")
    with pytest.raises(UserError, match=r"--out is missing"):
        command(films)
    with pytest.raises(UserError, match=r"--out=.*: is a folder. Name a file in it"):
        command(films, out=tmp_path)
    with pytest.raises(UserError, match=r"none.mp4: no such file"):
        command(films / "none.mp4", out=tmp_path / "a.h5")
    with pytest.raises(UserError, match=r"--weights=none.npz: no such file"):
        command(films, out=tmp_path / "a.h5", weights="none.npz")


def test_a_place_that_cannot_be_written(films, tmp_path, command):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file" / "a.h5", pathlib.Path("/proc/tf_dictsum/a.h5")):
        with pytest.raises(UserError, match=r"a.h5: cannot write there: .* Choose another `out`"):
            command(films, out=place)


@pytest.mark.parametrize("limit", [12_000, 30_000, 90_000])
def test_disk_full(films, tmp_path, command, limit):
    """A limit on the size of files fails writes as a full disk does."""
    out = tmp_path / "films.h5"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        with pytest.raises(UserError, match=r"films.h5.*(cannot write it|cannot be kept there)"):
            command(films / "café – 日本.mp4", out=out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not out.exists()
    assert not list(tmp_path.glob("*.h5"))
    assert not list(tmp_path.glob(".*.partial.*"))
    assert command(films / "café – 日本.mp4", out=out)[0] == 0


def start(*arguments):
    root = pathlib.Path(next(iter(tf_dictsum.__path__))).parent
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    line = [sys.executable, "-m", "tf_dictsum.features", *map(str, arguments)]
    return subprocess.Popen(
        line, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_command_and_ctrl_c(films, tmp_path, weights_file):
    out = tmp_path / "films.h5"
    write_clip(films / "zz long.mp4", 3000, fps=5)
    process = start(films, f"--weights={weights_file}", "--out", out)
    finished = [process.stdout.readline() for _ in range(2)]  # the third takes a while
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert "interrupted; the same command goes on" in stderr
    assert [line.split(":")[0] for line in finished] == ["café – 日本", "short"], stderr
    assert stdout == ""
    assert len(list(tmp_path.glob(".films.h5.parts/*.npz"))) == 2
    assert not out.exists()
    (films / "zz long.mp4").unlink()
    process = start(films, f"--weights={weights_file}", "--out", out)
    stdout, stderr = process.communicate(timeout=120)
    assert (process.returncode, stderr) == (0, "")
    assert stdout.splitlines() == [
        "café – 日本: there already",
        "short: there already",
        f"{out}: 2 videos",
    ]


@pytest.mark.slow
def test_odd_files(shared, tmp_path, command):
    out = tmp_path / "odd.h5"
    weights = shared / "weights" / "bvlc_googlenet_pool5_hwio.npz"
    status, _, stderr = command(shared / "videos" / "odd", out=out, weights=weights)
    assert status == 3
    assert "4 of 13 failed" in stderr
    dataset = load_dataset(str(out))
    assert {v.name: (v.n_frames, v.n_steps) for v in dataset.videos.values()} == {
        "animated": (60, 12),
        "hevc_10bit": (450, 30),
        "nine_frames_0.3s": (9, 1),
        "odd_size_yuv444": (150, 10),
        "one_frame": (1, 1),
        "rotated_displaymatrix": (360, 24),
        "truncated_moov_first": (1516, 127),
        "vfr": (529, 80),
        "vp9": (450, 30),
    }
