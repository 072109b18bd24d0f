"""Features of videos that were read before, or begun, in the user's cache folder."""

import contextlib
import hashlib
import json
import os
import pathlib
import time
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from absl import logging

from tf_dictsum.footage.extraction import Part
from tf_dictsum.footage.footage import Footage
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import atomic_path, reading, write_text
from tf_dictsum.util.npz import read_npz
from tf_dictsum.video.info import Beginning, Timeline

__all__ = ["FeatureCache", "fingerprint"]

FORMAT = 3
LARGEST = 4 << 30  # bytes of all entries; an hour of video takes about 30 MB
_ENDS = 1 << 20
_FORGOTTEN = 30 * 86400.0  # seconds after which nobody goes on with a part, ...
_DEAD = 86400.0  # ... and a file that is being written has no writer any more
_OPTIONAL = ("change_points", "changes", "looks")  # arrays of a footage that may be unknown
_UNREADABLE = (UserError, OSError, ValueError, KeyError, TypeError, ArithmeticError)


def fingerprint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What tells a file from others without reading all of it: size, time of change, checksum of
    both ends.

    Raises:
      UserError: it cannot be read.
    """
    with reading(path), open(path, "rb") as handle:
        status = os.fstat(handle.fileno())
        digest = hashlib.sha256(handle.read(_ENDS))
        handle.seek(max(status.st_size - _ENDS, 0))
        digest.update(handle.read(_ENDS))
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "ends": digest.hexdigest()}


class FeatureCache:
    """One file per video and network. What cannot be read or written is said in the log and done
    without.

    A key says which video (`fingerprint`) and how it is read; the checksum of the network's weights
    stands beside it, so that features can be had without the weights.

    Args:
      folder: of the entries; None: $XDG_CACHE_HOME/tf_dictsum/features, else
        ~/.cache/tf_dictsum/features.
      largest: bytes of all entries together; the ones not used for longest go first.
    """

    def __init__(self, folder: pathlib.Path | None = None, largest: int = LARGEST):
        if folder is None:
            root = os.environ.get("XDG_CACHE_HOME")
            folder = (
                pathlib.Path(root or pathlib.Path.home() / ".cache") / "tf_dictsum" / "features"
            )
        self.folder = folder
        self._largest = largest

    def _file(self, key: Mapping[str, Any], weights: str, ending: str = "npz") -> pathlib.Path:
        return self.folder / f"{_hash([FORMAT, dict(key)])}-{weights[:16]}.{ending}"

    def load(
        self, key: Mapping[str, Any], video: str, name: str, weights: str | None = None
    ) -> Footage | None:
        """An entry as footage of this path and name; None without one.

        Args:
          key: as it was saved.
          video, name: of the footage.
          weights: checksum of the network's weights; None: of any, the one used last.
        """
        if weights is not None:
            files = [self._file(key, weights)]
        else:
            pattern = f"{_hash([FORMAT, dict(key)])}-*.npz"
            files = sorted(self.folder.glob(pattern), key=_last_use, reverse=True)
        footages = (self._load(file, video, name) for file in files)
        return next((footage for footage in footages if footage is not None), None)

    def _load(self, file: pathlib.Path, video: str, name: str) -> Footage | None:
        try:
            if not file.exists():
                return None
            entry = read_npz(file)
            about = json.loads(str(entry["about"]))
            footage = Footage(
                video,
                name,
                about["width"],
                about["height"],
                _timeline(entry["ticks"], about),
                entry["picks"],
                entry["features"],
                about["extractor"],
                warnings=tuple(about["warnings"]),
                **{k: entry[k] for k in _OPTIONAL if k in entry},
            )
            os.utime(file)
        except _UNREADABLE as error:
            logging.warning(
                "%s: unreadable cache entry (%s); reading the video again.",
                file,
                type(error).__name__,
            )
            return None
        return footage

    def save(self, key: Mapping[str, Any], footage: Footage) -> None:
        """Keeps what was read of a video; the part of it that was kept before goes."""
        weights = str(footage.extractor.get("weights", ""))
        about = {
            "width": footage.width,
            "height": footage.height,
            **_about(footage.timeline),
            "extractor": dict(footage.extractor),
            "warnings": list(footage.warnings),
        }
        arrays = {
            "ticks": footage.timeline.ticks,
            "picks": footage.picks,
            "features": footage.features,
            **{name: getattr(footage, name) for name in _OPTIONAL},
        }
        self._write(self._file(key, weights), about, arrays)
        with contextlib.suppress(OSError):
            self._file(key, weights, "part").unlink(missing_ok=True)
        self._forget()

    def load_part(self, key: Mapping[str, Any], weights: str) -> Part | None:
        """What an interrupted reading of this video kept; None for nothing."""
        file = self._file(key, weights, "part")
        try:
            if not file.exists():
                return None
            entry = read_npz(file)
            about = json.loads(str(entry["about"]))
            timeline = _timeline(entry["ticks"], about)
            beginning = Beginning(timeline, entry["changes"], about["problem"])
            return Part(entry["features"], entry["picks"], entry["looks"], beginning)
        except _UNREADABLE as error:
            logging.warning(
                "%s: unreadable part of a video (%s); reading it from the beginning.",
                file,
                type(error).__name__,
            )
            return None

    def save_part(self, key: Mapping[str, Any], weights: str, part: Part) -> None:
        """Keeps what there is of a video that is being read."""
        arrays = {
            "ticks": part.beginning.timeline.ticks,
            "changes": part.beginning.changes,
            "picks": part.picks,
            "features": part.features,
            "looks": part.looks,
        }
        about = {**_about(part.beginning.timeline), "problem": part.beginning.problem}
        self._write(self._file(key, weights, "part"), about, arrays)

    def weights_of(self, file: str | os.PathLike[str]) -> str | None:
        """The checksum of a weights file's arrays, if `remember_weights` has been told it.

        Raises:
          UserError: the file cannot be read.
        """
        try:
            return self._weights_note(file).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return None

    def remember_weights(self, file: str | os.PathLike[str], checksum: str) -> None:
        """Keeps the checksum of a weights file's arrays, so that it need not be read to look for
        features of it.
        """
        with contextlib.suppress(UserError):  # it is only asked for again
            write_text(self._weights_note(file), checksum)

    def _weights_note(self, file: str | os.PathLike[str]) -> pathlib.Path:
        return self.folder / f"{_hash([FORMAT, fingerprint(file)])}.weights"

    def _write(
        self,
        file: pathlib.Path,
        about: Mapping[str, Any],
        arrays: Mapping[str, np.ndarray | None],
    ) -> None:
        values = {name: array for name, array in arrays.items() if array is not None}
        try:
            with atomic_path(file) as partial, open(partial, "wb") as handle:
                np.savez(handle, about=np.array(json.dumps(about)), **values)  # type: ignore[arg-type]
        except UserError as error:
            logging.warning("features are not cached: %s", error)

    def _forget(self) -> None:
        """Removes what is too much, parts that nobody goes on with, and what dead processes left
        half-written.
        """
        now = time.time()
        with contextlib.suppress(OSError):
            for pattern, age in (("*.part", _FORGOTTEN), (".*.partial.*", _DEAD)):
                for file in self.folder.glob(pattern):
                    if now - file.stat().st_mtime > age:
                        file.unlink(missing_ok=True)
            entries = sorted(self.folder.glob("[!.]*.npz"), key=_last_use, reverse=True)
            total = 0
            for number, file in enumerate(entries):
                total += file.stat().st_size
                if total > self._largest and number > 0:  # never the newest
                    file.unlink(missing_ok=True)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def _last_use(file: pathlib.Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # another process has just removed it
        return 0.0


def _about(timeline: Timeline) -> dict[str, Any]:
    return {
        "time_base": [timeline.time_base.numerator, timeline.time_base.denominator],
        "start": timeline.start,
        "exact": timeline.exact,
    }


def _timeline(ticks: np.ndarray, about: Mapping[str, Any]) -> Timeline:
    return Timeline(ticks, Fraction(*about["time_base"]), about["start"], about["exact"])
