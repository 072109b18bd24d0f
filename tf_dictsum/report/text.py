"""A report for the terminal."""

from tf_dictsum.metrics.protocols import PROTOCOLS, measures_of
from tf_dictsum.report.measures import LABELS
from tf_dictsum.report.report import Report, SystemResult
from tf_dictsum.report.rows import protocol_sentence, remarks, report_tables, verdicts, warnings
from tf_dictsum.report.tables import columns
from tf_dictsum.report.users import user_tables

__all__ = ["as_text"]

_NOTHING = (
    "The dataset has neither annotations nor features: "
    "there is nothing to measure but the size of the summaries."
)


def as_text(report: Report, *, per_user: bool = False) -> str:
    """The tables of a report, then what must be known to read them.

    Args:
      report: the report.
      per_user: also F of every user for every video.
    """
    constant, headline = report.baselines["constant"].mean, report.headline
    lines = [f"{report.dataset.name}: {protocol_sentence(report)}."]
    lines += [f"NOTE: {note}" for note in warnings(report)]
    for head, body in report_tables(report):
        lines += ["", *columns(head, body)]
    if not any(constant.get(name) is not None for name in measures_of(PROTOCOLS)):
        lines += ["", _NOTHING]
    if per_user:
        for system in report.systems:
            lines += ["", *_user_table(report, system)]
    if constant.get(headline) is not None:
        lines += ["", f"Headline figure for {report.dataset.name}: {LABELS[headline].short}."]
    if sentences := verdicts(report):
        lines += ["", "Against random scores, paired over videos:"]
        lines += [f"  {sentence}" for sentence in sentences]
    if sentences := remarks(report):
        lines += ["", *sentences]
    return "\n".join(lines)


def _user_table(report: Report, system: SystemResult) -> list[str]:
    tables = [table for table in user_tables(report, system) if table.f]
    if not tables:
        return [f"{system.name}: no user summaries."]
    users = max(len(table.f) for table in tables)
    body = [
        [
            table.key if table.split is None else f"{table.key} (split {table.split})",
            *(f"{f:.1f}" for f in table.f),
            *[""] * (users - len(table.f)),
        ]
        for table in tables
    ]
    head = [f"{system.name}: F of every user", *(str(n) for n in range(1, users + 1))]
    return columns(head, body)
