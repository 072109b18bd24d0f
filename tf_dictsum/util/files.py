"""Files that are either whole or absent: write beside, flush to disk, rename."""

import contextlib
import json
import os
import pathlib
import uuid
from collections.abc import Iterator
from typing import Any

from tf_dictsum.util.errors import UserError

__all__ = ["atomic_path", "read_json", "write_json", "write_text"]


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
    """Yields a temporary path beside `path` that replaces `path` when the block ends without an error.

    Whatever happens, no half-written file stays behind (short of a kill, which leaves a `.partial` file
    that nobody reads).

    Raises:
      UserError: the file system refused (disk full, no permission, missing folder); names file and reason.
    """
    target = pathlib.Path(path)
    partial = target.with_name(
        f".{uuid.uuid4().hex[:8]}.partial.{target.name}"
    )  # the suffix stays: writers look at it
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        with open(partial, "rb") as handle:
            os.fsync(handle.fileno())
        os.replace(partial, target)
    except OSError as error:
        raise UserError(
            f"{target}: cannot write it: {error.strerror or error}. Free space or choose another place."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes `text` as UTF-8, atomically. Raises UserError as `atomic_path` does."""
    with atomic_path(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Writes `value` as JSON (no NaN), atomically. Raises UserError as `atomic_path` does."""
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


def read_json(path: str | os.PathLike[str]) -> Any:
    """Reads a JSON file.

    Raises:
      UserError: it is missing, unreadable or not JSON (names the file, the line and the column), or an object has a
        key twice: Python would silently keep the last one.
    """

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for i, name in enumerate(names) if name in names[:i])
            raise UserError(
                f"{path}: the key {twice!r} is there twice in one object. Keep one of them."
            )
        return value

    try:
        with open(path, encoding="utf-8") as handle:
            return json.load(handle, object_pairs_hook=unique)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UserError(f"{path}: not a JSON file ({error}).") from None
    except OSError as error:
        raise UserError(f"{path}: cannot read it: {error.strerror or error}.") from None
