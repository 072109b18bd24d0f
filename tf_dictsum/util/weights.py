"""Weight files of Keras models: written whole, and refused when they do not fit."""

import pathlib
import shutil
import textwrap
import warnings

import keras

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import atomic_path
from tf_dictsum.util.recorded import recorded_path, verify
from tf_dictsum.util.stored import READ_ERRORS, check_stored

__all__ = ["load_weights", "save_weights"]


def save_weights(model: keras.Model, path: pathlib.Path, *, record: bool = False) -> None:
    """Writes all weights of `model` to a `.weights.h5` file, atomically.

    Args:
      model: built.
      path: the file.
      record: whether its checksum goes into SHA256SUMS beside it (`util.recorded`).

    Raises:
      UserError: the file system refused.
    """
    size = sum(v.value.shape.num_elements() * v.value.dtype.size for v in model.variables)
    path.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(path.parent).free
    # Asked first: HDF5 does not survive a disk that fills up under it.
    if free < 1.05 * size + 2**20:
        raise UserError(
            f"{path}: cannot write it: {size >> 20} MiB needed, {free >> 20} MiB free. "
            "Free space or choose another place."
        )
    with (recorded_path if record else atomic_path)(path) as partial:
        model.save_weights(partial)


def load_weights(model: keras.Model, path: pathlib.Path, expected: str) -> None:
    """Sets the weights of `model` from a `.weights.h5` file.

    Args:
      model: built.
      path: the file.
      expected: what the file should hold, for the message.

    Raises:
      UserError: missing, damaged, or weights of another model.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected {expected}.")
    verify(path)
    try:
        check_stored(path)
        with warnings.catch_warnings():
            # About what the file has beside the weights: the error below says what counts.
            warnings.simplefilter("ignore")
            model.load_weights(path)
    except READ_ERRORS as error:
        raise UserError(f"{path}: not {expected} ({textwrap.shorten(str(error), 160)}).") from error
