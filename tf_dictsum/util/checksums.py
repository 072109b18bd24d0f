"""SHA-256 of files and of JSON values: what is read is what was written."""

import hashlib
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import reading

__all__ = ["check_file", "sha256_of_file", "sha256_of_json"]


def sha256_of_file(path: pathlib.Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes.

    Raises:
      UserError: it cannot be read.
    """
    with reading(path), open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sha256_of_json(value: Any) -> str:
    """Hexadecimal SHA-256 of a JSON value, whatever its layout in a file."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def check_file(path: pathlib.Path, checksums: Mapping[str, Any], where: pathlib.Path) -> None:
    """Compares a file with the checksum written for it.

    Args:
      path: the file.
      checksums: file name -> SHA-256.
      where: the file that holds them, for the message.

    Raises:
      UserError: the file is missing or unreadable, has no checksum, or another one.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file, but {where.name} beside it names it.")
    expected = checksums.get(path.name)
    if expected is None:
        raise UserError(f"{where}: has no SHA-256 of {path.name}. Write this folder again.")
    if sha256_of_file(path) != expected:
        raise UserError(
            f"{path}: damaged or changed, its SHA-256 is not the one in {where.name}. "
            "Restore the file, or write this folder again."
        )
