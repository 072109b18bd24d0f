"""Results of training as a page that people read."""

from collections.abc import Iterable, Sequence

from tf_dictsum.baselines.columns import baseline_title
from tf_dictsum.baselines.table import Baseline
from tf_dictsum.metrics.evaluation import COUNTS
from tf_dictsum.metrics.statistics import Interval
from tf_dictsum.report.measures import LABELS, number, with_sd
from tf_dictsum.report.page import Block, Bullets, Heading, Page, Paragraph, Table
from tf_dictsum.report.run_results import NO_CRITERION, RunReport, SystemSummary
from tf_dictsum.report.runs import COLUMNS, Epoch

__all__ = ["criterion_sentence", "results_page", "systems_table", "verdict_sentences"]

_BEST = "best epoch ON THE TEST SET (peeking)"


def results_page(report: RunReport) -> Page:
    """The first system of a report."""
    summary = report.systems[0]
    seeds = len({run.seed for run in summary.system.runs})
    title = f"{summary.system.title} on {report.dataset}"
    blocks: list[Block] = [Heading(f"{title}, {report.splits} split(s), {seeds} seed(s)", 1)]
    blocks += [Paragraph(f"**{note}**") for note in report.notes]
    if summary.measures:
        blocks += _blocks(report, summary)
    return Page(blocks)


def _blocks(report: RunReport, summary: SystemSummary) -> list[Block]:
    blocks: list[Block] = []
    # Without annotations the headline is the representation error, which has its own table.
    if report.headline != "representation_error":
        blocks += [Heading(LABELS[report.headline].title), _by_run(report, summary)]
    if summary.comparisons:
        blocks += [Heading("In words"), Bullets(verdict_sentences(report, summary))]
    names = [n for n in summary.measures if n not in ("representation_error", *COUNTS)]
    if names:
        blocks.append(Heading("All measures: mean [95 % interval]"))
        blocks.append(_all_measures(report, summary, names))
    if "representation_error" in summary.measures:
        # Beside what it was bought with: a larger selection is always more representative.
        blocks.append(Heading(LABELS["representation_error"].title.capitalize()))
        blocks.append(_all_measures(report, summary, ("representation_error", *COUNTS)))
    blocks.append(Paragraph(_explanation(summary)))
    return blocks


def _heads(summaries: Iterable[SystemSummary]) -> list[str]:
    """Titles of the three readings; the second says so where no system has a criterion."""
    chosen = any(summary.system.criterion is not None for summary in summaries)
    return ["last epoch", "selected without labels" if chosen else NO_CRITERION, _BEST]


def _by_run(report: RunReport, summary: SystemSummary) -> Table:
    """One row per split and seed, then mean, sd, interval and the baselines."""
    name = report.headline
    body = []
    for run in summary.system.runs:
        epochs = (run.last, run.selected, run.best(name))
        cells = [_at(epoch, name) for epoch in epochs]
        body.append([f"split {run.split} seed {run.seed}", *cells])
    intervals = [summary.measures[name][column] for column in COLUMNS]
    body.append(["**mean**", *(f"**{_number(_mean(i), name)}**" for i in intervals)])
    body.append(["sd", *(_number(None if i is None else i.sd, name) for i in intervals)])
    body.append(["95 % interval", *(_span(i, name) for i in intervals)])
    for title, row in report.rows().items():
        body.append([baseline_title(title, row, "as many"), *_beside(title, row, name)])
    return Table(["", *_heads([summary])], body)


def _all_measures(report: RunReport, summary: SystemSummary, names: Sequence[str]) -> Table:
    """The three readings, then the baselines; one column per measure."""
    body = []
    for column, head in zip(COLUMNS, _heads([summary]), strict=True):
        body.append([head, *(_mean_and_span(summary, column, name) for name in names)])
    for title, row in report.rows().items():
        if any(row.mean.get(name) is not None for name in names):
            body.append(
                [baseline_title(title, row, "as many"), *(_with_sd(row, name) for name in names)]
            )
    return Table(["", *(LABELS[name].title for name in names)], body)


def systems_table(report: RunReport, name: str, reference: str = "") -> Table:
    """One measure of all systems and of the baselines, with the size of the summaries.

    Args:
      report: the systems.
      name: of the measure.
      reference: system whose p-values have a column; "": none.
    """
    tested = ("random", *([reference] if reference else []))
    body = []
    for summary in report.systems:
        intervals = [summary.measures.get(name, {}).get(column) for column in COLUMNS]
        if intervals[0] is None:
            continue
        p = {
            c.against: f"{c.test.p:.2g}"
            for c in summary.comparisons
            if c.metric == name and c.column == "selected"
        }
        body.append(
            [
                summary.system.title,
                str(intervals[0].values),
                *(_mean_and_span(summary, column, name) for column in COLUMNS),
                *(p.get(other, "–") for other in tested),
                *(_number(summary.mean("selected", count), count) for count in COUNTS),
            ]
        )
    for title, row in report.baselines.items():
        if row.mean.get(name) is not None:
            counts = [_number(row.mean.get(count), count) for count in COUNTS]
            cells = ["", *_beside(title, row, name), *["–"] * len(tested), *counts]
            body.append([baseline_title(title, row, "as many"), *cells])
    head = ["", "runs", *_heads(report.systems), *(f"p against {other}" for other in tested)]
    return Table([*head, *(LABELS[count].title for count in COUNTS)], body)


def verdict_sentences(report: RunReport, summary: SystemSummary) -> list[str]:
    """What may be said about the headline measure and about representation."""
    heads = dict(zip(COLUMNS, _heads([summary]), strict=True))
    return [
        f"{LABELS[name].title}, {heads[c.column]}: {c.verdict}"
        for name in dict.fromkeys((report.headline, "representation_error"))
        for c in summary.comparisons
        if c.metric == name
    ]


def criterion_sentence(summaries: Sequence[SystemSummary]) -> str:
    """How the epoch of the label-free column was chosen; by system where they differ."""
    criteria = dict.fromkeys(summary.criterion for summary in summaries)
    if len(criteria) == 1:
        return f"Selected without labels: {next(iter(criteria))}."
    parts = [
        f"{criterion} ({', '.join(s.system.name for s in summaries if s.criterion == criterion)})"
        for criterion in criteria
    ]
    return f"Selected without labels: {'; '.join(parts)}."


def _explanation(summary: SystemSummary) -> str:
    supervised = (
        " The method is supervised: it was trained on annotations of the training videos."
        if summary.system.supervised
        else ""
    )
    return (
        f"Epochs in brackets. {criterion_sentence([summary])} The best epoch is picked on the very "
        "videos that it is measured on, for every measure by itself: it is no estimate of anything "
        "and only there to read published numbers against, beside the best of as many random "
        "draws. "
        "Means over the test videos of a split, then over splits and seeds. 95 % interval: "
        "bootstrap "
        "(expanded percentile) over seeds and over splits, each where there are five or more; with "
        "fewer splits it holds for these splits. p: runs permuted within splits, two-sided, about "
        "these videos. ± is the standard deviation over random draws; `untrained` is epoch 0 of "
        "these very runs; `beginning` and `ending` score every frame the same but the first or "
        "last "
        "tenth, which gets five times as much, and `middle` falls linearly from the middle to both "
        f"ends: what position alone gives.{supervised}"
    )


def _beside(name: str, row: Baseline, measure: str) -> list[str]:
    """A baseline under the three readings.

    Only what was picked by a look at the test set is to be read against what was picked so.
    """
    text = _with_sd(row, measure)
    return ["–", "–", text] if name == "best_of_random" else [text, text, "–"]


def _with_sd(row: Baseline, name: str) -> str:
    return with_sd(row.mean.get(name), (row.sd or {}).get(name), name, coarse=True)


def _mean_and_span(summary: SystemSummary, column: str, name: str) -> str:
    interval = summary.measures.get(name, {}).get(column)
    return f"{_number(_mean(interval), name)} {_span(interval, name)}".strip()


def _at(epoch: Epoch | None, name: str) -> str:
    """A measure and, in brackets, the epoch."""
    value = None if epoch is None else epoch.mean(name)
    return "–" if epoch is None or value is None else f"{_number(value, name)} ({epoch.number})"


def _mean(interval: Interval | None) -> float | None:
    return None if interval is None else interval.mean


def _span(interval: Interval | None, name: str) -> str:
    """The interval of a measure, "" where there is none."""
    if interval is None or interval.low is None:
        return ""
    return f"[{_number(interval.low, name)}, {_number(interval.high, name)}]"


def _number(value: float | None, name: str) -> str:
    return number(value, name, coarse=True)
