"""A report in a notebook."""

import html
from collections.abc import Sequence

from tf_dictsum.report.report import Report
from tf_dictsum.report.rows import protocol_sentence, remarks, report_tables, verdicts, warnings

__all__ = ["as_html"]


def as_html(report: Report) -> str:
    """The tables of a report, then what must be known to read them."""
    title = f"{report.dataset.name}: {protocol_sentence(report)}."
    parts = [_element("p", title), *(_element("p", note, "strong") for note in warnings(report))]
    parts += [_table(head, body) for head, body in report_tables(report)]
    sentences = [*verdicts(report), *remarks(report)]
    if sentences:
        parts.append(f"<ul>{''.join(_element('li', sentence) for sentence in sentences)}</ul>")
    return "\n".join(parts)


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    rows = [f"<tr>{''.join(_element('th', cell) for cell in head)}</tr>"]
    rows += [
        f"<tr>{_element('th', row[0])}{''.join(_element('td', cell) for cell in row[1:])}</tr>"
        for row in body
    ]
    return f"<table>{''.join(rows)}</table>"


def _element(name: str, text: str, inner: str = "") -> str:
    content = f"<{inner}>{html.escape(text)}</{inner}>" if inner else html.escape(text)
    return f"<{name}>{content}</{name}>"
