"""A run directory is whole and of one run, or one line says which file is not and what to do."""

import json
import random
import shutil

import pytest

from tf_dictsum.training.split_folder import check_split_folder, read_history
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.recorded import SUMS, recorded_path, write_recorded_json


def record(epoch):
    losses = {"reconstruction": 0.5, "selector_total": None} if epoch else {}
    return {
        "epoch": epoch,
        "seconds": 1.0,
        "losses": losses,
        "videos": {"video_2": {"f_max": 45.0, "kendall_tau": None}},
        "mean": {"f_max": 45.0},
    }


@pytest.fixture
def folder(tmp_path):
    """Of a split whose checkpoint has two epochs, stopped in the third."""
    folder = tmp_path / "split0-seed0"
    for epoch in range(4):
        write_recorded_json(folder / "scores" / f"epoch-{epoch:03d}.json", {"video_2": [0.5]})
    write_recorded_json(folder / "history.json", [record(epoch) for epoch in range(4)])
    with recorded_path(folder / "selected.weights.h5") as partial:
        partial.write_bytes(random.Random(0).randbytes(300))
    return folder


def message(folder, done=2):
    with pytest.raises(UserError) as caught:
        check_split_folder(folder, done)
    text = str(caught.value)
    assert text.startswith(str(folder))
    assert f"delete {folder} to train this split anew" in text
    return text


def test_what_a_kill_leaves_is_whole(folder):
    check_split_folder(folder, 3)
    check_split_folder(folder, 2)


def test_nothing_begun(tmp_path):
    check_split_folder(tmp_path, None)
    write_recorded_json(tmp_path / "history.json", [record(0)])
    check_split_folder(tmp_path, None)


@pytest.mark.parametrize("name", ["history.json", "selected.weights.h5", "scores/epoch-001.json"])
def test_a_file_is_gone(folder, name):
    (folder / name).unlink()
    assert f"{folder / name}: is gone" in message(folder)


def test_the_checkpoint_is_gone(folder):
    assert "checkpoints: is gone, but history.json has 3 epochs" in message(folder, None)


@pytest.mark.parametrize("done", [0, 1, 4, 9])
def test_checkpoint_and_history_of_two_states(folder, done):
    text = message(folder, done)
    assert f"has 4 records, but the checkpoint beside it is of epoch {done}" in text


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "null",
        "[1, 2, 3]",
        '[{"epoch": 1}]',
        json.dumps([{**record(0), "videos": []}] + [record(e) for e in (1, 2, 3)]),
        json.dumps([record(e) for e in (0, 2, 1, 3)]),
        json.dumps([{**record(0), "losses": {"a": "b"}}] + [record(e) for e in (1, 2, 3)]),
        json.dumps([record(e) for e in range(4)])[:-30],
    ],
)
@pytest.mark.parametrize("recorded", [True, False])
def test_another_history(folder, content, recorded):
    """With checksums, and as in runs from before there were any."""
    (folder / "history.json").write_text(content)
    if not recorded:
        (folder / SUMS).unlink()
        if content[:1] not in ("[", "{", "n") or content.endswith("45"):
            with pytest.raises(UserError, match=r"history.json: not a JSON file"):
                check_split_folder(folder, 2)
            return
    with pytest.raises(UserError, match=r"history.json: "):
        check_split_folder(folder, 2)


def test_every_artefact_tells_a_flipped_bit(folder, tmp_path):
    """40 bits of each: none is silent."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "epoch-003.json"]
    assert len(files) == 7
    for number, file in enumerate(files):
        whole = file.read_bytes()
        for bit in random.Random(number).sample(range(8 * len(whole)), 40):
            content = bytearray(whole)
            content[bit // 8] ^= 1 << bit % 8
            file.write_bytes(content)
            with pytest.raises(UserError) as caught:
                check_split_folder(folder, 2)
            assert "\n" not in str(caught.value)
            file.write_bytes(whole)
    check_split_folder(folder, 2)


def test_runs_without_checksums_are_taken_up(folder):
    for sums in folder.rglob(SUMS):
        sums.unlink()
    check_split_folder(folder, 2)
    assert len(read_history(folder / "history.json")) == 4


def test_a_copy_of_the_folder_is_whole(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    check_split_folder(tmp_path / "copy", 3)
