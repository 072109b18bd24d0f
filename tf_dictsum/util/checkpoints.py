"""Checkpoints that are whole, belong to this model, or are refused."""

import os
import pathlib
import shutil
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
from absl import logging

from tf_dictsum.util.errors import UserError

__all__ = ["Checkpointer"]


class Checkpointer:
    """Saves named variables and the number of finished epochs; the newest whole checkpoint is the
    one that counts.

    A new checkpoint is written beside the old one, and takes its place only when it is complete: a
      kill at any moment
    leaves one of the two.

    Args:
      folder: of the checkpoint files; made on the first save.
      variables: name -> Keras or TensorFlow variable, all of them already built.
    """

    def __init__(self, folder: str | os.PathLike[str], variables: Mapping[str, Any]):
        self.folder = pathlib.Path(folder)
        self.epoch = tf.Variable(-1, dtype=tf.int64, trainable=False)
        tensors = {
            name: getattr(variable, "value", variable) for name, variable in variables.items()
        }
        self.manager: tf.train.CheckpointManager | None = None
        self.checkpoint = tf.train.Checkpoint(epoch=self.epoch, variables=tensors)

    def save(self, epoch: int) -> None:
        """Writes all variables after `epoch` finished epochs.

        Raises:
          UserError: the disk is full or refuses; the checkpoint before it still stands.
        """
        self.epoch.assign(epoch)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self.manager is None:
                self.manager = tf.train.CheckpointManager(
                    self.checkpoint, str(self.folder), max_to_keep=1
                )
            self.manager.save(checkpoint_number=epoch)
        except (OSError, tf.errors.OpError) as error:
            for partial in self.folder.glob(f"ckpt-{epoch}*"):
                shutil.rmtree(partial) if partial.is_dir() else partial.unlink(missing_ok=True)
            reason = getattr(error, "message", None) or str(error)
            raise UserError(
                f"{self.folder}: cannot write the checkpoint of epoch {epoch}: {reason} "
                "Free space and run the same command: it goes on from the checkpoint before it."
            ) from error

    def restore(self) -> int | None:
        """Restores the newest checkpoint; returns its number of finished epochs, or None when there
        is none.

        Raises:
          UserError: it is damaged, or does not hold exactly these variables.
        """
        state = (
            self.folder / "checkpoint"
        )  # names the newest; replaced as a whole, after the files that it names
        if not state.exists():
            if any(self.folder.glob("ckpt-*")):
                logging.warning(
                    "%s: the first checkpoint was not finished; this stage starts anew.",
                    self.folder,
                )
            return None
        try:
            path = tf.train.latest_checkpoint(str(self.folder))
        except ValueError:  # the state file is empty or torn
            path = None
        if path is None:
            raise UserError(
                f"{state}: damaged, or names a checkpoint that is not there. "
                f"Delete {self.folder} to train this split anew, or choose another --run_dir."
            )
        try:
            self.checkpoint.restore(path).assert_consumed()
        except (
            OSError,
            tf.errors.OpError,
            AssertionError,
            ValueError,
            LookupError,
            RuntimeError,
        ) as error:
            lines = str(getattr(error, "message", None) or error).strip().splitlines()
            raise UserError(
                f"{path}: the checkpoint is damaged or belongs to another model "
                f"({lines[0] if lines else 'no details'}). "
                f"Delete {self.folder} to train this split anew, or choose another --run_dir."
            ) from error
        return int(self.epoch.numpy())
