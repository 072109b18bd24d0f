"""A folder that one process at a time works in."""

import contextlib
import fcntl
import pathlib
from collections.abc import Iterator

from tf_dictsum.util.errors import UserError

__all__ = ["locked_folder"]


@contextlib.contextmanager
def locked_folder(folder: pathlib.Path, lock_name: str, what: str, busy: str) -> Iterator[None]:
    """Makes `folder` and holds it for this process; a kill lets go of it too.

    Args:
      folder: made with its parents where missing.
      lock_name: the lock's file in it.
      what: the folder in words, for the message when it cannot be made.
      busy: what another process does there, for the message when one has it.

    Raises:
      UserError: the folder cannot be made, or another process holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / lock_name, "w")  # noqa: SIM115 (held until the block ends)
    except OSError as error:
        raise UserError(
            f"{folder}: cannot make {what}: {error.strerror}. Choose another --run_dir."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(f"{folder}: {busy}. Choose another --run_dir.") from None
        yield
