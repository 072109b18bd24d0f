"""NumPy archives (.npz) from anywhere: declared sizes are compared with the stored ones before an
array is made.
"""

import math
import os
import zipfile
from collections.abc import Collection

import numpy as np
from numpy.lib import format as npy

from tf_dictsum.util.allowance import Allowance
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import reading

__all__ = ["read_npz"]

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_npz(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Every array of an archive; nothing pickled is read.

    Raises:
      UserError: missing, unreadable, damaged, too large for its file, or no such archive.
    """
    with reading(path), open(path, "rb") as handle:
        try:
            allowance = Allowance.of(path)
            with zipfile.ZipFile(handle) as archive:
                names = _names(archive)
                return {
                    name.removesuffix(".npy"): _array(archive, name, allowance) for name in names
                }
        # zipfile, zlib and NumPy's parser of headers raise whatever the damaged part leads to
        except Exception as error:
            finding = " ".join(str(error).split()) or type(error).__name__
            raise UserError(
                f"{path}: not an .npz archive of arrays ({finding:.200}). Copy or download it "
                "again."
            ) from None


def _names(archive: zipfile.ZipFile) -> Collection[str]:
    names = archive.namelist()
    if len(set(names)) < len(names):
        raise ValueError("two arrays of one name")
    return names


def _array(archive: zipfile.ZipFile, name: str, allowance: Allowance) -> np.ndarray:
    with archive.open(name) as entry:
        version = npy.read_magic(entry)
        if version not in _HEADERS:
            raise ValueError(f"{name} is of version {version}")
        shape, fortran, dtype = _HEADERS[version](entry)
        if dtype.hasobject:
            raise ValueError(f"{name} holds Python objects")
        size = math.prod(shape) * dtype.itemsize
        stored = archive.getinfo(name).file_size - entry.tell()
        if size != stored:
            raise ValueError(f"{name} declares {size:,} bytes, {stored:,} are stored")
        allowance.take(size, size)
        content = entry.read(size)
        if (
            entry.read(1) or len(content) != size
        ):  # read to the end: that is where the checksum is compared
            raise ValueError(f"{name} is cut off")
    array = np.frombuffer(content, dtype)
    return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)
