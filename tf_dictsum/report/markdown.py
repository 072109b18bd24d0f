"""A report as a page: in a file with every video and person, in a notebook without."""

from tf_dictsum.baselines.columns import NOTES
from tf_dictsum.metrics.protocols import PROTOCOLS
from tf_dictsum.report.measures import LABELS, number
from tf_dictsum.report.page import Block, Bullets, Heading, Page, Paragraph, Table
from tf_dictsum.report.report import Report, SystemResult
from tf_dictsum.report.rows import (
    measured_names,
    protocol_sentence,
    remarks,
    report_tables,
    verdicts,
    warnings,
)
from tf_dictsum.report.users import user_tables

__all__ = ["as_html", "as_markdown"]

_POR = (
    "**PoR** (Performance over Random, Apostolidis et al., ACM MM 2020): 100 F / F of random "
    "scores "
    "per frame, split by split. 100 is chance; it makes splits of different difficulty comparable, "
    "and says nothing about the spread of chance."
)
_PAIRED = (
    "Paired over videos against the mean of the random draws (per pick): two-sided sign-flip "
    "permutation test, 95 % bootstrap interval. A system tried in several versions needs a "
    "stricter "
    "threshold than 0.05."
)


def as_markdown(report: Report) -> str:
    """Tables of all rows, of every video and of every person, and what each number means."""
    blocks = [Heading(f"Evaluation on {report.dataset.name}", 1), *_rows(report)]
    for system in report.systems:
        blocks += [Heading(f"{system.name}: every video"), _videos(report, system)]
        blocks += _people(report, system)
    measured = measured_names(report)
    protocols = [PROTOCOLS[name] for name in report.settings.protocols]
    notes = [f"**{p.title}.** {p.note}" for p in protocols if measured & set(p.measures)]
    blocks += [
        Heading("What the numbers mean"),
        Bullets(notes + [_POR] * ("por_f_avg" in measured)),
    ]
    rows = [f"**{name.replace('_', ' ')}**: {NOTES[name]}." for name in report.baselines]
    blocks += [Heading("What the rows mean"), Bullets(rows)]
    return Page(blocks).to_markdown()


def as_html(report: Report) -> str:
    """Tables of all rows and what must be known to read them."""
    return Page(_rows(report)).to_html()


def _rows(report: Report) -> list[Block]:
    blocks: list[Block] = [Paragraph(f"{report.dataset.name}: {protocol_sentence(report)}.")]
    blocks += [Paragraph(f"**{note}**") for note in warnings(report)]
    for head, body in report_tables(report):
        blocks += [Heading(head[0]), Table(["", *head[1:]], body)]
    if sentences := verdicts(report):
        blocks += [Heading("Against random scores"), Bullets(sentences), Paragraph(_PAIRED)]
    if sentences := remarks(report):
        blocks += [Heading("Remarks"), Bullets(sentences)]
    return blocks


def _videos(report: Report, system: SystemResult) -> Table:
    last = system.epochs[-1]
    names = [name for name in report.names if last.mean.get(name) is not None]
    body = []
    for fold, results in zip(report.folds, last.folds, strict=True):
        for key, result in results.items():
            values = result.numbers()
            cells = [number(values[name], name) for name in names]
            body.append([key, *_split(report, fold.number), *cells])
    return Table([*_first(report), *(LABELS[name].short for name in names)], body)


def _people(report: Report, system: SystemResult) -> list[Block]:
    tables = user_tables(report, system)
    f = [(table.key, table.split, table.f) for table in tables]
    tau = [(table.key, table.split, table.kendall_tau) for table in tables]
    blocks: list[Block] = []
    for rows, title, digits in (
        (f, "F of every user", 1),
        (tau, "Kendall tau with every annotator", 3),
    ):
        people = max(len(values) for _, _, values in rows)
        body = [
            [
                key,
                *_split(report, split),
                *(f"{value:.{digits}f}" for value in values),
                *[""] * (people - len(values)),
            ]
            for key, split, values in rows
            if values
        ]
        if body:
            head = [*_first(report), *(str(n) for n in range(1, people + 1))]
            blocks += [Heading(f"{system.name}: {title}"), Table(head, body)]
    return blocks


def _first(report: Report) -> list[str]:
    return ["video", *(["split"] if report.with_splits else [])]


def _split(report: Report, number: int | None) -> list[str]:
    return [str(number)] if report.with_splits else []
