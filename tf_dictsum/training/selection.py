"""Which epoch is reported without having looked at a label or a test video."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["CRITERION", "selected_record"]

CRITERION = "the trained epoch with the lowest mean `selector_total` loss on the training videos (no labels, no test videos)"


def selected_record(trained: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The record chosen by `CRITERION` among those of trained epochs; the last one where no loss was recorded."""
    rated = [r for r in trained if _finite(r["losses"].get("selector_total"))]
    return min(rated, key=lambda r: r["losses"]["selector_total"]) if rated else trained[-1]


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
