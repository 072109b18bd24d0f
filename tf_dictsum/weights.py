"""Weight files of Keras models: written whole, and refused when they do not fit."""

import pathlib

import keras

from tf_dictsum.errors import UserError
from tf_dictsum.files import atomic_path

__all__ = ["load_weights", "save_weights"]


def save_weights(model: keras.Model, path: pathlib.Path) -> None:
    """Writes all weights of `model` to a `.weights.h5` file, atomically.

    Raises:
      UserError: the file system refused.
    """
    with atomic_path(path) as partial:
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
    try:
        model.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path}: not {expected} ({' '.join(str(error).split())[:200]}).") from error
