"""One configuration and one process per run directory."""

import dataclasses

import numpy as np
import pytest

from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.methods.dictsum.settings import DictSumSettings
from tf_dictsum.training.config import RunConfig
from tf_dictsum.training.run_directory import RunDirectory
from tf_dictsum.util.errors import UserError


def dataset(value=1.0):
    video = Video("video_1", np.full((3, 2), value, np.float32), np.arange(3) * 15, 40)
    return Dataset("x", "x.h5", {"video_1": video})


def test_same_configuration_is_taken_up(tmp_path):
    config = RunConfig(run_dir=str(tmp_path / "run"))
    for epochs in (3, 5):
        with RunDirectory(dataclasses.replace(config, epochs=epochs)).open():
            pass
    text = (tmp_path / "run" / "config.flags").read_text()
    assert "--epochs=5\n" in text
    assert "--noshuffle\n" in text


def test_a_flag_newer_than_the_run_had_its_default(tmp_path):
    config = RunConfig(run_dir=str(tmp_path))
    with RunDirectory(config).open():
        pass
    file = tmp_path / "config.flags"
    (tmp_path / "SHA256SUMS").unlink()  # the runs of that time have none
    file.write_text(
        "".join(
            line
            for line in file.read_text().splitlines(True)
            if not line.startswith("--recon_weight")
        )
    )
    with RunDirectory(config).open():
        pass
    (tmp_path / "SHA256SUMS").unlink()
    file.write_text(
        "".join(
            line
            for line in file.read_text().splitlines(True)
            if not line.startswith("--recon_weight")
        )
    )
    with pytest.raises(UserError, match=r"recon_weight: 1.0 there, 0.0 now"):
        with RunDirectory(
            RunConfig(run_dir=str(tmp_path), method=DictSumSettings(recon_weight=0.0))
        ).open():
            pass


def test_other_configuration_is_refused_or_replaced(tmp_path):
    config = RunConfig(run_dir=str(tmp_path))
    with RunDirectory(config).open():
        (tmp_path / "split0-seed0").mkdir()
        (tmp_path / "own.txt").write_text("mine")
    other = RunConfig(run_dir=str(tmp_path), shuffle=True, method=DictSumSettings(sigma=0.3))
    with pytest.raises(
        UserError, match=r"shuffle: false there, true now, sigma: 0.15 there, 0.3 now"
    ):
        with RunDirectory(other).open():
            pass
    with RunDirectory(dataclasses.replace(other, overwrite=True)).open():
        assert not (tmp_path / "split0-seed0").exists()
        assert (tmp_path / "own.txt").read_text() == "mine"


def test_two_processes_do_not_share_a_folder(tmp_path):
    config = RunConfig(run_dir=str(tmp_path))
    with RunDirectory(config).open():
        with pytest.raises(UserError, match="another process is training in this run directory"):
            with RunDirectory(config).open():
                pass


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot make the run directory"):
        with RunDirectory(RunConfig(run_dir=str(tmp_path / "file" / "run"))).open():
            pass


def test_other_data_is_refused(tmp_path):
    directory, split = (
        RunDirectory(RunConfig(run_dir=str(tmp_path))),
        Split(("video_1",), ("video_1",)),
    )
    folder = directory.split_folder(0, 3, split, dataset())
    assert folder.name == "split0-seed3"
    assert directory.split_folder(0, 3, split, dataset()) == folder
    with pytest.raises(
        UserError, match=r"does not fit x.h5: it was trained on other videos or other features"
    ):
        directory.split_folder(0, 3, split, dataset(2.0))
