"""Which videos train and which test: the field's split files, or non-overlapping folds."""

import dataclasses
import os
from collections.abc import Iterable, Sequence

import numpy as np
from absl import logging

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json

__all__ = ["Split", "load_splits", "make_folds"]


@dataclasses.dataclass(frozen=True)
class Split:
    """One division of a dataset.

    Attributes:
      train_keys: keys of the training videos, in the order of training.
      test_keys: keys of the test videos.
    """

    train_keys: tuple[str, ...]
    test_keys: tuple[str, ...]


def load_splits(
    path: str | os.PathLike[str], dataset_keys: Iterable[str], source: str
) -> list[Split]:
    """Reads the released format: a JSON list of {"train_keys": [...], "test_keys": [...]}, or
    {"splits": that list}.

    Keys may carry the path of a dataset file, as VASNet's do: only the last component counts. A
    video that a split both trains on and tests is reported by one logged warning per file.

    Args:
      path: the JSON file.
      dataset_keys: keys of the loaded dataset.
      source: the dataset's name in messages.

    Raises:
      UserError: another structure, an empty list, a key twice in one list, a key that the dataset
        does not have, or keys of several dataset files; names file, split (counted from 0), key and
        what the dataset has.
    """
    value = read_json(path)
    if isinstance(value, dict):
        value = value.get("splits")
    if not isinstance(value, list) or not value:
        raise UserError(
            f"{path}: expected a non-empty JSON list of {{train_keys, test_keys}}. Give a split "
            f"file of that form."
        )
    known = list(dataset_keys)
    files: set[str] = set()
    splits, overlaps = [], []
    for number, entry in enumerate(value):
        lists = [
            _keys(f"{path}: split {number}", entry, name, known, source, files)
            for name in ("train_keys", "test_keys")
        ]
        split = Split(*lists)
        splits.append(split)
        both = [key for key in split.test_keys if key in set(split.train_keys)]
        if both:
            overlaps.append(f"split {number}: {', '.join(both)}")
    if len(files) > 1:
        # VASNet's "augmented" and "transfer" files: video_1 of another file would silently become
        # ours.
        named = ", ".join(sorted(files))
        raise UserError(
            f"{path}: its keys name several dataset files ({named}). Give splits whose videos "
            f"are all in {source}."
        )
    if overlaps:
        logging.warning(
            "%s: videos both trained on and tested (%s): their test scores are not of unseen "
            "videos.",
            path,
            "; ".join(overlaps),
        )
    return splits


def _keys(
    where: str, entry: object, name: str, known: list[str], source: str, files: set[str]
) -> tuple[str, ...]:
    if not isinstance(entry, dict) or name not in entry:
        found = (
            f"has only {', '.join(map(str, entry)) or 'nothing'}"
            if isinstance(entry, dict)
            else f"is a {type(entry).__name__}"
        )
        raise UserError(
            f"{where} {found}, expected an object with train_keys and test_keys. Add {name}."
        )
    raw = entry[name]
    if not isinstance(raw, list) or not all(isinstance(key, str) for key in raw):
        raise UserError(
            f'{where}: {name} is not a list of strings. Write it as ["video_1", "video_2"].'
        )
    if not raw:
        raise UserError(f"{where}: {name} is empty. Name at least one video.")
    paths = [[part for part in key.split("/") if part] for key in raw]
    keys = tuple(path[-1] if path else "" for path in paths)
    files |= {path[-2] for path in paths if path[-2:-1] and path[-2].endswith((".h5", ".hdf5"))}
    for key in keys:
        if key not in known:
            raise UserError(
                f"{where}: {name} has {key!r:.60}, which is not in {source} ({_summary(known)}). "
                "Use splits made for this dataset."
            )
    if len(set(keys)) < len(keys):
        twice = next(key for i, key in enumerate(keys) if key in keys[:i])
        raise UserError(
            f"{where}: {name} has {twice!r} twice. Name every video once (splits over several "
            "files do not work)."
        )
    return keys


def _summary(keys: Sequence[str]) -> str:
    shown = ", ".join(keys) if len(keys) <= 4 else f"{keys[0]}, {keys[1]}, ..., {keys[-1]}"
    return f"{len(keys)} video{'s' * (len(keys) != 1)}: {shown}"


def make_folds(keys: Sequence[str], folds: int, seed: int) -> list[Split]:
    """Non-overlapping cross-validation: every video is tested exactly once, fold sizes differ by at
    most one.

    With `folds` = 1 the one split trains and tests on all videos (transductive: no label is used,
    but the scores are not of unseen videos); it is the only choice for a single video.

    Args:
      keys: keys of the dataset, in its order.
      folds: number of splits.
      seed: which videos share a fold (numpy's PCG64); the same seed gives the same folds.

    Raises:
      UserError: folds below 1 or above the number of videos, a negative seed, or no videos.
    """
    if folds < 1 or seed < 0 or not keys:
        raise UserError(
            f"cannot make {folds} folds of {len(keys)} videos with seed {seed}. Use --folds of 1 "
            "or more and a seed of 0 or more."
        )
    if folds == 1:
        return [Split(tuple(keys), tuple(keys))]
    if folds > len(keys):
        hint = f"Use --folds between 1 and {len(keys)}" if len(keys) > 1 else "Use --folds=1"
        raise UserError(
            f"--folds={folds}, but the dataset has {_summary(keys)}. {hint}; 1 trains and tests "
            "on all videos."
        )
    order = [keys[i] for i in np.random.Generator(np.random.PCG64(seed)).permutation(len(keys))]
    splits = []
    for block in np.array_split(np.arange(len(order)), folds):
        test = set(block.tolist())
        splits.append(
            Split(
                tuple(k for i, k in enumerate(order) if i not in test),
                tuple(order[i] for i in block),
            )
        )
    return splits
