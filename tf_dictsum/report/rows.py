"""The rows and columns of a table, whatever it is printed as."""

import dataclasses
from collections.abc import Mapping

from tf_dictsum.metrics.statistics import verdict
from tf_dictsum.report.report import Report

__all__ = [
    "BLOCKS",
    "DEMO_NOTE",
    "HEADINGS",
    "STANDIN_NOTE",
    "Row",
    "blocks",
    "cell",
    "headings",
    "protocol_sentence",
    "remarks",
    "table_rows",
    "verdicts",
    "warnings",
]

STANDIN_NOTE = "The features are stand-ins taken from unrelated footage: numbers measured on them say nothing about any method."
DEMO_NOTE = "The demo set is generated: it shows that everything runs; its numbers are not results on videos."

Measures = Mapping[str, float | None]

HEADINGS = {
    "f_max": ("F max", 2),
    "f_avg": ("F avg", 2),
    "precision": ("precision", 2),
    "recall": ("recall", 2),
    "f_single": ("F single", 2),
    "por_f_max": ("PoR max", 1),
    "por_f_avg": ("PoR avg", 1),
    "kendall_tau": ("tau", 3),
    "spearman_rho": ("rho", 3),
    "tau_summe_b": ("tau B", 3),
    "rho_summe_b": ("rho B", 3),
    "tau_summe_c": ("tau C", 3),
    "rho_summe_c": ("rho C", 3),
    "representation_error": ("repr. error", 2),
    "representation_error_vs_random": ("/random", 3),
    "representation_error_vs_greedy": ("/greedy", 3),
    "reconstruction_residual": ("residual", 3),
    "reconstruction_residual_vs_random": ("/random", 3),
    "reconstruction_residual_vs_greedy": ("/greedy", 3),
    "dispersion": ("dispersion", 2),
    "dispersion_vs_random": ("/random", 3),
    "dispersion_vs_greedy": ("/greedy", 3),
    "selected_steps": ("frames", 1),
    "selected_shots": ("shots", 1),
    "summary_percent": ("% of video", 1),
}
"""Measure -> heading and digits."""

BLOCKS = (
    (
        "Agreement with people (F in percent)",
        ("f_max", "f_avg", "precision", "recall", "f_single", "por_f_max", "por_f_avg"),
    ),
    (
        "Rank correlation with people",
        ("kendall_tau", "spearman_rho", "tau_summe_b", "rho_summe_b", "tau_summe_c", "rho_summe_c"),
    ),
    (
        "Representation without labels (features only)",
        (
            "representation_error",
            "representation_error_vs_random",
            "representation_error_vs_greedy",
            "reconstruction_residual",
            "reconstruction_residual_vs_random",
            "reconstruction_residual_vs_greedy",
            "dispersion",
            "dispersion_vs_random",
            "dispersion_vs_greedy",
        ),
    ),
    ("Size of the summaries", ("selected_steps", "selected_shots", "summary_percent")),
)
"""Titles of the parts of a table, and their measures."""

_TITLES = {
    "random_per_frame": "random per frame",
    "uniform": "uniform key frames",
    "k_medoids": "k-medoids",
    "greedy": "greedy shots",
    "human": "human (leave one out)",
    "oracle": "oracle (gtscore)",
}


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes:
      title: what it is.
      values: measure -> value.
      sd: measure -> standard deviation over draws.
      is_system: whether it is a system's and not a baseline's.
    """

    title: str
    values: Measures
    sd: Measures | None = None
    is_system: bool = False


def table_rows(report: Report) -> list[Row]:
    """Systems first, as they were given, then the baselines."""
    rows = []
    for system in report.systems:
        last = system.epochs[-1]
        title = system.name if last.epoch is None else f"{system.name}, last epoch ({last.epoch})"
        rows.append(Row(title, {**last.mean, **system.relative}, is_system=True))
        if system.best is not None:
            rows.append(
                Row(
                    f"{system.name}, best of {len(system.epochs)} on test (PEEKING)",
                    system.best,
                    is_system=True,
                )
            )
    for name, baseline in report.baselines.items():
        title = _TITLES.get(name, name)
        if name == "best_of_random":
            title = f"random, best of {report.best_of} on test (PEEKING)"
        elif baseline.draws:
            title = f"{title} ({baseline.draws} draws)"
        rows.append(Row(title, {**baseline.mean, **report.relative[name]}, baseline.sd))
    return rows


def blocks(report: Report, rows: list[Row]) -> list[tuple[str, tuple[str, ...]]]:
    """The parts of the table with the measures that some row has."""
    found = [
        (title, tuple(n for n in names if any(row.values.get(n) is not None for row in rows)))
        for title, names in BLOCKS
    ]
    return [(title, names) for title, names in found if names]


def headings(names: tuple[str, ...]) -> list[str]:
    """Column headings of the measures."""
    return [HEADINGS[name][0] for name in names]


def cell(row: Row, name: str) -> str:
    """A value as text, with ± its deviation; "-" where there is none."""
    value = row.values.get(name)
    if value is None:
        return "-"
    digits = HEADINGS[name][1]
    sd = (row.sd or {}).get(name)
    return f"{value:.{digits}f}" + ("" if sd is None else f" ±{sd:.{digits}f}")


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

    parts = [f"{settings.rule} over shot means, budget int(frames * {settings.ratio})"]
    if measured("f_max"):
        parts.append(
            "F max = best user, F avg = mean over users; precision and recall are means over users"
        )
    if measured("kendall_tau"):
        parts.append("tau-b and rho are means over annotators at the sampled frames")
    return "; ".join([*parts, f"mean over {over}"])


def warnings(report: Report) -> list[str]:
    """What a reader must know before the numbers."""
    notes = []
    if report.dataset.attributes.get("features_are_standin"):
        notes.append(STANDIN_NOTE)
    if report.dataset.source == "demo":
        notes.append(DEMO_NOTE)
    return notes


def verdicts(report: Report) -> list[str]:
    """One sentence per system and measure: is it more than chance on these videos?"""
    names = {
        "kendall_tau": "Kendall tau",
        "representation_error": "representation error",
        "f_max": "F max",
        "f_avg": "F avg",
    }
    return [
        f"{names[name]}: {verdict(test, system.name, 'random', lower_is_better=name == 'representation_error')}"
        for system in report.systems
        for name, test in system.against_random.items()
    ]


def remarks(report: Report) -> list[str]:
    """What was counted, left out or odd."""
    found = []
    for system in report.systems:
        results = [
            (key, result) for fold in system.epochs[-1].folds for key, result in fold.items()
        ]
        undefined = sum(result.undefined for _, result in results)
        empty = list(dict.fromkeys(key for key, result in results if not result.selected_shots))
        if undefined:
            found.append(
                f"{system.name}: rank correlation undefined (constant values) for {undefined} pairs of video and annotator, counted as 0."
            )
        if empty:
            found.append(
                f"{system.name}: EMPTY summary for {_list(empty)} (no shot fits the budget, or no score is above 0): F counts as 0, "
                "representation is left out."
            )
    epochs = max((len(system.epochs) for system in report.systems), default=1)
    if 1 < report.best_of < epochs and not report.settings.best_of:
        found.append(
            f"random, best of {report.best_of}: fewer looks than the {epochs} epochs have; --random_draws={epochs} gives as many."
        )
    if report.empty_users:
        users = sum(map(len, report.empty_users.values()))
        some = "1 user summary keeps" if users == 1 else f"{users} user summaries keep"
        it = "it" if users == 1 else "them"
        found.append(
            f"{some} no frame (in {_list(list(report.empty_users))}), so every F against {it} is 0."
        )
    if report.longest:
        shots = sum(n for n, _ in report.longest.values())
        some = "1 shot is" if shots == 1 else f"{shots} shots are"
        found.append(
            f"{some} longer than the budget and can never be selected (in {_list(list(report.longest))})."
        )
    return found


def _list(keys: list[str]) -> str:
    return ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
