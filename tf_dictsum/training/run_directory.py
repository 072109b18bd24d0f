"""The folder of a run: one configuration, one process at a time."""

import contextlib
import dataclasses
import hashlib
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

from tf_dictsum.config import RESUMABLE, Config
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json, write_json, write_text
from tf_dictsum.util.locks import locked_folder

__all__ = ["RunDirectory", "content_hash", "split_identity"]

CONFIG = "config.flags"
_FIELDS = frozenset(field.name for field in dataclasses.fields(Config))


def content_hash(dataset: Dataset, keys: tuple[str, ...]) -> str:
    """SHA-256 over the features, picks and change points of some videos."""
    digest = hashlib.sha256()
    for key in keys:
        video = dataset.videos[key]
        for array in (video.features, video.picks, video.change_points):
            if array is not None:
                digest.update(f"{key} {array.dtype} {array.shape} ".encode())
                digest.update(array.tobytes())
    return digest.hexdigest()


def split_identity(split: Split, dataset: Dataset) -> dict[str, Any]:
    """What split.json holds: the videos of a split, and what is in them."""
    return {
        "train_keys": list(split.train_keys),
        "test_keys": list(split.test_keys),
        "content": content_hash(dataset, (*split.train_keys, *split.test_keys)),
    }


class RunDirectory:
    """A run's folder: config.flags, results.json, results.md, split<k>-seed<s>/...

    Args:
      config: of this run; `config.run_dir` is the folder.
    """

    def __init__(self, config: Config):
        self.config = config
        self.path = pathlib.Path(config.run_dir)

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Holds the folder for this process, with this configuration written into it.

        Raises:
          UserError: another process trains here, the folder cannot be made, or it holds a run of another configuration.
        """
        if self.path.is_file():
            raise UserError(f"{self.path}: is a file. Choose another --run_dir.")
        with locked_folder(
            self.path,
            ".lock",
            "the run directory",
            "another process is training in this run directory",
        ):
            self._claim()
            yield

    def _claim(self) -> None:
        file = self.path / CONFIG
        if file.exists():
            # A flag that is newer than the run has its default there: a new version takes up old runs.
            before = _parse(type(self.config)().as_flags()) | _parse(
                file.read_text(encoding="utf-8")
            )
            now = _parse(self.config.as_flags())
            changed = sorted(
                n
                for n in before.keys() | now.keys()
                if before.get(n) != now.get(n) and n not in RESUMABLE
            )
            if changed and not self.config.overwrite:
                shown = ", ".join(f"{n}: {before.get(n)} there, {now.get(n)} now" for n in changed)
                raise UserError(
                    f"{self.path}: holds a run of another configuration ({shown}). "
                    "Use the same flags to resume it, another --run_dir, or --overwrite to delete it."
                )
            if changed:
                self._clear()
        write_text(file, self.config.as_flags())

    def _clear(self) -> None:
        for folder in self.path.glob("split*-seed*"):
            shutil.rmtree(folder)
        for name in ("results.json", "results.md"):
            (self.path / name).unlink(missing_ok=True)

    def split_folder(self, number: int, seed: int, split: Split, dataset: Dataset) -> pathlib.Path:
        """Folder of one split and seed, made for these videos.

        Raises:
          UserError: it was made for other videos or other features.
        """
        folder = self.path / f"split{number}-seed{seed}"
        identity = split_identity(split, dataset)
        file = folder / "split.json"
        if file.exists():
            if read_json(file) != identity:
                raise UserError(
                    f"{folder}: was trained on other videos or other features than {dataset.source} has now. "
                    "Restore the data, choose another --run_dir, or delete this folder."
                )
        else:
            write_json(file, identity)
        return folder


def _parse(text: str) -> dict[str, str]:
    pairs = (
        line.removeprefix("--").split("=", 1) for line in text.splitlines() if line.startswith("--")
    )
    values = {}
    for name, *value in pairs:
        known = name in _FIELDS
        values[name if known else name.removeprefix("no")] = (
            value[0] if value else str(known).lower()
        )
    return values
