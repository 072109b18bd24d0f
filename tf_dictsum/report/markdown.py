"""A report as a page."""

from collections.abc import Sequence

from tf_dictsum.baselines.columns import NOTES
from tf_dictsum.metrics.protocols import PROTOCOLS
from tf_dictsum.report.report import Report, SystemResult, numbers
from tf_dictsum.report.rows import (
    HEADINGS,
    blocks,
    cell,
    headings,
    protocol_sentence,
    remarks,
    table_rows,
    verdicts,
    warnings,
)
from tf_dictsum.report.users import user_tables

__all__ = ["as_markdown", "markdown_table"]


def as_markdown(report: Report) -> str:
    """Tables of all rows, of every video and of every person, and what each number means."""
    rows = table_rows(report)
    parts = [f"# Evaluation on {report.dataset.name}", f"{protocol_sentence(report)}."]
    parts += [f"**{note}**" for note in warnings(report)]
    for title, names in blocks(report, rows):
        body = [
            [row.title, *(cell(row, n) for n in names)]
            for row in rows
            if any(row.values.get(n) is not None for n in names)
        ]
        parts += [f"## {title}", markdown_table(["", *headings(names)], body)]
    if verdicts(report):
        parts += [
            "## Against random scores",
            "\n".join(f"- {sentence}" for sentence in verdicts(report)),
            _PAIRED,
        ]
    if remarks(report):
        parts += ["## Remarks", "\n".join(f"- {sentence}" for sentence in remarks(report))]
    for system in report.systems:
        parts += [
            f"## {system.name}: every video",
            _videos(report, system),
            *_people(report, system),
        ]
    used = [
        PROTOCOLS[name]
        for name in report.settings.protocols
        if any(m in _measured(report) for m in PROTOCOLS[name].measures)
    ]
    notes = [f"**{p.title}.** {p.note}" for p in used] + (
        [_POR] if "por_f_avg" in _measured(report) else []
    )
    parts += ["## What the numbers mean", "\n".join(f"- {note}" for note in notes)]
    parts += [
        "## What the rows mean",
        "\n".join(f"- **{name.replace('_', ' ')}**: {NOTES[name]}." for name in report.baselines),
    ]
    return "\n\n".join(parts) + "\n"


_POR = (
    "**PoR** (Performance over Random, Apostolidis et al., ACM MM 2020): 100 F / F of random scores per frame, split by split. 100 is "
    "chance; it makes splits of different difficulty comparable, and says nothing about the spread of chance."
)
_PAIRED = (
    "Paired over videos against the mean of the random draws (per pick): two-sided sign-flip permutation test, 95 % bootstrap interval. "
    "A system tried in several versions needs a stricter threshold than 0.05."
)


def markdown_table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A Markdown table, first column left, the others right; also lines up in a terminal."""
    widths = [max(3, *(len(row[i]) for row in (head, *body))) for i in range(len(head))]
    lines = [
        [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        for row in (head, *body)
    ]
    lines.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _measured(report: Report) -> set[str]:
    return {
        name
        for row in table_rows(report)
        for name, value in row.values.items()
        if value is not None
    }


def _videos(report: Report, system: SystemResult) -> str:
    shown = [
        name
        for name in report.names
        if name in HEADINGS and system.epochs[-1].mean.get(name) is not None
    ]
    head = ["video", *(["split"] if report.with_splits else []), *headings(tuple(shown))]
    body = []
    for fold, results in zip(report.folds, system.epochs[-1].folds, strict=True):
        for key, result in results.items():
            values = numbers(result)
            cells = [
                "-" if (value := values[name]) is None else f"{value:.{HEADINGS[name][1]}f}"
                for name in shown
            ]
            body.append([key, *([str(fold.number)] if report.with_splits else []), *cells])
    return markdown_table(head, body)


def _people(report: Report, system: SystemResult) -> list[str]:
    parts = []
    tables = user_tables(report, system)
    for name, title, digits in (
        ("f", "F of every user", 1),
        ("kendall_tau", "Kendall tau with every annotator", 3),
    ):
        rows = [
            (table.key, table.split, getattr(table, name))
            for table in tables
            if getattr(table, name)
        ]
        people = max((len(values) for _, _, values in rows), default=0)
        if rows:
            head = [
                "video",
                *(["split"] if report.with_splits else []),
                *(str(n) for n in range(1, people + 1)),
            ]
            body = [
                [
                    key,
                    *([str(split)] if report.with_splits else []),
                    *(f"{v:.{digits}f}" for v in values),
                    *[""] * (people - len(values)),
                ]
                for key, split, values in rows
            ]
            parts += [f"## {system.name}: {title}", markdown_table(head, body)]
    return parts
