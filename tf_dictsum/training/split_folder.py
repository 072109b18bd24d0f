"""What the folder of a split must hold to be taken up: whole, undamaged, and of one and the same
run.
"""

import pathlib
from collections.abc import Sequence
from typing import Any

from tf_dictsum.selectors.metadata import SELECTED
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.recorded import read_checked_json, verify

__all__ = ["HISTORY", "SPLIT", "check_split_folder", "read_history", "scores_file"]

HISTORY, SPLIT = "history.json", "split.json"

Record = dict[str, Any]


def scores_file(folder: pathlib.Path, epoch: int) -> pathlib.Path:
    """Where the scores of an epoch lie in a split's folder."""
    return folder / "scores" / f"epoch-{epoch:03d}.json"


def read_history(path: pathlib.Path) -> list[Record]:
    """The records of a split's epochs, from 0 (before training) on.

    Raises:
      UserError: the file is missing or damaged, or does not hold one record for every epoch.
    """
    advice = _advice(path.parent)
    records = read_checked_json(path, advice)
    if not isinstance(records, list):
        raise UserError(f"{path}: a JSON {type(records).__name__}, not a list of epochs. {advice}")
    for epoch, record in enumerate(records):
        if not isinstance(record, dict) or record.get("epoch") != epoch or not _is_record(record):
            raise UserError(f"{path}: its entry {epoch} is no record of epoch {epoch}. {advice}")
    return records


def check_split_folder(folder: pathlib.Path, done: int | None) -> None:
    """Compares a folder with its checkpoint.

    A kill leaves at most the scores and the record of the one epoch behind the checkpoint.

    Args:
      folder: of a split and seed.
      done: epochs that its checkpoint has finished; None without one.

    Raises:
      UserError: a file is missing, damaged, or of another state of the run; says which, and what to
        do.
    """
    advice = _advice(folder)
    history = folder / HISTORY
    if done is None and not history.exists():
        return  # not begun, or in pretraining
    if not history.exists():
        raise UserError(f"{history}: is gone, but {done} epochs are trained. {advice}")
    records = read_history(history)
    if done is None:
        if len(records) > 2:
            raise UserError(
                f"{folder / 'checkpoints'}: is gone, but {HISTORY} has {len(records) - 1} "
                f"epochs. {advice}"
            )
        return
    if not done < len(records) <= done + 2:
        raise UserError(
            f"{history}: has {len(records)} records, but the checkpoint beside it is of epoch "
            f"{done}. {advice}"
        )
    needed = [scores_file(folder, epoch) for epoch in range(done + 1)]
    for path in [*needed, *([folder / SELECTED] if done else [])]:
        if not path.exists():
            raise UserError(f"{path}: is gone, but {done} epochs are trained. {advice}")
        verify(path, advice)


def _is_record(record: Record) -> bool:
    losses, videos, mean = (record.get(name) for name in ("losses", "videos", "mean"))
    if not isinstance(losses, dict) or not isinstance(videos, dict) or not isinstance(mean, dict):
        return False
    measures: Sequence[Any] = [losses, mean, *videos.values()]
    return all(
        isinstance(values, dict) and all(_is_number(value) for value in values.values())
        for values in measures
    )


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _advice(folder: pathlib.Path) -> str:
    return f"Bring back a copy, or delete {folder} to train this split anew."
