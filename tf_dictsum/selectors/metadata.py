"""What a selector directory says of itself; reads no weights and loads no TensorFlow."""

import pathlib
from collections.abc import Mapping
from typing import Any

from tf_dictsum.util.checksums import check_file, sha256_of_json
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json

__all__ = [
    "check_selector",
    "is_selector",
    "read_checked_metadata",
    "read_metadata",
    "weights_file",
]

CONFIG, METADATA, WEIGHTS, CARD = "config.json", "metadata.json", "model.weights.h5", "README.md"
SELECTED = "selected.weights.h5"  # of the epoch that a run chose without labels, beside the last
OLD_METADATA, OLD_WEIGHTS = "selector.json", "selector.weights.h5"
CHECKSUMS = "sha256"


def is_selector(folder: pathlib.Path) -> bool:
    """Whether `folder` is a whole selector directory, of the present or the older layout."""
    return any((folder / name).is_file() for name in (METADATA, OLD_METADATA))


def read_metadata(folder: pathlib.Path) -> dict[str, Any]:
    """metadata.json without its checksums, or selector.json of the older layout.

    Raises:
      UserError: neither is there, or it is damaged.
    """
    return read_checked_metadata(folder)[0]


def check_selector(folder: pathlib.Path) -> dict[str, Any]:
    """The metadata, after all files have been compared with their checksums.

    Raises:
      UserError: as `read_metadata`, or a file is missing or damaged.
    """
    metadata, checksums = read_checked_metadata(folder)
    if checksums is None:
        weights = folder / OLD_WEIGHTS
        if not weights.is_file():
            raise UserError(f"{weights}: no such file, but {OLD_METADATA} beside it describes it.")
        return metadata
    for name in checksums:
        if name != METADATA:
            check_file(folder / name, checksums, folder / METADATA)
    return metadata


def weights_file(folder: pathlib.Path, epoch: str = "last") -> pathlib.Path:
    """The weights of the last epoch, or with epoch="selected" of the one that a run chose without
    labels.
    """
    if epoch == "selected":
        return folder / SELECTED
    return folder / (WEIGHTS if (folder / METADATA).is_file() else OLD_WEIGHTS)


def read_checked_metadata(folder: pathlib.Path) -> tuple[dict[str, Any], Mapping[str, Any] | None]:
    """The metadata, and the checksums of all files (None for the older layout, which has none).

    Raises:
      UserError: as `read_metadata`.
    """
    file = folder / METADATA
    if not file.is_file():
        metadata = read_json(folder / OLD_METADATA)
        if not isinstance(metadata, dict):
            raise UserError(f"{folder / OLD_METADATA}: does not describe a selector.")
        return metadata, None
    metadata = read_json(file)
    checksums = metadata.pop(CHECKSUMS, None) if isinstance(metadata, dict) else None
    if not isinstance(checksums, dict):
        raise UserError(f"{file}: not the metadata of a selector directory (no {CHECKSUMS!r}).")
    if checksums.get(METADATA) != sha256_of_json(metadata):
        raise UserError(
            f"{file}: damaged or changed, its content does not have the SHA-256 that it names. "
            "Restore the file, or write this folder again."
        )
    return metadata, checksums
