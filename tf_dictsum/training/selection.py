"""Which epoch is reported without having looked at a label or a test video.

The lowest L_recon + L_sparsity + λ L_dict on the training videos: the one number that falls for all that the selector is
trained for, so that an epoch in which one term is bought with another does not win, nor one in which training came apart
(the last epoch is no protection against either). Measured against nine other rules that read training losses only (each loss
alone, smoothed, first epoch near the minimum, largest deviation of the scores, half way, last): docs/study.md.
"""

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
