"""Files that are either whole or absent, and reading what may be missing or damaged."""

import contextlib
import json
import os
import pathlib
import uuid
from collections.abc import Iterator
from typing import Any, NoReturn

from tf_dictsum.util.errors import UserError

__all__ = [
    "atomic_path",
    "read_bytes",
    "read_json",
    "read_text",
    "reading",
    "sweep_partials",
    "write_json",
    "write_text",
]

_SUFFIXES = 24  # characters kept of the target's suffixes, such as .weights.h5
_PARTIALS = ".????????.partial*"
_SPARE = 200 << 20  # bytes that reading a file may take beside ten times its size


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
    """Yields a temporary path beside `path` that replaces `path` when the block ends without an
    error.

    Content first, then the name, then the folder's entry go to the disk: after a crash of the
    machine the old file or the new one is there. A kill may leave a hidden `.partial` file, which
    nobody reads.

    Raises:
      UserError: the file system refused (disk full, no permission, missing folder, a name too
        long); names file and reason.
    """
    target = pathlib.Path(path)
    # Shorter than the target's own name, so that every name that can be written can be written
    # whole; writers look at the suffix.
    suffix = "".join(target.suffixes)
    suffix = suffix if len(suffix) <= _SUFFIXES else target.suffix[-_SUFFIXES:]
    partial = target.with_name(f".{uuid.uuid4().hex[:8]}.partial{suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with open(partial, "rb") as handle:
            os.fsync(handle.fileno())
        os.replace(partial, target)
        _flush_folder(target.parent)
    except OSError as error:
        raise UserError(
            f"{target}: cannot write it: {error.strerror or error}. "
            "Free space or choose another place."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def _flush_folder(folder: pathlib.Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some network file systems cannot flush a folder
            os.fsync(handle)
    finally:
        os.close(handle)


def sweep_partials(folder: str | os.PathLike[str]) -> None:
    """Removes what kills left of `atomic_path` in `folder` and below; only for who holds it
    alone.
    """
    for partial in pathlib.Path(folder).rglob(_PARTIALS):
        if partial.is_file():
            partial.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes `text` as UTF-8, atomically. Raises UserError as `atomic_path` does."""
    with atomic_path(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Writes `value` as JSON (no NaN), atomically. Raises UserError as `atomic_path` does."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


@contextlib.contextmanager
def reading(path: str | os.PathLike[str], advice: str = "") -> Iterator[None]:
    """Turns what the file system says while `path` is read into one line.

    Args:
      path: named in the message.
      advice: what to do, as a sentence behind it.

    Raises:
      UserError: there is no such file, or it cannot be read (and why).
    """
    advice = f" {advice}" if advice else ""
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{path}: no such file.{advice}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot read it: {error.strerror or error}.{advice}") from None


def read_bytes(path: str | os.PathLike[str], advice: str = "") -> bytes:
    """The content of a file. Raises UserError as `reading` does."""
    with reading(path, advice):
        return pathlib.Path(path).read_bytes()


def read_text(path: str | os.PathLike[str], expected: str, advice: str = "") -> str:
    """The content of a UTF-8 file.

    Raises:
      UserError: as `reading`; or it is not UTF-8, and so not `expected`.
    """
    try:
        return read_bytes(path, advice).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: not a text file; expected {expected} "
            f"(byte {error.start} is no UTF-8).{advice and ' ' + advice}"
        ) from None


def read_json(path: str | os.PathLike[str]) -> Any:
    """Reads a JSON file; memory stays below ten times the file and 200 MB, whatever is in it.

    Raises:
      UserError: it is missing, unreadable or not JSON (names the file, the line and the column), it
        is nested too deeply, has a number of thousands of digits or very many small lists; or an
        object has a key twice: Python would silently keep the last one.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            names = [name for name, _ in pairs]
            twice = _shortened(next(name for i, name in enumerate(names) if name in names[:i]))
            refuse(f"the key {twice} is there twice in one object. Keep one of them")
        return value

    def refuse(finding: str) -> NoReturn:
        raise UserError(f"{path}: {finding}.") from None

    content = read_bytes(path)
    needed = _memory_of(content)
    if needed > 10 * len(content) + _SPARE:
        refuse(f"{len(content):,} bytes of JSON would fill {needed >> 20:,} MiB. Is it damaged?")
    try:
        text = content.decode("utf-8")
        del content
        return json.loads(text, object_pairs_hook=unique)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        refuse(f"not a JSON file ({error})")
    except RecursionError:
        refuse("not a JSON file of ours: its lists or objects are nested too deeply")
    except ValueError:  # of int(), for more digits than it takes
        refuse("not a JSON file of ours: a number in it has thousands of digits")


def _memory_of(content: bytes) -> int:
    """Bytes that the values of a JSON text take at most, with the text itself."""
    wide = (
        4 if any(lead in content for lead in (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")) else 2
    )
    text = len(content) * (1 if content.isascii() else wide)
    lists = content.count(b"[") * 72 + content.count(b"{") * 80
    entries = content.count(b",") * 40 + content.count(b":") * 160
    return len(content) + text + lists + content.count(b'"') * 32 + entries


def _shortened(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:57] + "...")
