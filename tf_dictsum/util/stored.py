"""What an HDF5 file may make this process read: its own bytes, and no more memory than fits the
file.

HDF5 believes what a file declares. A damaged or hostile one declares terabytes, takes its values
from any other file (external links, external storage), or maps a virtual array onto itself until
the stack is full. So every link and every array is looked at before anything of it is read.
"""

import math
import mmap
import os
import struct

import h5py
import numpy as np

from tf_dictsum.util.allowance import Allowance, RefusedError

__all__ = [
    "READ_ERRORS",
    "check_stored",
    "entry_of",
    "open_stored",
    "read_array",
    "read_attributes",
]

# What h5py raises for damaged files, depending on which structure is damaged.
READ_ERRORS = (OSError, RuntimeError, ValueError, KeyError, TypeError, MemoryError, AttributeError)

_ATTRIBUTES = 1 << 20  # bytes of one attribute: a record or a few warnings are a thousandth
_TEXT = 1 << 16  # bytes of a title
_TOGETHER = 9  # bytes an element takes beside itself while it is checked and turned into our type
_RANK = 4  # of our own data; kernels of a convolution have as many
_ENTRIES = 100_000
_COPY = "The file is damaged: copy or download it again"
_HEAP = b"GCOL\x01"


def open_stored(path: str | os.PathLike[str]) -> h5py.File:
    """An HDF5 file, open for reading.

    Raises:
      RefusedError: its heap of texts would never end.
      OSError, RuntimeError, ValueError, KeyError, TypeError: what h5py has for damaged files.
    """
    with open(path, "rb") as handle:
        if os.fstat(handle.fileno()).st_size:
            with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
                _check_heaps(content)
    return h5py.File(path, "r")


def _check_heaps(content: mmap.mmap) -> None:
    """Refuses global heaps (of texts) in which HDF5 1.14 loops for ever or fills the memory.

    A heap is "GCOL", version 1, three zeros, its size; then objects of index (2 bytes), references
    (2), 4 bytes, size (8), content padded to 8 bytes. The size of object 0, the free space, counts
    its own head (H5HGcache.c). HDF5 skips the three zeros; others in their place are taken for a
    heap only if its size fits the file, since five equal bytes do occur among the features of a
    large file, and thirteen do not.
    """
    place = content.find(_HEAP)
    while place >= 0:
        size = int.from_bytes(content[place + 8 : place + 16], "little")
        fits = size <= len(content) - place
        counts = fits or content[place + 5 : place + 8] == bytes(3)
        if counts and not (fits and _is_walkable(content[place : place + size])):
            raise RefusedError("its texts are damaged", _COPY)
        place = content.find(_HEAP, place + len(_HEAP))


def _is_walkable(heap: bytes) -> bool:
    at = 16
    while at + 16 <= len(heap):
        index, _, _, size = struct.unpack("<HHIQ", heap[at : at + 16])
        step = size if index == 0 else 16 + (size + 7) // 8 * 8
        if step < 16 or at + step > len(heap):
            return False
        at += step
    return True


def entry_of(group: h5py.Group, name: str) -> object:
    """`group[name]`, unless that lies in another file.

    Raises:
      RefusedError: an external link.
      OSError, RuntimeError, ValueError, KeyError, TypeError: what h5py has for damaged files.
    """
    link = group.get(name, getlink=True)
    if isinstance(link, h5py.ExternalLink):
        raise RefusedError(
            f"a link into another file ({link.filename!r:.80})",
            "Copy what it points at into this file: links into others are not followed",
        )
    return group[name]


def read_array(
    dataset: h5py.Dataset, allowance: Allowance, *, text: bool = False, references: bool = False
) -> np.ndarray:
    """The values of a dataset; what it declares is compared with what is stored before.

    Args:
      dataset: of an open file.
      allowance: of that file.
      text: strings may be in it (a title); else only numbers are read.
      references: it holds references to other objects of the file.

    Raises:
      RefusedError: its values lie elsewhere, nothing is stored of them, they are of another kind,
        or too many.
      OSError, RuntimeError, ValueError, KeyError, TypeError: what h5py has for damaged files.
    """
    check_array(dataset, allowance, text=text, references=references)
    return np.asarray(dataset[()])


def check_array(
    dataset: h5py.Dataset, allowance: Allowance, *, text: bool = False, references: bool = False
) -> None:
    """Compares what a dataset declares with what is stored, without reading it; as `read_array`."""
    if dataset.external:
        name = str(dataset.external[0][0])
        raise RefusedError(
            f"its values lie in another file ({name!r:.80})",
            "Copy them into this file: external storage is not read",
        )
    if dataset.is_virtual:
        raise RefusedError(
            "a virtual array, put together from others",
            "Store its values: virtual arrays are not read",
        )
    if dataset.shape is None:
        raise RefusedError("holds no data", "Store its values or remove the key")
    kind, elements = dataset.dtype.kind, math.prod(dataset.shape)
    readable = kind in "buif" or references or (text and _is_text(dataset.dtype))
    if not readable:
        found = "text" if kind in "OSU" else str(dataset.dtype)
        raise RefusedError(
            f"holds {found:.40}, expected {'text' if text else 'real numbers'}",
            "Store a string" if text else "Store floats or integers",
        )
    if len(dataset.shape) > _RANK:
        raise RefusedError(
            f"has {len(dataset.shape)} dimensions, expected at most 2", "Store one row per entry"
        )
    nbytes = elements * dataset.dtype.itemsize
    if text and kind in "OSU" and (elements > 1 or nbytes > _TEXT):
        raise RefusedError(
            f"{elements:,} texts, {nbytes:,} bytes, expected one title", "Store a string"
        )
    chunk = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize if dataset.chunks else 0
    allowance.take(elements * min(dataset.dtype.itemsize, 8), nbytes + elements * _TOGETHER + chunk)
    _check_place(dataset, nbytes)


def _is_text(dtype: np.dtype) -> bool:
    """Whether HDF5 has strings there; lists of other things of several lengths can crash h5py."""
    return h5py.check_string_dtype(dtype) is not None


def _check_place(dataset: h5py.Dataset, nbytes: int) -> None:
    stored, size = dataset.id.get_storage_size(), os.path.getsize(dataset.file.filename)
    if nbytes and not stored:
        raise RefusedError(f"declares {nbytes:,} bytes, but none are stored", _COPY)
    if stored > size:
        raise RefusedError(f"declares {stored:,} stored bytes in a file of {size:,}", _COPY)
    offset = None if dataset.chunks else dataset.id.get_offset()
    if offset is not None and offset + nbytes > size:
        raise RefusedError(f"its {nbytes:,} bytes go beyond the file's end", _COPY)
    if offset is not None and dataset.dtype.kind == "O" and _is_text(dataset.dtype):
        with open(dataset.file.filename, "rb") as handle:
            handle.seek(offset)
            length = int.from_bytes(handle.read(4), "little")
        if length > size:
            raise RefusedError(f"a text of {length:,} bytes", _COPY)


def read_attributes(group: h5py.Group) -> dict[str, object]:
    """The attributes of a file or group, as h5py has them.

    Raises:
      RefusedError: one of more than a megabyte, or of a kind that is neither text nor numbers.
      OSError, RuntimeError, ValueError, KeyError, TypeError: what h5py has for damaged files.
    """
    values: dict[str, object] = {}
    for name in group.attrs:
        about = group.attrs.get_id(name)
        nbytes = math.prod(about.shape or (0,)) * about.dtype.itemsize
        known = about.dtype.kind in "buifc" or _is_text(about.dtype)
        if nbytes > _ATTRIBUTES or not known:
            raise RefusedError(
                f"its attribute {name!r:.60} has {nbytes:,} bytes of {about.dtype!s:.40}",
                _COPY,
            )
        values[str(name)] = group.attrs[name]
    return values


def check_stored(path: str | os.PathLike[str]) -> None:
    """Looks at every link and array of a file that another library will read, as `read_array` does.

    Raises:
      RefusedError: an external link, external storage, a virtual array, or arrays that declare too
        much.
      OSError, RuntimeError, ValueError, KeyError, TypeError: what h5py has for damaged files.
    """
    with open_stored(path) as file:
        allowance, groups, seen = Allowance.of(path), [file], 0
        while groups:
            group = groups.pop()
            for name in group:
                entry = entry_of(group, name)
                seen += 1
                if seen > _ENTRIES:
                    raise RefusedError(f"more than {_ENTRIES:,} entries", _COPY)
                if isinstance(entry, h5py.Dataset):
                    check_array(entry, allowance)
                elif isinstance(entry, h5py.Group):
                    read_attributes(entry)
                    groups.append(entry)
