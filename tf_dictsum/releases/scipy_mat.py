"""MATLAB files up to version 7 through SciPy, whose parser damaged files can crash: called in a
process of its own.
"""

import warnings
from typing import Any

import numpy as np
import scipy.io

__all__ = ["read_variables"]


def read_variables(path: str) -> dict[str, Any]:
    """Every variable, in the form that `releases.matlab.read_mat` promises.

    Raises:
      Exception: SciPy's parser raises whatever the damaged part leads to.
    """
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # notices about variables of kinds that nobody here asks for
        values: dict[str, Any] = scipy.io.loadmat(path)
    return {name: _plain(value) for name, value in values.items() if not name.startswith("__")}


def _plain(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value if isinstance(value, str | int | float | bool) else str(value)
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
    return np.asarray(value)
