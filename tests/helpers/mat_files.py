"""Writes MATLAB files of both kinds, for tests: str, array, list (cell array), dict (struct), list
of dicts (struct array).
"""

import h5py
import numpy as np
import scipy.io


def write_mat(path, variables, version):
    if version == "5":
        scipy.io.savemat(
            path,
            {name: _for_scipy(value) for name, value in variables.items()},
            do_compression=True,
        )
    else:
        with h5py.File(path, "w", userblock_size=512) as file:
            for name, value in variables.items():
                _put(file, file, name, value)
        with open(path, "r+b") as raw:  # MATLAB's own header, in the user block
            raw.write(
                b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(116) + b" " * 8 + b"\x00\x02IM"
            )
    return path


def _is_struct_array(value):
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _for_scipy(value):
    if _is_struct_array(value):
        array = np.empty((len(value), 1), [(name, object) for name in value[0]])
        for row, item in zip(array[:, 0], value, strict=True):
            for name in item:
                row[name] = _for_scipy(item[name])
        return array
    if isinstance(value, list):
        cells = np.empty((len(value), 1), object)
        for i, item in enumerate(value):
            cells[i, 0] = _for_scipy(item)
        return cells
    if isinstance(value, dict):
        return {name: _for_scipy(item) for name, item in value.items()}
    return value


def _put(file, parent, name, value):
    if _is_struct_array(value):
        group = parent.create_group(name)
        group.attrs["MATLAB_class"] = np.bytes_(b"struct")
        for field in value[0]:
            group.create_dataset(field, (1, len(value)), h5py.ref_dtype)[0, :] = [
                _reference(file, item[field]) for item in value
            ]
    elif isinstance(value, list):
        cells = parent.create_dataset(name, (1, len(value)), h5py.ref_dtype)
        cells[0, :] = [_reference(file, item) for item in value]
        cells.attrs["MATLAB_class"] = np.bytes_(b"cell")
    elif isinstance(value, dict):
        group = parent.create_group(name)
        group.attrs["MATLAB_class"] = np.bytes_(b"struct")
        for field, item in value.items():
            _put(file, group, field, item)
    else:
        text = isinstance(value, str)
        array = (
            np.frombuffer(value.encode("utf-16-le"), "<u2")[None] if text else np.atleast_2d(value)
        )
        entry = parent.create_dataset(
            name, data=array.T if array.size else np.array(array.shape, np.uint64)
        )
        entry.attrs["MATLAB_class"] = np.bytes_(b"char" if text else b"double")
        if not array.size:
            entry.attrs["MATLAB_empty"] = np.uint8(1)


def _reference(file, value):
    heap = file.require_group("#refs#")
    name = f"r{len(heap)}"
    _put(file, heap, name, value)
    return heap[name].ref
