"""The records of a split's epochs."""

import pathlib
from typing import Any

from tf_dictsum.training.split_folder import read_history
from tf_dictsum.util.recorded import write_recorded_json

__all__ = ["History"]

Record = dict[str, Any]


class History:
    """The records of a split's epochs, in history.json; epoch 0 is before training.

    Args:
      path: the file.
      epochs: records of later epochs are dropped (they came after the checkpoint that is resumed).

    Raises:
      UserError: the file is damaged.
    """

    def __init__(self, path: pathlib.Path, epochs: int):
        self.path = path
        self.records: list[Record] = (
            [r for r in read_history(path) if r["epoch"] <= epochs] if path.exists() else []
        )

    @property
    def trained(self) -> list[Record]:
        """The records of epochs after training began."""
        return [record for record in self.records if record["epoch"] > 0]

    def add(self, record: Record) -> None:
        """Appends and writes, atomically."""
        self.records.append(record)
        write_recorded_json(self.path, self.records)
