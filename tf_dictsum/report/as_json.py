"""A report as JSON that other programs read, and `--compare` reads back."""

import dataclasses
from typing import Any

from tf_dictsum.report.report import Report, SystemResult, numbers
from tf_dictsum.report.rows import protocol_sentence, remarks, verdicts, warnings
from tf_dictsum.report.users import user_tables

__all__ = ["as_json"]


def as_json(report: Report) -> dict[str, Any]:
    """{"dataset", "protocol", "headline", "settings", "videos", "mean", "baselines", "systems", ...}.

    "videos" and "mean" are the first system's last epoch, so that one system's file needs no knowledge of the rest; "systems"
    has all systems with every epoch and person. A video that several splits test has the mean of its numbers in "videos" and each
    split's own in "splits". F, precision, recall, PoR and summary_percent in percent; None where a number cannot be computed.
    """
    settings = dataclasses.asdict(report.settings) | {"best_of": report.best_of}
    result: dict[str, Any] = {"dataset": report.dataset.name, "protocol": protocol_sentence(report)}
    if warnings(report):
        result["note"] = " ".join(warnings(report))
    result |= {"headline": report.headline, "settings": settings}
    if report.systems:
        first = _system(report, report.systems[0])
        result |= {
            "system": report.systems[0].name,
            "videos": first["videos"],
            "mean": first["mean"],
        }
    else:
        result |= {"videos": {}, "mean": {}}
    result["baselines"] = {
        name: {
            "mean": {**row.mean, **report.relative[name]},
            "sd": row.sd,
            "draws": row.draws,
            "videos": row.videos,
        }
        for name, row in report.baselines.items()
    }
    result["systems"] = [_system(report, system) for system in report.systems]
    result["verdicts"], result["remarks"] = verdicts(report), remarks(report)
    return result


def _system(report: Report, system: SystemResult) -> dict[str, Any]:
    last = system.epochs[-1]
    people: dict[tuple[int | None, str], dict[str, Any]] = {}
    for table in user_tables(report, system):
        entry = {
            name: list(value)
            for name, value in dataclasses.asdict(table).items()
            if isinstance(value, tuple) and value
        }
        people[table.split, table.key] = entry
    means = last.videos()
    videos: dict[str, Any] = {}
    for key in report.videos:
        tests = [
            (fold.number, results[key])
            for fold, results in zip(report.folds, last.folds, strict=True)
            if key in results
        ]
        first = dataclasses.asdict(tests[0][1])
        same = all(test == tests[0][1] for _, test in tests)
        videos[key] = first if same else first | means[key] | {"selected_shots": None}
        videos[key]["people"] = people[tests[0][0], key] if same else None
    result: dict[str, Any] = {
        "name": system.name,
        "epoch": last.epoch,
        "videos": videos,
        "mean": {**last.mean, **system.relative},
        "against_random": {
            name: dataclasses.asdict(test) for name, test in system.against_random.items()
        },
    }
    if report.with_splits:
        result["splits"] = [
            {
                "split": fold.number,
                "videos": {
                    key: numbers(r) | {"people": people[fold.number, key]}
                    for key, r in results.items()
                },
            }
            for fold, results in zip(report.folds, last.folds, strict=True)
        ]
    if len(system.epochs) > 1:
        result["epochs"] = [{"epoch": epoch.epoch, "mean": epoch.mean} for epoch in system.epochs]
        result["best_on_test_peeking"] = {"epochs": list(system.best_epochs), "mean": system.best}
    return result
