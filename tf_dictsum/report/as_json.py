"""A report as JSON that other programs read, and a comparison of files reads back."""

import dataclasses

from tf_dictsum.report.report import Report, SystemResult
from tf_dictsum.report.rows import protocol_sentence, remarks, verdicts, warnings
from tf_dictsum.report.users import user_tables

__all__ = ["as_json"]

Json = dict[str, object]


def as_json(report: Report) -> Json:
    """The report as plain values.

    {"dataset", "protocol", "headline", "settings", "videos", "mean", "baselines", "systems", ...}.
    "videos" and "mean" are the first system's last epoch, so that one system's file needs no
    knowledge of the rest; "systems" has all systems with every epoch and person. A video that
    several splits test has the mean of its numbers in "videos" and each split's own in "splits". F,
    precision, recall, PoR and summary_percent in percent; None where a number cannot be computed.
    """
    systems = [_system(report, system) for system in report.systems]
    notes = {"note": " ".join(warnings(report))} if warnings(report) else {}
    first: Json = {"videos": {}, "mean": {}}
    if systems:
        first = {"system": systems[0]["name"]} | {k: systems[0][k] for k in ("videos", "mean")}
    baselines = {
        name: {
            "mean": {**row.mean, **report.relative[name]},
            "sd": row.sd,
            "draws": row.draws,
            "videos": row.videos,
        }
        for name, row in report.baselines.items()
    }
    return {
        "dataset": report.dataset.name,
        "protocol": protocol_sentence(report),
        **notes,
        "headline": report.headline,
        "settings": report.settings.to_json() | {"best_of": report.best_of},
        **first,
        "baselines": baselines,
        "systems": systems,
        "verdicts": verdicts(report),
        "remarks": remarks(report),
    }


def _system(report: Report, system: SystemResult) -> Json:
    last = system.epochs[-1]
    tables = {(table.split, table.key): table for table in user_tables(report, system)}
    people = {place: table.to_json() for place, table in tables.items()}
    means = last.videos()
    videos: dict[str, Json] = {}
    for key in report.videos:
        tests = [
            (fold.number, results[key])
            for fold, results in zip(report.folds, last.folds, strict=True)
            if key in results
        ]
        split, first = tests[0]
        if all(result == first for _, result in tests):
            videos[key] = dataclasses.asdict(first) | {"people": people[split, key]}
        else:
            of_one_split = {"selected_shots": None, "people": None}
            videos[key] = dataclasses.asdict(first) | means[key] | of_one_split
    result: Json = {
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
                    key: result.numbers() | {"people": people[fold.number, key]}
                    for key, result in results.items()
                },
            }
            for fold, results in zip(report.folds, last.folds, strict=True)
        ]
    if len(system.epochs) > 1:
        result["epochs"] = [{"epoch": epoch.epoch, "mean": epoch.mean} for epoch in system.epochs]
        result["best_on_test_peeking"] = {"epochs": list(system.best_epochs), "mean": system.best}
    return result
