"""One table of a sweep."""

from collections.abc import Mapping, Sequence
from typing import Any

from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.files import read_json
from tf_dictsum.sweeps.grid import Job, Variant
from tf_dictsum.training.results import baseline_rows, results

__all__ = ["summarize", "sweep_markdown"]


def summarize(
    variants: Sequence[Variant],
    jobs: Sequence[Job],
    total: int,
    dataset: Dataset,
    splits: Mapping[int, Split],
    reference: str,
    failed: Mapping[str, str],
) -> dict[str, Any]:
    """What sweep.json holds."""
    baselines = baseline_rows(dataset, list(splits.values()))
    found: dict[str, Any] = {}
    for variant in variants:
        histories = {(job.split, job.seed): read_json(job.history) for job in jobs if job.variant == variant.name}
        if histories:
            found[variant.name] = results(histories, dataset, list(splits.values()), baselines)
    first = next(iter(found.values()))
    return {
        "dataset": dataset.name,
        "headline": first["headline"],
        "variants": found,
        "failed": dict(failed),
        "total": total,
        "done": len(jobs),
    }


def sweep_markdown(found: Mapping[str, Any]) -> str:
    return "\n".join(f"{k} {v['summary'].get(found['headline'])}" for k, v in found["variants"].items())
