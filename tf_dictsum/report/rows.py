"""The tables and sentences of a report, whatever they are printed as."""

import dataclasses

from tf_dictsum.baselines.columns import baseline_title
from tf_dictsum.baselines.table import LOWER_IS_BETTER
from tf_dictsum.metrics.averages import Measures
from tf_dictsum.metrics.verdicts import verdict
from tf_dictsum.report.measures import BLOCKS, LABELS, with_sd
from tf_dictsum.report.notes import dataset_notes
from tf_dictsum.report.report import Report

__all__ = [
    "Row",
    "measured_names",
    "protocol_sentence",
    "remarks",
    "report_tables",
    "table_rows",
    "verdicts",
    "warnings",
]

Table = tuple[list[str], list[list[str]]]
"""Headings, the first one the title of the table, and lines."""


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes:
      title: what it is.
      values: measure -> value.
      sd: measure -> standard deviation over draws.
    """

    title: str
    values: Measures
    sd: Measures | None = None

    def cell(self, name: str) -> str:
        """A value as text, with ± its deviation."""
        return with_sd(self.values.get(name), (self.sd or {}).get(name), name)


def table_rows(report: Report) -> list[Row]:
    """Systems first, as they were given, then the baselines."""
    rows = []
    for system in report.systems:
        last = system.epochs[-1]
        title = system.name if last.epoch is None else f"{system.name}, last epoch ({last.epoch})"
        rows.append(Row(title, {**last.mean, **system.relative}))
        if system.best is not None:
            title = f"{system.name}, best of {len(system.epochs)} on test (PEEKING)"
            rows.append(Row(title, system.best))
    best_of = f"{report.best_of} on test (PEEKING)"
    for name, baseline in report.baselines.items():
        title = baseline_title(name, baseline, best_of)
        rows.append(Row(title, {**baseline.mean, **report.relative[name]}, baseline.sd))
    return rows


def report_tables(report: Report) -> list[Table]:
    """The rows in parts: the measures that some row has, the rows that have some of them."""
    rows, tables = table_rows(report), []
    for title, measures in BLOCKS.items():
        names = [n for n in measures if any(row.values.get(n) is not None for row in rows)]
        body = [
            [row.title, *(row.cell(name) for name in names)]
            for row in rows
            if any(row.values.get(name) is not None for name in names)
        ]
        if names:
            tables.append(([title, *(LABELS[name].short for name in names)], body))
    return tables


def measured_names(report: Report) -> set[str]:
    """The measures that some row has."""
    rows = table_rows(report)
    return {name for row in rows for name, value in row.values.items() if value is not None}


def protocol_sentence(report: Report) -> str:
    """How the numbers came about."""
    settings, count = report.settings, len(report.videos)
    over = (
        f"the test videos of each split, then over the splits ({len(report.folds)}; {count} videos)"
        if report.with_splits
        else f"{count} videos"
    )

    def measured(name: str) -> bool:
        return any(row.mean.get(name) is not None for row in report.baselines.values())

    parts = [f"{settings.selection} over shot means, budget int(frames * {settings.budget_ratio})"]
    if measured("f_max"):
        parts.append(
            "F max = best user, F avg = mean over users; precision and recall are means over users"
        )
    if measured("kendall_tau"):
        parts.append("tau-b and rho are means over annotators at the sampled frames")
    return "; ".join([*parts, f"mean over {over}"])


def warnings(report: Report) -> list[str]:
    """What a reader must know before the numbers."""
    return dataset_notes(report.dataset)


def verdicts(report: Report) -> list[str]:
    """One sentence per system and measure: is it more than chance on these videos?"""
    names = {
        "kendall_tau": "Kendall tau",
        "representation_error": "representation error",
        "f_max": "F max",
        "f_avg": "F avg",
    }
    return [
        f"{names[name]}: "
        + verdict(test, system.name, "random", lower_is_better=name in LOWER_IS_BETTER)
        for system in report.systems
        for name, test in system.against_random.items()
    ]


def remarks(report: Report) -> list[str]:
    """What was counted, left out or odd."""
    sentences = []
    for system in report.systems:
        results = [
            (key, result) for fold in system.epochs[-1].folds for key, result in fold.items()
        ]
        undefined = sum(result.undefined for _, result in results)
        empty = list(dict.fromkeys(key for key, result in results if not result.selected_shots))
        if undefined:
            sentences.append(
                f"{system.name}: rank correlation undefined (constant values) for {undefined} "
                "pairs of video and annotator, counted as 0."
            )
        if empty:
            sentences.append(
                f"{system.name}: EMPTY summary for {_list(empty)} (no shot fits the budget, or no "
                "score is above 0): F counts as 0, representation is left out."
            )
    epochs = max((len(system.epochs) for system in report.systems), default=1)
    if 1 < report.best_of < epochs and not report.settings.best_of:
        sentences.append(
            f"random, best of {report.best_of}: fewer looks than the {epochs} epochs have; "
            f"random_draws={epochs} gives as many."
        )
    if report.empty_users:
        users = sum(map(len, report.empty_users.values()))
        some = "1 user summary keeps" if users == 1 else f"{users} user summaries keep"
        it = "it" if users == 1 else "them"
        sentences.append(
            f"{some} no frame (in {_list(list(report.empty_users))}), so every F against {it} is 0."
        )
    if report.too_long:
        shots = sum(n for n, _ in report.too_long.values())
        some = "1 shot is" if shots == 1 else f"{shots} shots are"
        sentences.append(
            f"{some} longer than the budget and can never be selected "
            f"(in {_list(list(report.too_long))})."
        )
    return sentences


def _list(keys: list[str]) -> str:
    return ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
