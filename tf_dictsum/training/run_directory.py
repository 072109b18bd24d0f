"""The folder of a run: one configuration, one process at a time."""

import contextlib
import pathlib
import shutil
from collections.abc import Iterator

from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.training.config import RESUMABLE, RunConfig
from tf_dictsum.training.content import same_content, split_identity
from tf_dictsum.training.split_folder import HISTORY, SPLIT
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_text, sweep_partials
from tf_dictsum.util.locks import locked_folder
from tf_dictsum.util.recorded import (
    read_checked_json,
    recorded_path,
    verify,
    write_recorded_json,
)

__all__ = ["RunDirectory"]

CONFIG = "config.flags"


class RunDirectory:
    """A run's folder: config.flags, results.json, results.md, split<k>-seed<s>/...

    Args:
      config: of this run; `config.run_dir` is the folder.
    """

    def __init__(self, config: RunConfig):
        self.config = config
        self.path = pathlib.Path(config.run_dir)

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Holds the folder for this process, with this configuration written into it.

        Raises:
          UserError: another process trains here, the folder cannot be made, or it holds a run of
            another configuration.
        """
        if self.path.is_file():
            raise UserError(f"{self.path}: is a file. Choose another `run_dir`.")
        with locked_folder(
            self.path,
            ".lock",
            "the run directory",
            "another process is training in this run directory",
        ):
            sweep_partials(self.path)
            self._claim()
            yield

    def _claim(self) -> None:
        file = self.path / CONFIG
        if file.exists():
            advice = "Bring back a copy, choose another `run_dir`, or delete this folder."
            verify(file, advice)
            written = _parse(read_text(file, "the flags of a run", advice))
            if not written:
                raise UserError(f"{file}: empty, expected the flags of a run. {advice}")
            # A flag that is newer than the run has its default there: a new version takes up old
            # runs.
            defaults = _parse(RunConfig(method=type(self.config.method)()).as_flags())
            now = _parse(self.config.as_flags())
            before = {name: written.get(name, defaults[name]) for name in now}
            changed = [n for n in now if before[n] != now[n] and n not in RESUMABLE]
            if changed and not self.config.overwrite:
                listed = ", ".join(f"{n}: {before[n]} there, {now[n]} now" for n in sorted(changed))
                raise UserError(
                    f"{self.path}: holds a run of another configuration ({listed}). "
                    "Use the same flags to resume it, another `run_dir`, or `overwrite` to "
                    "delete it."
                )
            if changed:
                self._clear()
        with recorded_path(file) as partial:
            partial.write_text(self.config.as_flags(), encoding="utf-8")

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
        file = folder / SPLIT
        if not file.exists() and (folder / HISTORY).exists():
            raise UserError(
                f"{file}: is gone, so that nobody knows what this split was trained on. "
                f"Bring back a copy, or delete {folder} to train this split anew."
            )
        if file.exists():
            written = read_checked_json(
                file, f"Bring back a copy, or delete {folder} to train this split anew."
            )
            difference = same_content(written, identity)
            if difference:
                raise UserError(
                    f"{folder}: does not fit {dataset.source}: {difference}. "
                    "Restore the data, choose another `run_dir`, or delete this folder."
                )
            if written != identity:
                write_recorded_json(
                    file, identity
                )  # of an earlier version, without the annotations
        else:
            write_recorded_json(file, identity)
        return folder


def _parse(text: str) -> dict[str, str]:
    """Flag -> value as text; --x is "true" and --nox "false" (no option's name begins with
    "no").
    """
    values = {}
    for line in text.splitlines():
        if line.startswith("--"):
            name, assigned, value = line.removeprefix("--").partition("=")
            negated = not assigned and name.startswith("no")
            values[name.removeprefix("no") if negated else name] = (
                value if assigned else str(not negated).lower()
            )
    return values
