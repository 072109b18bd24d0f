"""MATLAB files of both kinds as plain Python: up to version 7 through SciPy, version 7.3 (HDF5)
through h5py.
"""

import os
from typing import Any

import h5py
import numpy as np

from tf_dictsum.util.allowance import Allowance
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import reading
from tf_dictsum.util.isolation import Isolated, ProcessDiedError
from tf_dictsum.util.stored import (
    READ_ERRORS,
    entry_of,
    open_stored,
    read_array,
    read_attributes,
)

__all__ = ["read_mat"]

_SCIPY = Isolated("tf_dictsum.releases.scipy_mat", "read_variables")
_SECONDS = 60
_VALUES = 100_000  # cells and fields: TVSum's file has 450


def read_mat(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Reads every variable of a MATLAB file; the same content gives the same result in either
    format.

    Args:
      path: the file.

    Returns:
      name -> value. A numeric or logical array is an ndarray of MATLAB's own shape (at least 2
      dimensions), text a str, a cell array the list of its values in MATLAB's (column-major) order,
      a struct a dict, a struct array a dict of lists.

    Raises:
      UserError: missing, unreadable, truncated, damaged or no MATLAB file; names the file and what
        was found.
    """
    size = os.path.getsize(path) if os.path.exists(path) else 0
    with (
        reading(path, "Check the path and its permissions." if size else "Check the path."),
        open(path, "rb") as handle,
    ):
        beginning = handle.read(128)
    if h5py.is_hdf5(path):
        return _read_hdf5(path)
    if not beginning.startswith(b"MATLAB"):
        finding = f"it begins with {beginning[:16]!r}" if beginning else "it is empty"
        raise UserError(f"{path}: not a MATLAB file ({finding}). Download the owners' file again.")
    if beginning.startswith(b"MATLAB 7.3"):  # its HDF5 part begins later
        raise _damaged(path, "no HDF5 content")
    try:
        memory = 10 * size + (200 << 20)
        values: dict[str, Any] = _SCIPY.call(os.path.abspath(path), memory, _SECONDS)
        return values
    except (
        ProcessDiedError,
        Exception,
    ) as error:  # SciPy raises whatever the damaged part leads to
        raise _damaged(path, _line(error)) from None


def _read_hdf5(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        with open_stored(path) as file:
            tree = _Tree(file)
            return {
                name: tree.value(entry_of(file, name)) for name in file if not name.startswith("#")
            }
    except (*READ_ERRORS, RecursionError) as error:
        raise _damaged(path, _line(error)) from None


class _Tree:
    """The variables of one file. Cells may point at each other in a circle, so their number is
    bounded.
    """

    def __init__(self, file: h5py.File):
        self._file, self._allowance, self._left = file, Allowance.of(file.filename), _VALUES

    def value(self, entry: Any) -> Any:
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"more than {_VALUES:,} cells and fields")
        if isinstance(entry, h5py.Group):
            return {name: self.value(entry_of(entry, name)) for name in entry}
        if not isinstance(entry, h5py.Dataset):
            raise ValueError("a type in the place of a value")
        attributes = read_attributes(entry)
        is_text = attributes.get("MATLAB_class") == b"char"
        if h5py.check_ref_dtype(entry.dtype):
            # References: HDF5 has the axes reversed, so that its row-major order is MATLAB's own.
            references = read_array(entry, self._allowance, references=True)
            return [self.value(self._file[reference]) for reference in references.ravel()]
        array = read_array(entry, self._allowance)
        if attributes.get("MATLAB_empty"):  # an empty array is stored as its shape
            shape = tuple(int(n) for n in array.ravel())
            if len(shape) > 8 or 0 not in shape or not all(0 <= n < 1 << 31 for n in shape):
                raise ValueError(f"an empty array of shape {shape[:8]}")
            return "" if is_text else np.zeros(shape)
        if is_text:
            return array.astype("<u2").tobytes().decode("utf-16-le", "replace")
        return array.T


def _damaged(path: str | os.PathLike[str], finding: str) -> UserError:
    size = os.path.getsize(path)
    return UserError(
        f"{path}: truncated or damaged MATLAB file ({size} bytes; {finding}). Copy or download "
        "it again."
    )


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
