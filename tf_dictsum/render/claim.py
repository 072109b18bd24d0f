"""Whose summary lies in a folder: one process at a time writes it, and no other video's takes its
place unasked.
"""

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import pathlib
from collections.abc import Iterator
from typing import IO

from tf_dictsum.render.names import output_name
from tf_dictsum.util.errors import UserError
from tf_dictsum.video.opening import shown

__all__ = ["Claim", "Identity", "claimed", "identity_of"]

_ENDS = 1 << 20


@dataclasses.dataclass(frozen=True)
class Identity:
    """Which video a summary is of.

    Attributes:
      source: absolute path of the file.
      size: bytes of it.
      mtime_ns: when it was changed last.
      content: checksum of both its ends, or of the features where there is no video.
    """

    source: str
    size: int
    mtime_ns: int
    content: str

    def is_same_video(self, other: "Identity") -> bool:
        """Whether it is the same content, wherever it lies, or a new version of the file at the
        same place.
        """
        return self.source == other.source or (self.size, self.content) == (
            other.size,
            other.content,
        )


def identity_of(path: str | os.PathLike[str], part: str = "") -> Identity:
    """The identity of a file.

    Args:
      path: of the video, or of a features file.
      part: which video of a features file.

    Raises:
      UserError: it cannot be read.
    """
    source = shown(os.path.realpath(path)) + (f":{part}" if part else "")
    try:
        status = os.stat(path)
        with open(path, "rb") as handle:
            digest = hashlib.sha256(part.encode())
            digest.update(handle.read(_ENDS))
            handle.seek(max(status.st_size - _ENDS, 0))
            digest.update(handle.read(_ENDS))
    except FileNotFoundError:
        raise UserError(f"{shown(path)}: no such file.") from None
    except OSError as error:
        raise UserError(f"{shown(path)}: cannot read it: {error.strerror or error}.") from None
    return Identity(source, status.st_size, status.st_mtime_ns, digest.hexdigest())


class Claim:
    """A summary's place in a folder, held by this process; from `claimed`.

    Attributes:
      folder: where.
      name: beginning of the names of its files.
    """

    def __init__(self, folder: pathlib.Path, name: str, handle: IO[str], identity: Identity):
        self.folder, self.name = folder, name
        self._handle, self._identity = handle, identity
        self.is_recorded = False

    def record(self) -> None:
        """Writes down whose place it is: from now on another video is refused. Call it before the
        first file.
        """
        self._handle.seek(0)
        self._handle.truncate()
        json.dump(dataclasses.asdict(self._identity), self._handle)
        self._handle.flush()
        os.fsync(self._handle.fileno())
        self.is_recorded = True


@contextlib.contextmanager
def claimed(
    folder: str | os.PathLike[str], name: str, identity: Identity, *, overwrite: bool = False
) -> Iterator[Claim]:
    """Holds the place of one summary; a kill lets go of it too.

    Files that dead processes left half-written are removed. The folder is made; if nothing is
    written it goes again.

    Args:
      folder: of the summary's files.
      name: beginning of their names.
      identity: of the video that is to be summarized.
      overwrite: whether another video's summary may be replaced.

    Raises:
      UserError: another process holds the place, another video's summary is there, or the folder
        cannot be written.
    """
    place = pathlib.Path(folder)
    made = not place.exists()
    lock = place / f".{name}.summary-lock"
    try:
        place.mkdir(parents=True, exist_ok=True)
        handle = _opened(lock)
    except OSError as error:
        raise UserError(
            f"{place}: cannot write there: {error.strerror or error}. Choose another `out`."
        ) from error
    with handle, _swept(place):
        claim = Claim(place, name, handle, identity)
        try:
            before = _recorded(handle) or _of_older_version(place, name)
            if before is not None and not before.is_same_video(identity) and not overwrite:
                raise UserError(
                    f"{place}: holds the summary {name!r} of another video, {before.source}. "
                    "Choose another `out`, or give `overwrite` to replace it."
                )
            yield claim
        finally:
            if not claim.is_recorded and _recorded(handle) is None:
                lock.unlink(missing_ok=True)
            if made:
                with contextlib.suppress(OSError):  # not empty
                    place.rmdir()


def _opened(lock: pathlib.Path) -> IO[str]:
    """The lock's file, locked. Raises UserError when another process has it."""
    while True:
        handle = open(lock, "a+", encoding="utf-8")  # noqa: SIM115 (the caller's with closes it)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.close()
            raise UserError(
                f"{lock.parent}: another process is writing this summary. "
                "Wait for it, or choose another `out`."
            ) from None
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(handle.fileno()), os.stat(lock)):
                return handle
        handle.close()  # its holder has just removed it


@contextlib.contextmanager
def _swept(folder: pathlib.Path) -> Iterator[None]:
    """Marks the folder as written to; if no other process does, half-written files are of dead
    ones, and go.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for partial in folder.glob(".????????.partial*"):
                partial.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _recorded(handle: IO[str]) -> Identity | None:
    handle.seek(0)
    try:
        return Identity(**json.load(handle))
    except (ValueError, TypeError):  # empty, or torn by a crash
        return None


def _of_older_version(folder: pathlib.Path, name: str) -> Identity | None:
    """What a summary of a version without this record says about itself."""
    try:
        with open(folder / output_name(name, "json"), encoding="utf-8") as file:
            video = json.load(file)["video"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Identity(shown(os.path.realpath(video)), -1, -1, "") if video else None
