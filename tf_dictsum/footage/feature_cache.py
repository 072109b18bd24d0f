"""Features of videos that were read before, in the user's cache folder."""

import contextlib
import hashlib
import json
import os
import pathlib
import zipfile
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from absl import logging

from tf_dictsum.footage.footage import Footage
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import atomic_path
from tf_dictsum.video.info import Timeline

__all__ = ["FeatureCache", "fingerprint"]

FORMAT = 1
LARGEST = 4 << 30  # bytes of all entries; an hour of video takes about 30 MB
_ENDS = 1 << 20


def fingerprint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """What tells a file from others without reading all of it: size, time of change, checksum of both ends.

    Raises:
      UserError: it cannot be read.
    """
    try:
        status = os.stat(path)
        with open(path, "rb") as handle:
            digest = hashlib.sha256(handle.read(_ENDS))
            handle.seek(max(status.st_size - _ENDS, 0))
            digest.update(handle.read(_ENDS))
    except OSError as error:
        raise UserError(f"{path}: cannot read it: {error.strerror or error}.") from None
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "ends": digest.hexdigest()}


class FeatureCache:
    """One file per video and extractor. What cannot be read or written is said in the log and done without.

    Args:
      folder: of the entries; None: $XDG_CACHE_HOME/tf_dictsum/features, else ~/.cache/tf_dictsum/features.
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

    def _file(self, key: Mapping[str, Any]) -> pathlib.Path:
        text = json.dumps([FORMAT, key], sort_keys=True)
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.npz"

    def load(self, key: Mapping[str, Any], video: str, name: str) -> Footage | None:
        """The entry of `key` (`fingerprint` and what made the features) as footage of this path and name; None without one."""
        file = self._file(key)
        try:
            with open(file, "rb") as handle, np.load(handle, allow_pickle=False) as entry:
                about = json.loads(str(entry["about"]))
                timeline = Timeline(
                    entry["ticks"], Fraction(*about["time_base"]), about["start"], about["exact"]
                )
                footage = Footage(
                    video,
                    name,
                    about["width"],
                    about["height"],
                    timeline,
                    entry["picks"],
                    entry["features"],
                    about["extractor"],
                    warnings=tuple(about["warnings"]),
                )
            os.utime(file)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            logging.warning(
                "%s: unreadable cache entry (%s); reading the video again.",
                file,
                type(error).__name__,
            )
            return None
        return footage

    def save(self, key: Mapping[str, Any], footage: Footage) -> None:
        """Keeps what was read of a video."""
        timeline = footage.timeline
        about = {
            "width": footage.width,
            "height": footage.height,
            "time_base": [timeline.time_base.numerator, timeline.time_base.denominator],
            "start": timeline.start,
            "exact": timeline.exact,
            "extractor": dict(footage.extractor),
            "warnings": list(footage.warnings),
        }
        try:
            with atomic_path(self._file(key)) as partial, open(partial, "wb") as handle:
                np.savez(
                    handle,
                    about=json.dumps(about),
                    ticks=timeline.ticks,
                    picks=footage.picks,
                    features=footage.features,
                )
        except UserError as error:
            logging.warning("features are not cached: %s", error)
            return
        self._forget()

    def _forget(self) -> None:
        with contextlib.suppress(OSError):
            entries = sorted(
                ((f.stat().st_mtime, f.stat().st_size, f) for f in self.folder.glob("*.npz")),
                reverse=True,
            )
            total = 0
            for number, (_, size, file) in enumerate(entries):
                total += size
                if total > self._largest and number > 0:  # never the newest
                    file.unlink(missing_ok=True)
