"""A checkpoint is restored whole or refused."""

import errno

import keras
import numpy as np
import pytest
import tensorflow as tf
from absl import logging

from tf_dictsum.util.checkpoints import Checkpointer
from tf_dictsum.util.errors import UserError


def variables(*shapes):
    return {
        f"group/{n:03d}/kernel": keras.Variable(np.full(shape, n + 1.0))
        for n, shape in enumerate(shapes)
    }


def test_round_trip_and_newest_counts(tmp_path):
    saved = variables((3,), (2, 2))
    checkpoints = Checkpointer(tmp_path / "c", saved)
    assert checkpoints.restore() is None
    checkpoints.save(1)
    saved["group/000/kernel"].assign([7, 8, 9])
    checkpoints.save(2)
    fresh = variables((3,), (2, 2))
    assert Checkpointer(tmp_path / "c", fresh).restore() == 2
    np.testing.assert_array_equal(fresh["group/000/kernel"], [7, 8, 9])
    assert len(list((tmp_path / "c").glob("ckpt-*.index"))) == 1


@pytest.mark.parametrize("other", [((3,),), ((3,), (2, 2), (1,)), ((4,), (2, 2))])
def test_other_model_is_refused(tmp_path, other):
    Checkpointer(tmp_path, variables((3,), (2, 2))).save(1)
    with pytest.raises(
        UserError, match=r"ckpt-1: the checkpoint is damaged or belongs to another model .*Delete "
    ):
        Checkpointer(tmp_path, variables(*other)).restore()


@pytest.mark.parametrize("part", ["data-00000-of-00001", "index"])
def test_torn_file_is_refused(tmp_path, part):
    Checkpointer(tmp_path, variables((300,))).save(1)
    file = tmp_path / f"ckpt-1.{part}"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(UserError, match="the checkpoint is damaged"):
        Checkpointer(tmp_path, variables((300,))).restore()


def test_a_first_checkpoint_that_was_not_finished_does_not_count(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    Checkpointer(tmp_path, variables((3,))).save(1)
    (tmp_path / "checkpoint").unlink()  # as a kill leaves it between the files and their entry
    assert Checkpointer(tmp_path, variables((3,))).restore() is None
    assert "the first checkpoint was not finished" in caplog.text


@pytest.mark.parametrize("damage", ["", "model_checkpoint_path: 'ckpt-7'"])
def test_damaged_state_file_is_refused(tmp_path, damage):
    Checkpointer(tmp_path, variables((3,))).save(1)
    (tmp_path / "checkpoint").write_text(damage)
    with pytest.raises(
        UserError,
        match=r"damaged, or names a checkpoint that is not there|the checkpoint is damaged",
    ):
        Checkpointer(tmp_path, variables((3,))).restore()


def test_flipped_bit_is_refused(tmp_path):
    Checkpointer(tmp_path, variables((300,))).save(1)
    file = tmp_path / "ckpt-1.data-00000-of-00001"
    data = bytearray(file.read_bytes())
    data[600] ^= 1
    file.write_bytes(data)
    with pytest.raises(UserError, match="the checkpoint is damaged"):
        Checkpointer(tmp_path, variables((300,))).restore()


@pytest.mark.parametrize(
    "error",
    [
        tf.errors.ResourceExhaustedError(None, None, "No space left on device"),
        OSError(errno.ENOSPC, "full"),
    ],
)
def test_full_disk_keeps_the_checkpoint_before(tmp_path, monkeypatch, error):
    kept = variables((3,))
    checkpoints = Checkpointer(tmp_path, kept)
    checkpoints.save(1)

    def refuse(checkpoint_number):
        (tmp_path / "ckpt-2.data-half").write_bytes(b"x")
        (tmp_path / "ckpt-2_temp").mkdir()
        raise error

    monkeypatch.setattr(checkpoints.manager, "save", refuse)
    with pytest.raises(
        UserError,
        match=r"cannot write the checkpoint of epoch 2: .*Free space and run the same command",
    ):
        checkpoints.save(2)
    assert not list(tmp_path.glob("ckpt-2*"))
    assert Checkpointer(tmp_path, kept).restore() == 1
