"""The records of a run as a report reads them."""

from collections.abc import Mapping, Sequence
from typing import Any

from tf_dictsum.methods.logs import Criterion
from tf_dictsum.report.runs import Epoch, Run, TrainedSystem
from tf_dictsum.training.epoch_choice import selected_record

__all__ = ["system_of"]

Record = Mapping[str, Any]


def system_of(
    name: str,
    histories: Mapping[tuple[int, int], Sequence[Record]],
    criterion: Criterion | None,
    *,
    supervised: bool = False,
) -> TrainedSystem:
    """The runs of a method.

    Args:
      name: of the method.
      histories: (split, seed) -> its records, one per epoch, epoch 0 before training.
      criterion: how the reported epoch is chosen without labels; None: the last one is reported.
      supervised: whether it was trained on annotations.

    Raises:
      ValueError: no history, or an empty one.
    """
    if not histories or not all(histories.values()):
        raise ValueError("results need at least one record for every split and seed")
    runs = []
    for (split, seed), records in sorted(histories.items()):
        trained = [r for r in records if r["epoch"] > 0] or list(records)
        untrained = next((_epoch(r) for r in records if r["epoch"] == 0), None)
        chosen = selected_record(trained, criterion)["epoch"] if criterion else None
        runs.append(Run(split, seed, tuple(map(_epoch, trained)), chosen, untrained))
    return TrainedSystem(name, tuple(runs), criterion.text if criterion else None, supervised)


def _epoch(record: Record) -> Epoch:
    return Epoch(record["epoch"], record["videos"])
