"""Which epoch is reported without having looked at a label or a test video."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tf_dictsum.methods.logs import Criterion

__all__ = ["selected_record"]


def selected_record(
    trained: Sequence[Mapping[str, Any]], criterion: Criterion | None
) -> Mapping[str, Any]:
    """The record that `criterion` chooses among those of trained epochs: the earliest with the
    lowest log.

    Without a criterion, or where its log was never recorded as a finite number, the last one.
    """
    if criterion is None:
        return trained[-1]
    rated = [r for r in trained if _finite(r["losses"].get(criterion.log))]
    return min(rated, key=lambda r: r["losses"][criterion.log]) if rated else trained[-1]


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
