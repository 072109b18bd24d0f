"""A report for the terminal."""

from tf_dictsum.metrics.protocols import PROTOCOLS, measures_of
from tf_dictsum.report.report import Report
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

__all__ = ["as_text", "columns"]

_NOTHING = "The dataset has neither annotations nor features: there is nothing to measure but the size of the summaries."


def as_text(report: Report, *, per_user: bool = False) -> str:
    """The tables of a report, then what must be known to read them.

    Args:
      report: the report.
      per_user: also F of every user for every video.
    """
    rows = table_rows(report)
    lines = [f"{report.dataset.name}: {protocol_sentence(report)}."]
    lines += [f"NOTE: {note}" for note in warnings(report)]
    for title, names in blocks(report, rows):
        body = [
            [row.title, *(cell(row, name) for name in names)]
            for row in rows
            if any(row.values.get(n) is not None for n in names)
        ]
        lines += ["", *columns([title, *headings(names)], body)]
    if not any(
        report.baselines["constant"].mean.get(name) is not None for name in measures_of(PROTOCOLS)
    ):
        lines += ["", _NOTHING]
    if per_user:
        for system in report.systems:
            lines += ["", *_user_table(report, system.name)]
    if report.baselines["constant"].mean.get(report.headline) is not None:
        lines += ["", f"Headline figure for {report.dataset.name}: {HEADINGS[report.headline][0]}."]
    lines += (
        [
            "",
            "Against random scores, paired over videos:",
            *(f"  {sentence}" for sentence in verdicts(report)),
        ]
        if verdicts(report)
        else []
    )
    lines += ["", *remarks(report)] if remarks(report) else []
    return "\n".join(lines)


def columns(head: list[str], body: list[list[str]]) -> list[str]:
    """Lines of a table: the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in (head, *body)) for i in range(len(head))]
    return [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        ).rstrip()
        for row in (head, *body)
    ]


def _user_table(report: Report, name: str) -> list[str]:
    system = next(s for s in report.systems if s.name == name)
    tables = user_tables(report, system)
    users = max((len(table.f) for table in tables if table.f), default=0)
    body = [
        [
            f"{table.key}" + ("" if table.split is None else f" (split {table.split})"),
            *(f"{f:.1f}" for f in table.f),
            *[""] * (users - len(table.f)),
        ]
        for table in tables
        if table.f
    ]
    return (
        columns([f"{name}: F of every user", *(str(n) for n in range(1, users + 1))], body)
        if body
        else [f"{name}: no user summaries."]
    )
