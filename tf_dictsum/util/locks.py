"""Folders and files that one process at a time works in."""

import contextlib
import os
import pathlib
from collections.abc import Iterator

import filelock

from tf_dictsum.util.errors import UserError

__all__ = ["locked_file", "locked_folder"]


@contextlib.contextmanager
def locked_folder(
    folder: pathlib.Path,
    lock_name: str,
    what: str,
    busy: str,
    field: str = "run_dir",
    *,
    wait: bool = False,
) -> Iterator[None]:
    """Makes `folder` and holds it for this process; a kill lets go of it too.

    Args:
      folder: made with its parents where missing.
      lock_name: the lock's file in it.
      what: the folder in words, for the message when it cannot be made.
      busy: what another process does there, for the message when one has it.
      field: what names the folder, for the message.
      wait: until the other process is done.

    Raises:
      UserError: the folder cannot be made, or another process holds it.
    """
    advice = f"Choose another `{field}`."
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: cannot make {what}: {error.strerror}. {advice}") from error
    refused = f"{folder}: cannot make {what}"
    with _held(folder / lock_name, refused, f"{folder}: {busy}", advice, wait):
        yield


@contextlib.contextmanager
def locked_file(path: str | os.PathLike[str], busy: str, field: str = "out") -> Iterator[None]:
    """Holds a file that is going to be written, by a hidden file `.NAME.lock` beside it.

    Args:
      path: the file; its folder is made where missing.
      busy: what another process does with it, for the message when one has it.
      field: what names the file, for the message.

    Raises:
      UserError: its folder cannot be made, or another process holds it.
    """
    file, elsewhere = pathlib.Path(path), f"choose another `{field}`."
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        refused = f"{file}: cannot write there: {error.strerror}"
        raise UserError(f"{refused}. {elsewhere.capitalize()}") from error
    lock = file.with_name(f".{file.name}.lock")
    advice = f"Wait for it, or {elsewhere}"
    with _held(lock, f"{file}: cannot write there", f"{file}: {busy}", advice):
        try:
            yield
        finally:  # while it is held: filelock takes no lock on a file that is gone
            with contextlib.suppress(OSError):
                lock.unlink()


@contextlib.contextmanager
def _held(
    lock: pathlib.Path, refused: str, busy: str, advice: str, wait: bool = False
) -> Iterator[None]:
    holder = filelock.FileLock(lock, blocking=wait)
    try:
        holder.acquire()
    except filelock.Timeout:
        raise UserError(f"{busy}. {advice}") from None
    except OSError as error:
        raise UserError(f"{refused}: {error.strerror or error}. {advice}") from error
    try:
        yield
    finally:
        holder.release()
