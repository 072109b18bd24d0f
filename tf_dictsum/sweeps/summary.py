"""One table of a sweep."""

import dataclasses
from collections.abc import Mapping, Sequence

from tf_dictsum.baselines.rows import baselines_of
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.methods.registry import METHODS
from tf_dictsum.report.measures import LABELS
from tf_dictsum.report.page import Block, Bullets, Heading, Page, Paragraph
from tf_dictsum.report.run_page import criterion_sentence, systems_table, verdict_sentences
from tf_dictsum.report.run_results import RunReport, run_report
from tf_dictsum.sweeps.grid import Job, Variant
from tf_dictsum.training.histories import system_of
from tf_dictsum.training.split_folder import read_history

__all__ = ["SweepReport", "summarize"]


@dataclasses.dataclass(frozen=True, eq=False)
class SweepReport:
    """The variants of a sweep side by side.

    Attributes:
      report: a system per variant that has finished jobs, and the baselines.
      reference: variant that the others are tested against; "": none.
      done: finished jobs.
      total: jobs of the sweep.
      failed: job name -> error.
    """

    report: RunReport
    reference: str
    done: int
    total: int
    failed: Mapping[str, str]

    def to_dict(self) -> dict[str, object]:
        """What sweep.json holds.

        {"dataset", "headline", "reference", "jobs": {"done", "total"}, "failed", "splits", "notes",
        "criterion", "baselines", "variants": {name: {"seeds", "runs", "summary", "comparisons",
        "criterion", "supervised"}}}; entries as in results.json.
        """
        summaries = {summary.system.name: summary for summary in self.report.systems}
        return {
            **self.report.shared_json(),
            "criterion": "; ".join(dict.fromkeys(s.criterion for s in summaries.values())),
            "reference": self.reference,
            "jobs": {"done": self.done, "total": self.total},
            "failed": dict(self.failed),
            "baselines": {name: row.to_json() for name, row in self.report.baselines.items()},
            "variants": {
                name: {
                    "seeds": sorted({run.seed or 0 for run in summary.system.runs}),
                    **summary.to_json(),
                }
                for name, summary in summaries.items()
            },
        }

    def to_markdown(self) -> str:
        """sweep.md, also fit for a terminal."""
        return self._page().to_markdown()

    def _repr_html_(self) -> str:
        """The same in a notebook."""
        return self._page().to_html()

    def _page(self) -> Page:
        report = self.report
        title = (
            f"Sweep on {report.dataset}: {len(report.systems)} variants, "
            f"{report.splits} split(s), {self.done} of {self.total} jobs done"
        )
        blocks: list[Block] = [Heading(title, 1)]
        blocks += [Paragraph(f"**{note}**") for note in report.notes]
        if self.failed:
            blocks.append(Paragraph("**Failed** (the same command runs them again):"))
            blocks.append(Bullets([f"{job}: {error}" for job, error in self.failed.items()]))
        names = {summary.system.name for summary in report.systems}
        reference = self.reference if self.reference in names else ""
        for metric in dict.fromkeys((report.headline, "representation_error", "kendall_tau")):
            if any(metric in summary.measures for summary in report.systems):
                table = systems_table(report, metric, reference)
                blocks += [Heading(LABELS[metric].title), table]
        sentences = [s for summary in report.systems for s in verdict_sentences(report, summary)]
        if sentences:
            blocks += [Heading("In words"), Bullets(sentences)]
        explanation = (
            "Means over the test videos of a split, then over splits and seeds, with 95 % "
            "bootstrap intervals over seeds and splits (expanded percentile; an axis of fewer than "
            f"five is averaged over). {criterion_sentence(report.systems)} Best epoch: picked on "
            "the test set, no estimate of anything. Seeds that lack a split are left out. p "
            "against random "
            "and against the reference: runs permuted within splits."
        )
        return Page([*blocks, Paragraph(explanation)])


def summarize(
    variants: Sequence[Variant],
    done: Sequence[Job],
    total: int,
    dataset: Dataset,
    splits: Mapping[int, Split],
    reference: str,
    failed: Mapping[str, str],
) -> SweepReport:
    """Reads the histories of finished jobs.

    Args:
      variants: the rows.
      done: finished jobs, at least one.
      total: number of jobs of the sweep.
      dataset: what they were trained on.
      splits: number -> split.
      reference: variant that the others are tested against, where it has finished jobs; "": none.
      failed: job name -> error.
    """
    epochs = max(variant.config.epochs for variant in variants)
    systems = []
    for variant in variants:
        jobs = [job for job in done if job.variant == variant.name]
        if jobs:
            histories = {(job.split, job.seed): read_history(job.history) for job in jobs}
            kind = METHODS[variant.config.method.method]
            system = system_of(
                variant.name, histories, kind.criterion, supervised=kind.supervised()
            )
            systems.append(system)
    others = [system for system in systems if system.name == reference]
    baselines = baselines_of(dataset, splits, epochs)
    report = run_report(systems, dataset, splits, baselines, others)
    return SweepReport(report, reference, len(done), total, failed)
