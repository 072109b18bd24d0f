"""MATLAB files of both kinds as plain Python: up to version 7 through SciPy, version 7.3 (HDF5) through h5py."""

import os
import warnings
from typing import Any

import h5py
import numpy as np
import scipy.io

from tf_dictsum.data.video_group import READ_ERRORS
from tf_dictsum.util.errors import UserError

__all__ = ["read_mat"]


def read_mat(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Reads every variable of a MATLAB file; the same content gives the same result in either format.

    Args:
      path: the file.

    Returns:
      name -> value. A numeric or logical array is an ndarray of MATLAB's own shape (at least 2 dimensions), text a
      str, a cell array the list of its values in MATLAB's (column-major) order, a struct a dict, a struct array a
      dict of lists.

    Raises:
      UserError: missing, unreadable, truncated, damaged or no MATLAB file; names the file and what was found.
    """
    try:
        with open(path, "rb") as handle:
            beginning = handle.read(128)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file. Check the path.") from None
    except OSError as error:
        raise UserError(
            f"{path}: cannot read it: {error.strerror or error}. Check the path and its permissions."
        ) from None
    if h5py.is_hdf5(path):
        return _read_hdf5(path)
    if not beginning.startswith(b"MATLAB"):
        found = f"it begins with {beginning[:16]!r}" if beginning else "it is empty"
        raise UserError(f"{path}: not a MATLAB file ({found}). Download the owners' file again.")
    if beginning.startswith(b"MATLAB 7.3"):  # its HDF5 part begins later
        size = os.path.getsize(path)
        raise UserError(
            f"{path}: truncated or damaged MATLAB file ({size} bytes; no HDF5 content). Copy or download it again."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # notices about variables of kinds that nobody here asks for
            values: dict[str, Any] = scipy.io.loadmat(path)
    except Exception as error:  # SciPy's parser raises whatever the damaged part leads to
        size = os.path.getsize(path)
        raise UserError(
            f"{path}: truncated or damaged MATLAB file ({size} bytes; {_line(error)}). Copy or download it again."
        ) from None
    return {name: _plain(value) for name, value in values.items() if not name.startswith("__")}


def _plain(value: Any) -> Any:
    """What SciPy makes of one variable, in the form that `read_mat` promises."""
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype.names:
        fields = {
            name: [_plain(item) for item in value[name].ravel(order="F")]
            for name in value.dtype.names
        }
        return {name: items[0] for name, items in fields.items()} if value.size == 1 else fields
    if value.dtype == object:
        return [_plain(item) for item in value.ravel(order="F")]
    if value.dtype.kind == "U":
        return str(value.reshape(-1)[0]) if value.size == 1 else "".join(map(str, value.ravel()))
    return value


def _read_hdf5(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        with h5py.File(path, "r") as file:
            return {name: _resolve(file, file[name]) for name in file if not name.startswith("#")}
    except (*READ_ERRORS, RecursionError) as error:
        size = os.path.getsize(path)
        raise UserError(
            f"{path}: truncated or damaged MATLAB file ({size} bytes; {_line(error)}). Copy or download it again."
        ) from None


def _resolve(file: h5py.File, entry: Any) -> Any:
    if isinstance(entry, h5py.Group):
        return {name: _resolve(file, entry[name]) for name in entry}
    is_text = entry.attrs.get("MATLAB_class") == b"char"
    if entry.attrs.get("MATLAB_empty"):
        return (
            "" if is_text else np.zeros(tuple(int(n) for n in entry[()]))
        )  # an empty array is stored as its shape
    value = np.asarray(entry[()])
    if (
        value.dtype == object
    ):  # references: HDF5 has the axes reversed, so that its row-major order is MATLAB's own
        return [_resolve(file, file[reference]) for reference in value.ravel()]
    if is_text:
        return value.astype("<u2").tobytes().decode("utf-16-le", "replace")
    return value.T


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
