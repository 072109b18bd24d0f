"""Systems side by side, paired video by video."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tf_dictsum.baselines.table import LOWER_IS_BETTER
from tf_dictsum.metrics.statistics import Comparison, paired_test, verdict
from tf_dictsum.report.as_json import as_json
from tf_dictsum.report.measures import LABELS
from tf_dictsum.report.report import Report
from tf_dictsum.report.tables import columns, markdown_table
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json, write_json, write_text

__all__ = ["Pair", "compare_files", "pair"]

_CONTRACT = ("dataset", "protocol", "videos", "mean", "baselines")


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two systems on the videos that both were evaluated on.

    Attributes:
      a, b: names.
      videos: keys.
      measures: measure -> a against b, paired by video; only measures that both have on every video.
      headline: the measure that comes first for the dataset.
    """

    a: str
    b: str
    videos: tuple[str, ...]
    measures: dict[str, Comparison]
    headline: str


def compare_files(
    files: Sequence[str],
    evaluate: Callable[[Sequence[str]], Report],
    json: str = "",
    markdown: str = "",
) -> str:
    """Compares the first system with each of the others.

    Args:
      files: at least two: results written by --json (of one or more systems), or scores.
      evaluate: measures the scores files among them.
      json: where to write the comparison, "" for nowhere.
      markdown: the same as a page.

    Returns:
      Tables for the terminal.

    Raises:
      UserError: a file that is neither, results of different datasets or protocols, or no video in common.
    """
    found = [(path, result) for path in files for result in _systems(_load(path, evaluate))]
    paths, results = [path for path, _ in found], [result for _, result in found]
    names = _names(paths, results)
    first = results[0]
    for path, result in found[1:]:
        for what in ("dataset", "protocol"):
            mine, other = (
                str(r[what]).split(";")[0] for r in (first, result)
            )  # before what is common to all protocols
            if mine != other:
                raise UserError(
                    f"{files[0]} and {path}: different {what}s ({mine!r} and {other!r}); evaluate both in the same way."
                )
    pairs = [
        pair(names[0], first, name, result)
        for name, result in zip(names[1:], results[1:], strict=True)
    ]
    if json:
        write_json(
            json,
            {
                "dataset": first["dataset"],
                "protocol": first["protocol"],
                "pairs": [dataclasses.asdict(p) for p in pairs],
            },
        )
    if markdown:
        write_text(
            markdown,
            "\n\n".join([f"# Comparison on {first['dataset']}", *(_as_markdown(p) for p in pairs)])
            + "\n",
        )
    return "\n\n".join(
        [
            f"{first['dataset']}: {first['protocol'].split('; mean over')[0]}.",
            *(_as_text(p) for p in pairs),
        ]
    )


def pair(name_a: str, a: Mapping[str, Any], name_b: str, b: Mapping[str, Any]) -> Pair:
    """Pairs two evaluation results (as `as_json` makes them) by video.

    Raises:
      UserError: no video in common.
    """
    shared = tuple(key for key in a["videos"] if key in b["videos"])
    if not shared:
        raise UserError(
            f"{name_a} and {name_b} have no video in common; evaluate both on the same videos."
        )
    headline = a.get("headline", "f_max")
    order = sorted(LABELS, key=lambda name: name != headline)
    measures = {}
    for name in order:
        values = [[result["videos"][key].get(name) for key in shared] for result in (a, b)]
        if not any(
            isinstance(value, bool) or not isinstance(value, int | float)
            for row in values
            for value in row
        ):
            measures[name] = paired_test(*values)
    return Pair(name_a, name_b, shared, measures, headline)


def _load(path: str, evaluate: Callable[[Sequence[str]], Report]) -> dict[str, Any]:
    found = read_json(path) if path.endswith(".json") else None
    if isinstance(found, dict) and "protocol" in found:
        missing = [key for key in _CONTRACT if key not in found]
        if missing or not isinstance(found["videos"], dict):
            raise UserError(
                f"{path}: an evaluation without {', '.join(missing) or 'a table of videos'}. Write it anew by --json."
            )
        return found
    return as_json(evaluate([path]))


def _systems(result: dict[str, Any]) -> list[dict[str, Any]]:
    """One result for every system of a file."""
    systems = result.get("systems") or []
    if len(systems) < 2:
        return [result]
    return [
        {**result, "system": system["name"], "videos": system["videos"], "mean": system["mean"]}
        for system in systems
    ]


def _names(paths: Sequence[str], results: Sequence[Mapping[str, Any]]) -> list[str]:
    names = [str(result.get("system") or path) for path, result in zip(paths, results, strict=True)]
    longer = [
        f"{path}: {name}" if paths.count(path) > 1 else path
        for name, path in zip(names, paths, strict=True)
    ]
    return [
        name if names.count(name) == 1 else other for name, other in zip(names, longer, strict=True)
    ]


def _body(pair: Pair) -> list[list[str]]:
    body = []
    for name, test in pair.measures.items():
        digits = LABELS[name].digits
        d = test.difference
        interval = "-" if d.low is None else f"[{d.low:+.{digits}f}, {d.high:+.{digits}f}]"
        body.append(
            [
                LABELS[name].short,
                f"{test.a:.{digits}f}",
                f"{test.b:.{digits}f}",
                f"{d.mean:+.{digits}f}",
                interval,
                f"{test.p:.2g}",
            ]
        )
    return body


def _head(pair: Pair) -> list[str]:
    return [f"{len(pair.videos)} videos", pair.a, pair.b, "difference", "95 % interval", "p"]


def _verdicts(pair: Pair) -> list[str]:
    names = dict.fromkeys((pair.headline, "kendall_tau", "representation_error"))
    return [
        f"{LABELS[name].short}: {verdict(pair.measures[name], pair.a, pair.b, lower_is_better=name in LOWER_IS_BETTER)}"
        for name in names
        if name in pair.measures
    ]


_NOTE = (
    "Means over the videos that both have, each video once (where splits share videos, these means differ from those over splits); "
    "difference, interval (bootstrap) and p (sign-flip permutation test) are paired by video. "
    "Many measures are tested at once: decide on one before looking."
)


def _as_text(pair: Pair) -> str:
    return "\n".join([*columns(_head(pair), _body(pair)), "", *_verdicts(pair), _NOTE])


def _as_markdown(pair: Pair) -> str:
    table = markdown_table(_head(pair), _body(pair))
    return "\n\n".join(
        [
            f"## {pair.a} against {pair.b}",
            table,
            "\n".join(f"- {line}" for line in _verdicts(pair)),
            _NOTE,
        ]
    )
