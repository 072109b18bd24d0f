"""The systems to evaluate: one file, the files of all epochs, or those of all epochs and splits."""

import collections
import dataclasses
import pathlib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np
from absl import logging

from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.report.scores_file import read_scores
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.recorded import read_checked_json

__all__ = ["Series", "System", "find_series", "read_system", "splits_of_run"]

_EPOCH_FILE = re.compile(r"(.+?)[_-](-?\d+)\.json")
_SPLIT_FOLDER = re.compile(r"split[_-]?(\d+)(?:-seed(\d+))?")


@dataclasses.dataclass(frozen=True)
class Series:
    """Files of one system.

    Attributes:
      name: for tables.
      files: split -> epoch -> file. Split None: every file holds the videos of all splits. Epoch
        None: there is one file only.
    """

    name: str
    files: Mapping[int | None, Mapping[int | None, pathlib.Path]]


@dataclasses.dataclass(frozen=True, eq=False)
class System:
    """Scores of one system.

    Attributes:
      name: for tables.
      epochs: increasing; (None,) for a single file.
      scores: [epoch][split] -> key -> [n_steps]; one mapping per epoch where all splits share it.
    """

    name: str
    epochs: tuple[int | None, ...]
    scores: tuple[tuple[Mapping[str, np.ndarray], ...], ...]

    def of(self, epoch: int, split: int) -> Mapping[str, np.ndarray]:
        """Scores of the epoch at position `epoch`, for the split of number `split`."""
        return self.scores[epoch][split if len(self.scores[epoch]) > 1 else 0]


def find_series(path: str) -> list[Series]:
    """What lies at `path`; one `Series` per seed of a run directory, else one.

    Understood: a file; a directory of `<name>_<epoch>.json` as SUM-GAN-AAE and CA-SUM write (also
    `epoch-001.json`); a directory of `split0`, `split1`, ... (or `split0-seed0`, ...) with such
    files in them or in their folder `scores`.

    Raises:
      UserError: nothing there, no such files in it, or files of several names.
    """
    root = pathlib.Path(path)
    if not root.exists():
        raise UserError(f"{path}: no such file or directory.")
    if not root.is_dir():
        return [Series(root.name, {None: {None: root}})]
    name = root.resolve().name
    folders = {
        m: f
        for f in sorted(root.iterdir())
        if f.is_dir() and (m := _SPLIT_FOLDER.fullmatch(f.name))
    }
    if not folders:
        return [Series(name, {None: _epoch_files(root)})]
    seeds: dict[str | None, dict[int | None, Mapping[int | None, pathlib.Path]]] = (
        collections.defaultdict(dict)
    )
    for match, folder in folders.items():
        seeds[match[2]][int(match[1])] = _epoch_files(
            folder / "scores" if (folder / "scores").is_dir() else folder
        )
    series = []
    for seed, files in sorted(seeds.items(), key=lambda item: int(item[0] or 0)):
        sets = {split: set(epochs) for split, epochs in files.items()}
        common = set.intersection(*sets.values())
        if not common:
            raise UserError(
                f"{path}: its splits have no epoch in common. Give folders of one finished run."
            )
        extra = sorted(
            {e for epochs in sets.values() for e in epochs if e is not None}
            - {e for e in common if e is not None}
        )
        if extra:
            logging.warning(
                "%s: epochs that not all splits have are left out: %s.",
                path,
                ", ".join(map(str, extra[:5])) + ", ..." * (len(extra) > 5),
            )
        kept = {
            split: {
                e: files[split][e] for e in sorted(common, key=lambda e: -2 if e is None else e)
            }
            for split in sorted(sets, key=str)
        }
        series.append(Series(name if seed is None else f"{name} seed {seed}", kept))
    return series


def read_system(
    series: Series, dataset: Dataset, splits: Sequence[Split] | None, *, allow_missing: bool = False
) -> System:
    """Reads and checks all files of a system.

    Raises:
      UserError: as `read_scores`; split folders that do not fit `splits`.
    """
    tested = (
        set(dataset.videos)
        if splits is None
        else {key for split in splits for key in split.test_keys}
    )
    epochs = tuple(next(iter(series.files.values())))
    scores: tuple[tuple[Mapping[str, np.ndarray], ...], ...]
    if None in series.files:
        scores = tuple(
            (epoch,) for epoch in _read_epochs(series.files[None], dataset, tested, allow_missing)
        )
    else:
        splits = _check_split_folders(series, splits)
        numbers = sorted(number for number in series.files if number is not None)
        pairs = zip(numbers, splits, strict=True)
        by_split = [
            _read_epochs(series.files[n], dataset, set(split.test_keys), allow_missing)
            for n, split in pairs
        ]
        scores = tuple(tuple(read[epoch] for read in by_split) for epoch in range(len(epochs)))
    _say_range(series.name, [mapping for row in scores for mapping in row])
    return System(series.name, epochs, scores)


def splits_of_run(path: str, dataset: Dataset) -> list[Split] | None:
    """The splits that a run directory was made with; None where `path` is not one.

    Raises:
      UserError: they name videos that the dataset does not have.
    """
    splits: dict[int, Split] = {}
    for folder in pathlib.Path(path).iterdir() if pathlib.Path(path).is_dir() else ():
        match = _SPLIT_FOLDER.fullmatch(folder.name)
        if match and (folder / "split.json").is_file():
            split = _split(folder / "split.json")
            unknown = [key for key in split.test_keys if key not in dataset.videos]
            if unknown:
                raise UserError(
                    f"{folder / 'split.json'}: {dataset.source} has no {', '.join(unknown)}. Name "
                    "the dataset of this run."
                )
            splits[int(match[1])] = split
    return [splits[number] for number in sorted(splits)] or None


def _split(path: pathlib.Path) -> Split:
    value = read_checked_json(path)
    entries: dict[str, Any] = value if isinstance(value, dict) else {}
    train, test = entries.get("train_keys"), entries.get("test_keys")
    if not (_are_keys(train) and _are_keys(test) and test):
        raise UserError(
            f"{path}: not the split of a run (lists train_keys and test_keys of video keys). "
            "Bring back a copy, or give `splits`."
        )
    return Split(tuple(train), tuple(test))


def _are_keys(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(key, str) for key in value)


def _read_epochs(
    files: Mapping[int | None, pathlib.Path],
    dataset: Dataset,
    keys: Collection[str],
    allow_missing: bool,
) -> list[dict[str, np.ndarray]]:
    paths = enumerate(files.values())
    return [
        read_scores(path, dataset, keys, allow_missing=allow_missing, quiet=i > 0)
        for i, path in paths
    ]


def _check_split_folders(series: Series, splits: Sequence[Split] | None) -> Sequence[Split]:
    folders = ", ".join(
        f"split{number}" for number in sorted(n for n in series.files if n is not None)
    )
    if splits is None:
        raise UserError(
            f"{series.name}: has {folders}, so the splits must be known. Give `splits`, "
            "or `folds` and `fold_seed`."
        )
    if len(series.files) != len(splits):
        raise UserError(
            f"{series.name}: has {folders}, but there are {len(splits)} splits. Give the splits "
            "that it was made with."
        )
    return splits


def _epoch_files(folder: pathlib.Path) -> dict[int | None, pathlib.Path]:
    files: dict[int | None, pathlib.Path] = {}
    names = set()
    for path in sorted(folder.iterdir()):
        match = _EPOCH_FILE.fullmatch(path.name)
        if not match or path.name.startswith(".") or not path.is_file():
            continue  # hidden: what a kill left half-written
        names.add(match[1])
        epoch = int(match[2])
        if len(names) > 1:
            raise UserError(
                f"{folder}: files of several names ({', '.join(sorted(names))}). Give a folder of "
                "one system's epochs each."
            )
        if epoch in files:
            raise UserError(
                f"{folder}: two files of epoch {epoch}: {files[epoch].name} and {path.name}. "
                "Remove one."
            )
        files[epoch] = path
    if not files:
        raise UserError(
            f"{folder}: no files <name>_<epoch>.json in it. Name a scores file, or a folder of "
            "such files."
        )
    return dict(sorted(files.items(), key=lambda item: item[0] or 0))


def _say_range(name: str, mappings: Sequence[Mapping[str, np.ndarray]]) -> None:
    outside = {
        key: None
        for scores in mappings
        for key, values in scores.items()
        if values.min() < 0 or values.max() > 1
    }
    if outside:
        logging.warning(
            "%s: scores outside [0, 1] in %d videos (first: %s); used as they are.",
            name,
            len(outside),
            next(iter(outside)),
        )
