"""Another run to be compared with."""

import dataclasses
import json
import pathlib
import re
from collections.abc import Mapping
from typing import Any

from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.methods.logs import Criterion
from tf_dictsum.methods.registry import METHODS
from tf_dictsum.training.content import same_content, split_identity
from tf_dictsum.training.split_folder import HISTORY, SPLIT, read_history
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_text
from tf_dictsum.util.recorded import read_checked_json

__all__ = ["OtherRun", "read_other_run"]


@dataclasses.dataclass(frozen=True)
class OtherRun:
    """A run that was trained before.

    Attributes:
      method: its name, or that of the run's folder where the method is not known any more.
      criterion: how its epoch is chosen without labels.
      histories: (split, seed) -> the records of its epochs.
    """

    method: str
    criterion: Criterion | None
    histories: dict[tuple[int, int], list[dict[str, Any]]]


def read_other_run(path: str, splits: Mapping[int, Split], dataset: Dataset) -> OtherRun:
    """The run in a run directory, as far as it has these splits.

    Raises:
      UserError: not a run directory, or none of its splits was made of these videos.
    """
    folder = pathlib.Path(path)
    file = folder / "config.flags"
    if not file.is_file():
        raise UserError(
            f"compare_to={path}: not a run directory (it has no config.flags). Name one of "
            "tf_dictsum.train."
        )
    flags = read_text(file, "the flags of a run")
    named = re.search(r"^--method=(\w+)$", flags, re.MULTILINE)
    kind = METHODS[named[1]] if named and named[1] in METHODS else None
    histories = {}
    for number, split in splits.items():
        for run in sorted(folder.glob(f"split{number}-seed*")):
            seed = re.fullmatch(rf"split{number}-seed(\d+)", run.name)
            if seed is None or not (run / HISTORY).exists():
                continue
            if same_content(read_checked_json(run / SPLIT), split_identity(split, dataset)):
                raise UserError(
                    f"compare_to={path}: {run.name} was trained on other videos than split "
                    f"{number} of this run has. "
                    "Compare runs of the same `dataset` and `splits` (or `folds` and `fold_seed`)."
                )
            records = read_history(run / HISTORY)
            if records and (records[-1]["epoch"] > 0 or (kind and not kind.trains)):
                histories[number, int(seed[1])] = records
    if not histories:
        raise UserError(
            f"compare_to={path}: holds no trained epoch of the splits {json.dumps(list(splits))}."
        )
    name = named[1] if named else folder.name
    return OtherRun(name, kind.criterion if kind else None, histories)
