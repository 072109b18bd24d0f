"""results.json as a page that people read."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = [
    "HEADS",
    "TITLES",
    "number",
    "results_markdown",
    "row_title",
    "span",
    "table",
    "verdict_lines",
    "with_sd",
]

TITLES = {
    "f_max": "F, best user (%)",
    "f_avg": "F, mean over users (%)",
    "precision": "precision (%)",
    "recall": "recall (%)",
    "kendall_tau": "Kendall τ",
    "spearman_rho": "Spearman ρ",
    "representation_error": "representation error (lower is better)",
    "selected_steps": "selected frames (sampled)",
    "selected_shots": "selected shots",
}
_ROWS = {
    "best_of_random": "random, best of as many",
    "uniform": "uniform key frames",
    "k_medoids": "k-medoids",
}
_COLUMNS = ("last", "selected", "best")
HEADS = ("last epoch", "selected without labels", "best epoch ON THE TEST SET (peeking)")


def results_markdown(results: Mapping[str, Any]) -> str:
    """results.md, also fit for a terminal.

    Args:
      results: from `results`; "method", where present, goes into the heading.
    """
    runs, headline = results["runs"], results["headline"]
    seeds = len({run["seed"] for run in runs})
    blocks = [
        f"# {results.get('method', 'Results')} on {results['dataset']}, {results['splits']} split(s), {seeds} seed(s)"
    ]
    if results["notes"]:
        blocks.append("\n\n".join(f"**{note}**" for note in results["notes"]))
    if results["summary"]:
        # Without annotations the headline is the representation error, which has its own table.
        if headline != "representation_error":
            blocks += [f"## {TITLES[headline]}", _by_run(results, headline)]
        if results["comparisons"]:
            blocks += ["## In words", verdict_lines(results)]
        shown = [
            name
            for name in results["summary"]
            if name not in ("representation_error", "selected_steps", "selected_shots")
        ]
        if shown:
            blocks += ["## All measures: mean [95 % interval]", _all_measures(results, shown)]
        if "representation_error" in results["summary"]:
            blocks += [
                f"## {TITLES['representation_error'].capitalize()}",
                _representation(results),
            ]
        blocks.append(_explanation(results))
    return "\n\n".join(blocks) + "\n"


def _by_run(results: Mapping[str, Any], name: str) -> str:
    """One row per split and seed, then mean, sd, interval and the baselines."""
    rows = []
    for run in results["runs"]:
        cells = [
            _at(run[column].get(name), run[column]["epoch"], name)
            for column in ("last", "selected")
        ]
        best = run["best"].get(name, {})
        rows.append(
            [
                f"split {run['split']} seed {run['seed']}",
                *cells,
                _at(best.get("value"), best.get("epoch"), name),
            ]
        )
    summary = [results["summary"][name][column] for column in _COLUMNS]
    rows.append(["**mean**", *(f"**{number(s['mean'], name)}**" for s in summary)])
    rows.append(["sd", *(number(s["sd"], name) for s in summary)])
    rows.append(["95 % interval", *(span(s, name) for s in summary)])
    for row, b in results["baselines"].items():
        # Only what was picked by a look at the test set is to be read against what was picked so.
        peeking = row == "best_of_random"
        rows.append(
            [
                row_title(row, b),
                *["–" if peeking else with_sd(b, name)] * 2,
                with_sd(b, name) if peeking else "–",
            ]
        )
    return table(["", *HEADS], rows)


def verdict_lines(results: Mapping[str, Any]) -> str:
    """A list: what the comparisons allow one to say about the headline measure and about representation."""
    shown = (results["headline"], "representation_error")
    entries = [
        c for name in dict.fromkeys(shown) for c in results["comparisons"] if c["metric"] == name
    ]
    columns = dict(zip(_COLUMNS, HEADS, strict=True))
    return "\n".join(
        f"- {TITLES[c['metric']]}, {columns[c['column']]}: {c['verdict']}" for c in entries
    )


def _all_measures(results: Mapping[str, Any], names: Sequence[str]) -> str:
    rows = []
    for name in names:
        cells = [
            f"{number(s['mean'], name)} {span(s, name)}"
            for s in (results["summary"][name][column] for column in _COLUMNS)
        ]
        rows.append(
            [TITLES[name], *cells, *(with_sd(b, name) for b in results["baselines"].values())]
        )
    return table(
        ["", *HEADS, *(row_title(row, b) for row, b in results["baselines"].items())], rows
    )


def _representation(results: Mapping[str, Any]) -> str:
    """The error beside what it was bought with: a larger selection is always more representative."""
    name, rows = "representation_error", []
    for column, head in zip(_COLUMNS, HEADS, strict=True):
        s = results["summary"][name][column]
        counts = [
            results["summary"].get(count, {}).get(column, {}).get("mean")
            for count in ("selected_steps", "selected_shots")
        ]
        rows.append(
            [
                head,
                f"{number(s['mean'], name)} {span(s, name)}",
                *(number(c, "selected_steps") for c in counts),
            ]
        )
    for row, b in results["baselines"].items():
        if b["mean"].get(name) is not None:
            counts = [b["mean"].get(count) for count in ("selected_steps", "selected_shots")]
            rows.append(
                [
                    row_title(row, b),
                    with_sd(b, name),
                    *(number(c, "selected_steps") for c in counts),
                ]
            )
    return table(
        ["", "error: mean [95 % interval]", "selected frames (sampled)", "selected shots"], rows
    )


def _explanation(results: Mapping[str, Any]) -> str:
    return (
        f"Epochs in brackets. Selected without labels: {results['criterion']}. The best epoch is picked on the very videos "
        "that it is measured on, for every measure by itself: it is no estimate of anything and only there to read published "
        "numbers against, beside the best of as many random draws. Means over the test videos of a split, then over splits and seeds. "
        "95 % interval: bootstrap (expanded percentile) over seeds and over splits, each where there are five or more; with fewer "
        "splits it holds for these splits. p: runs permuted within splits, two-sided, about these videos. ± is the standard "
        "deviation over random draws; `untrained` is epoch 0 of these very runs; `beginning` and `ending` score every frame the same but "
        "the first or last tenth, which gets five times as much: what position alone gives."
    )


def row_title(row: str, baseline: Mapping[str, Any]) -> str:
    """What a baseline is called."""
    return (
        f"{_ROWS.get(row, row)} ({baseline['draws']} draws)"
        if baseline["draws"]
        else _ROWS.get(row, row)
    )


def with_sd(baseline: Mapping[str, Any], name: str) -> str:
    """A baseline's mean of a measure, ± its deviation over draws."""
    sd = (baseline["sd"] or {}).get(name)
    return number(baseline["mean"].get(name), name) + (
        "" if sd is None else f" ± {number(sd, name)}"
    )


def _at(value: float | None, epoch: int | None, name: str) -> str:
    return "–" if value is None else f"{number(value, name)} ({epoch})"


def span(summary: Mapping[str, Any], name: str) -> str:
    """The interval of a measure, "" where there is none."""
    return (
        ""
        if summary["low"] is None
        else f"[{number(summary['low'], name)}, {number(summary['high'], name)}]"
    )


def number(value: float | None, name: str) -> str:
    """A measure's value with its digits."""
    digits = {"kendall_tau": 3, "spearman_rho": 3, "representation_error": 2}.get(name, 1)
    return "–" if value is None else f"{value:.{digits}f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns also line up in a terminal."""
    widths = [max(3, *(len(row[i]) for row in (head, *rows))) for i in range(len(head))]
    lines = [
        [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        for row in (head, *rows)
    ]
    lines.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
