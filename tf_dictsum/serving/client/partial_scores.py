"""Scores received so far, in a file beside the result, so that an interrupted job goes on where it
was.
"""

import hashlib
import pathlib
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from tf_dictsum.serving.client.client import Scores
from tf_dictsum.util.checksums import sha256_of_json
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json, write_json

__all__ = ["PartialScores"]

_SECONDS = 1.0  # at most so much work is lost by a kill


class PartialScores:
    """What was scored, in memory and in `<out>.partial`, which is always whole.

    Scores of an earlier job count again only for the same features, model name and signature.

    Args:
      out: the result's path.
      model: model name and signature, as one text.
      features: key -> float [n_steps, D] of every video of the job.

    Raises:
      UserError: the file is there but is no such file.
    """

    def __init__(self, out: pathlib.Path, model: str, features: Mapping[str, np.ndarray]):
        self.path = out.with_name(out.name + ".partial")
        self.total = len(features)
        self._model = model
        self._lengths = {key: len(array) for key, array in features.items()}
        self._digests = {key: _fingerprint(array) for key, array in features.items()}
        self._videos: dict[str, Scores] = {}
        self._written = time.monotonic()
        if self.path.exists():
            self._read()

    def _read(self) -> None:
        written = read_json(self.path)
        try:
            if written["model"] != self._model:
                return
            for key, row in written["videos"].items():
                if row["features"] == self._digests.get(key):
                    if row["sha256"] != _row_hash(row):
                        raise ValueError(key)
                    values = np.array(row["scores"], np.float32)
                    if values.shape != (self._lengths[key],) or not np.isfinite(values).all():
                        raise ValueError(key)
                    self._videos[key] = Scores(values, int(row["version"]))
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            raise UserError(
                f"{self.path}: not the partial scores of an interrupted job. Delete it or choose "
                "another `out`."
            ) from None

    def version(self, key: str) -> int:
        """The version that scored this video, -1 if none has."""
        return self._videos[key].version if key in self._videos else -1

    def scores(self, key: str) -> np.ndarray:
        """The scores of a video, float32 [n_steps]."""
        return self._videos[key].values

    def add(self, key: str, scores: Scores) -> None:
        """Takes the scores of a video; writes the file when the last time was a second ago."""
        self._videos[key] = scores
        if time.monotonic() - self._written > _SECONDS:
            self.save()

    def save(self) -> None:
        """Writes the file. Raises UserError when the file system refuses."""
        rows: dict[str, dict[str, Any]] = {
            key: {
                "features": self._digests[key],
                "version": scores.version,
                "scores": [float(x) for x in scores.values],
            }
            for key, scores in self._videos.items()
        }
        for row in rows.values():
            row["sha256"] = _row_hash(row)
        if rows:
            write_json(self.path, {"model": self._model, "videos": rows})
        self._written = time.monotonic()

    def __len__(self) -> int:
        return len(self._videos)

    def delete(self) -> None:
        """Removes the file: the job is done."""
        self.path.unlink(missing_ok=True)


def _row_hash(row: Mapping[str, Any]) -> str:
    return sha256_of_json([row["features"], row["version"], row["scores"]])


def _fingerprint(features: np.ndarray) -> str:
    """SHA-256 of what is sent for a video."""
    return hashlib.sha256(
        f"{features.shape} ".encode() + np.ascontiguousarray(features, "<f4").tobytes()
    ).hexdigest()
