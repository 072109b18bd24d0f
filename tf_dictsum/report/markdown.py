"""A report as a page."""

from tf_dictsum.baselines.columns import NOTES
from tf_dictsum.metrics.protocols import PROTOCOLS
from tf_dictsum.report.measures import LABELS, number
from tf_dictsum.report.report import Report, SystemResult
from tf_dictsum.report.rows import (
    measured_names,
    protocol_sentence,
    remarks,
    report_tables,
    verdicts,
    warnings,
)
from tf_dictsum.report.tables import markdown_table
from tf_dictsum.report.users import user_tables

__all__ = ["as_markdown"]

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
    parts = [f"# Evaluation on {report.dataset.name}", f"{protocol_sentence(report)}."]
    parts += [f"**{note}**" for note in warnings(report)]
    for head, body in report_tables(report):
        parts += [f"## {head[0]}", markdown_table(["", *head[1:]], body)]
    if sentences := verdicts(report):
        parts += ["## Against random scores", _list(sentences), _PAIRED]
    if sentences := remarks(report):
        parts += ["## Remarks", _list(sentences)]
    for system in report.systems:
        parts += [f"## {system.name}: every video", _videos(report, system)]
        parts += _people(report, system)
    measured = measured_names(report)
    protocols = [PROTOCOLS[name] for name in report.settings.protocols]
    notes = [f"**{p.title}.** {p.note}" for p in protocols if measured & set(p.measures)]
    parts += ["## What the numbers mean", _list(notes + [_POR] * ("por_f_avg" in measured))]
    rows = [f"**{name.replace('_', ' ')}**: {NOTES[name]}." for name in report.baselines]
    parts += ["## What the rows mean", _list(rows)]
    return "\n\n".join(parts) + "\n"


def _list(sentences: list[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _videos(report: Report, system: SystemResult) -> str:
    last = system.epochs[-1]
    names = [name for name in report.names if last.mean.get(name) is not None]
    body = []
    for fold, results in zip(report.folds, last.folds, strict=True):
        for key, result in results.items():
            values = result.numbers()
            cells = [number(values[name], name) for name in names]
            body.append([key, *_split(report, fold.number), *cells])
    return markdown_table([*_first(report), *(LABELS[name].short for name in names)], body)


def _people(report: Report, system: SystemResult) -> list[str]:
    tables = user_tables(report, system)
    f = [(table.key, table.split, table.f) for table in tables]
    tau = [(table.key, table.split, table.kendall_tau) for table in tables]
    parts = []
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
            parts += [f"## {system.name}: {title}", markdown_table(head, body)]
    return parts


def _first(report: Report) -> list[str]:
    return ["video", *(["split"] if report.with_splits else [])]


def _split(report: Report, number: int | None) -> list[str]:
    return [str(number)] if report.with_splits else []
