"""Another run to be compared with."""

import json
import pathlib
import re
from collections.abc import Mapping
from typing import Any

from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.training.run_directory import split_identity
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json

__all__ = ["read_other_run"]


def read_other_run(
    path: str, splits: Mapping[int, Split], dataset: Dataset
) -> tuple[str, dict[tuple[int, int], list[dict[str, Any]]]]:
    """The method of a run directory, and (split, seed) -> the records of its epochs, for these splits.

    Raises:
      UserError: not a run directory, or none of its splits was made of these videos.
    """
    folder = pathlib.Path(path)
    try:
        flags = (folder / "config.flags").read_text(encoding="utf-8")
    except OSError:
        raise UserError(
            f"--compare_to={path}: not a run directory (it has no config.flags). Name one of tf_dictsum.train."
        ) from None
    method = re.search(r"^--method=(\w+)$", flags, re.MULTILINE)
    histories = {}
    for number, split in splits.items():
        for run in sorted(folder.glob(f"split{number}-seed*")):
            seed = re.fullmatch(rf"split{number}-seed(\d+)", run.name)
            if seed is None or not (run / "history.json").exists():
                continue
            if read_json(run / "split.json") != split_identity(split, dataset):
                raise UserError(
                    f"--compare_to={path}: {run.name} was trained on other videos than split {number} of this run has. "
                    "Compare runs of the same --dataset and --splits (or --folds and --fold_seed)."
                )
            records = read_json(run / "history.json")
            if records and records[-1]["epoch"] > 0:
                histories[number, int(seed[1])] = records
    if not histories:
        raise UserError(
            f"--compare_to={path}: holds no trained epoch of the splits {json.dumps(list(splits))}."
        )
    return method[1] if method else folder.name, histories
