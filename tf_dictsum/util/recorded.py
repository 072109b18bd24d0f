"""SHA-256 of the files of a folder, written with them and compared when they are read.

The list is a SHA256SUMS file, so `sha256sum -c SHA256SUMS` checks a folder too. A file's line is
written before the file takes its name; the checksum of what it replaces stays in a comment. So at
whatever moment a process is killed, every file is one of the two.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import re
from collections.abc import Iterator
from typing import Any

from tf_dictsum.util.checksums import sha256_of_file
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import atomic_path, read_json, read_text, write_text

__all__ = ["SUMS", "read_checked_json", "recorded_path", "verify", "write_recorded_json"]

SUMS = "SHA256SUMS"
_LINE = re.compile(r"(?P<before># before: )?(?P<digest>[0-9a-f]{64})  (?P<name>[^/\n]+)")
_ITSELF = re.compile(r"# of the lines above: (?P<digest>[0-9a-f]{64})")


@contextlib.contextmanager
def recorded_path(path: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
    """As `files.atomic_path`, and the file's checksum goes into SHA256SUMS beside it.

    One process at a time writes into a folder (`util.locks`).

    Raises:
      UserError: the file system refused, or SHA256SUMS is damaged.
    """
    target = pathlib.Path(path)
    with atomic_path(target) as partial:
        yield partial
        digest = sha256_of_file(partial)
        sums = _read(target.parent)
        now = sums.get(target.name, ())[:1]
        if now != (digest,):
            sums[target.name] = (digest, *now)
            _write(target.parent, sums)


def write_recorded_json(path: str | os.PathLike[str], value: Any) -> None:
    """Writes `value` as JSON (no NaN) with its checksum. Raises UserError as `recorded_path`
    does.
    """
    with recorded_path(path) as partial:
        text = json.dumps(value, indent=1, allow_nan=False) + "\n"
        partial.write_text(text, encoding="utf-8")


def read_checked_json(path: str | os.PathLike[str], advice: str = "") -> Any:
    """The value of a JSON file. Raises UserError as `verify` and `files.read_json` do."""
    verify(path, advice)
    return read_json(path)


def verify(path: str | os.PathLike[str], advice: str = "") -> None:
    """Compares a file with its line in SHA256SUMS; without such a line there is nothing to compare.

    Args:
      path: the file.
      advice: what to do instead of bringing back a copy, as a sentence.

    Raises:
      UserError: they differ, the file is missing, or SHA256SUMS is damaged.
    """
    file = pathlib.Path(path)
    expected = _read(file.parent).get(file.name)
    if expected is not None and sha256_of_file(file) not in expected:
        raise UserError(
            f"{file}: damaged or changed since it was written (its SHA-256 is not the one in "
            f"{SUMS} beside it). {advice or 'Bring back a copy.'}"
        )


def _read(folder: pathlib.Path) -> dict[str, tuple[str, ...]]:
    """Name -> checksum, and the one of what it replaced."""
    file = folder / SUMS
    if not file.exists():
        return {}
    text = read_text(file, "a list of checksums")
    *lines, last, rest = ["", *text.split("\n")]
    lines = lines[1:]
    itself = _ITSELF.fullmatch(last)
    matches = [_LINE.fullmatch(line) for line in lines]
    if rest or itself is None or itself["digest"] != _digest(lines) or not all(matches):
        raise UserError(
            f"{file}: damaged, so that the files beside it cannot be checked. Bring back a copy, "
            "or "
            "delete it to go on without these checks."
        )
    sums: dict[str, tuple[str, ...]] = {}
    for match in matches:
        assert match is not None
        sums[match["name"]] = (*sums.get(match["name"], ()), match["digest"])
    return sums


def _write(folder: pathlib.Path, sums: dict[str, tuple[str, ...]]) -> None:
    lines = [
        f"{'# before: ' * (place > 0)}{digest}  {name}"
        for name, digests in sorted(sums.items())
        for place, digest in enumerate(digests)
    ]
    lines.append(f"# of the lines above: {_digest(lines)}")
    write_text(folder / SUMS, "\n".join(lines) + "\n")


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
