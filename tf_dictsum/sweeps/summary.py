"""One table of a sweep."""

from collections.abc import Mapping, Sequence
from typing import Any

from tf_dictsum.baselines.rows import baselines_of
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.evaluation import COUNTS
from tf_dictsum.report.run_results import results
from tf_dictsum.report.run_table import (
    HEADS,
    TITLES,
    number,
    row_title,
    span,
    table,
    verdict_lines,
    with_sd,
)
from tf_dictsum.sweeps.grid import Job, Variant
from tf_dictsum.util.files import read_json

__all__ = ["summarize", "sweep_markdown"]


def summarize(
    variants: Sequence[Variant],
    done: Sequence[Job],
    total: int,
    dataset: Dataset,
    splits: Mapping[int, Split],
    reference: str,
    failed: Mapping[str, str],
) -> dict[str, Any]:
    """What sweep.json holds.

    Args:
      variants: the rows.
      done: finished jobs, at least one.
      total: number of jobs of the sweep.
      dataset: what they were trained on.
      splits: number -> split.
      reference: variant that the others are tested against, where it has finished jobs; "": none.
      failed: job name -> error.

    Returns:
      {"dataset", "headline", "reference", "jobs": {"done", "total"}, "failed", "splits", "notes", "criterion", "baselines",
      "variants": {name: {"seeds", "runs", "summary", "comparisons"}}}; entries as in results.json.
    """
    epochs = max(variant.config.epochs for variant in variants)
    baselines = baselines_of(dataset, splits, epochs)
    histories = {
        v.name: {(j.split, j.seed): read_json(j.history) for j in done if j.variant == v.name}
        for v in variants
    }
    other = {reference: histories[reference]} if histories.get(reference) else {}
    found: dict[str, Any] = {}
    last: dict[str, Any] = {}
    for variant in variants:
        if histories[variant.name]:
            others = {} if variant.name == reference else other
            last = results(
                histories[variant.name], dataset, splits, baselines, variant.name, others
            )
            seeds = sorted({run["seed"] for run in last["runs"]})
            found[variant.name] = {
                "seeds": seeds,
                **{key: last[key] for key in ("runs", "summary", "comparisons")},
            }
    shared = {key: last[key] for key in ("dataset", "headline", "notes", "criterion", "splits")}
    rows = {
        name: row for name, row in last["baselines"].items() if name != "untrained"
    }  # that one is the last variant's
    jobs = {"done": len(done), "total": total}
    return {
        **shared,
        "reference": reference,
        "jobs": jobs,
        "failed": dict(failed),
        "baselines": rows,
        "variants": found,
    }


def sweep_markdown(found: Mapping[str, Any]) -> str:
    """sweep.md, also fit for a terminal."""
    jobs, names = found["jobs"], list(found["variants"])
    blocks = [
        f"# Sweep on {found['dataset']}: {len(names)} variants, {found['splits']} split(s), {jobs['done']} of {jobs['total']} jobs done"
    ]
    if found["notes"]:
        blocks.append("\n\n".join(f"**{note}**" for note in found["notes"]))
    if found["failed"]:
        blocks.append(
            "\n".join(
                [
                    "**Failed** (the same command runs them again):",
                    *(f"- {j}: {e}" for j, e in found["failed"].items()),
                ]
            )
        )
    metrics = [
        m
        for m in dict.fromkeys((found["headline"], "representation_error", "kendall_tau"))
        if any(_has(found, n, m) for n in names)
    ]
    for metric in metrics:
        blocks += [f"## {TITLES[metric]}", _table(found, metric)]
    lines = [
        line
        for name in names
        if (line := verdict_lines({**found["variants"][name], "headline": found["headline"]}))
    ]
    if lines:
        blocks += ["## In words", "\n".join(lines)]
    blocks.append(
        f"Means over the test videos of a split, then over splits and seeds, with 95 % bootstrap intervals over seeds and splits "
        f"(expanded percentile; an axis of fewer than five is averaged over). Selected without labels: {found['criterion']}. Best epoch: "
        "picked on the test set, no estimate of anything. Seeds that lack a split are left out. "
        "p against random and against the reference: runs permuted within splits."
    )
    return "\n\n".join(blocks) + "\n"


def _has(found: Mapping[str, Any], name: str, metric: str) -> bool:
    return metric in found["variants"][name]["summary"]


def _table(found: Mapping[str, Any], metric: str) -> str:
    reference = found["reference"] if found["reference"] in found["variants"] else ""
    head = [
        "",
        "runs",
        *HEADS,
        "p against random",
        *([f"p against {reference}"] if reference else []),
    ]
    rows = []
    for name, variant in found["variants"].items():
        summary = variant["summary"].get(metric)
        if summary is None:
            continue
        cells = [
            f"{number(summary[c]['mean'], metric)} {span(summary[c], metric)}".strip()
            for c in ("last", "selected", "best")
        ]
        tests = {
            c["against"]: c["p"]
            for c in variant["comparisons"]
            if c["metric"] == metric and c["column"] == "selected"
        }
        ps = [
            f"{tests[other]:.2g}" if other in tests else "–"
            for other in ("random", *([reference] if reference else []))
        ]
        rows.append([name, str(summary["last"]["runs"]), *cells, *ps, *_counts(variant["summary"])])
    for name, row in found["baselines"].items():
        if row["mean"].get(metric) is not None:
            peeking = name == "best_of_random"
            cells = (
                ["–", "–", with_sd(row, metric)] if peeking else [with_sd(row, metric)] * 2 + ["–"]
            )
            counts = ["–" if peeking else number(row["mean"].get(count), count) for count in COUNTS]
            rows.append(
                [row_title(name, row), "", *cells, *["–"] * (2 if reference else 1), *counts]
            )
    return table([*head, *(TITLES[count] for count in COUNTS)], rows)


def _counts(summary: Mapping[str, Any]) -> list[str]:
    """Of the selected epoch."""
    return [
        number(summary[count]["selected"]["mean"], count) if count in summary else "–"
        for count in COUNTS
    ]
