"""Systems side by side, paired video by video."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from tf_dictsum.baselines.table import LOWER_IS_BETTER
from tf_dictsum.metrics.statistics import Comparison, paired_test
from tf_dictsum.metrics.verdicts import verdict
from tf_dictsum.report.evaluation_files import Evaluated, read_evaluation
from tf_dictsum.report.measures import LABELS, number
from tf_dictsum.report.page import Block, Bullets, Heading, Page, Paragraph, Table
from tf_dictsum.report.report import Report
from tf_dictsum.report.tables import columns
from tf_dictsum.util.errors import UserError

__all__ = ["Pair", "SystemComparison", "compare_files", "compare_systems", "pair"]

_NOTE = (
    "Means over the videos that both have, each video once (where splits share videos, these means "
    "differ from those over splits); difference, interval (bootstrap) and p (sign-flip permutation "
    "test) are paired by video. Many measures are tested at once: decide on one before looking."
)


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two systems on the videos that both were evaluated on.

    Attributes:
      a, b: names.
      videos: keys.
      measures: measure -> a against b, paired by video; only measures that both have on every
        video.
      headline: the measure that comes first for the dataset.
    """

    a: str
    b: str
    videos: tuple[str, ...]
    measures: dict[str, Comparison]
    headline: str

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Headings and lines."""
        head = [f"{len(self.videos)} videos", self.a, self.b, "difference", "95 % interval", "p"]
        return head, [_line(name, test) for name, test in self.measures.items()]

    def verdicts(self) -> list[str]:
        """What may be said, as sentences."""
        return [
            f"{LABELS[name].short}: "
            + verdict(test, self.a, self.b, lower_is_better=name in LOWER_IS_BETTER)
            for name in dict.fromkeys((self.headline, "kendall_tau", "representation_error"))
            if (test := self.measures.get(name)) is not None
        ]


@dataclasses.dataclass(frozen=True)
class SystemComparison:
    """One system against each of the others.

    Attributes:
      dataset: name of the dataset of all.
      protocol: how all were measured.
      pairs: the first system and each of the others.
    """

    dataset: str
    protocol: str
    pairs: tuple[Pair, ...]

    def to_dict(self) -> dict[str, object]:
        """{"dataset", "protocol", "pairs"}."""
        return dataclasses.asdict(self)

    def to_text(self) -> str:
        """Tables for a terminal."""
        parts = [f"{self.dataset}: {self.protocol.split('; mean over')[0]}."]
        for one in self.pairs:
            parts.append("\n".join([*columns(*one.table()), "", *one.verdicts(), _NOTE]))
        return "\n\n".join(parts)

    def to_markdown(self) -> str:
        """The same as a page."""
        return self._page().to_markdown()

    def _repr_html_(self) -> str:
        """The same in a notebook."""
        return self._page().to_html()

    def _page(self) -> Page:
        blocks: list[Block] = [Heading(f"Comparison on {self.dataset}", 1)]
        for one in self.pairs:
            blocks += [Heading(f"{one.a} against {one.b}"), Table(*one.table())]
            blocks += [Bullets(one.verdicts()), Paragraph(_NOTE)]
        return Page(blocks)


def compare_files(
    files: Sequence[str], evaluate: Callable[[Sequence[str]], Report]
) -> SystemComparison:
    """Compares the first system with each of the others.

    Args:
      files: at least two: evaluations as JSON (of one or more systems), or scores.
      evaluate: measures the scores files among them.

    Raises:
      UserError: a file that is neither; else as `compare_systems`.
    """
    return compare_systems([one for path in files for one in read_evaluation(path, evaluate)])


def compare_systems(systems: Sequence[Evaluated]) -> SystemComparison:
    """Compares the first of at least two systems with each of the others.

    Raises:
      UserError: results of different datasets or protocols, or no video in common.
    """
    first, names = systems[0], _names(systems)
    for other in systems[1:]:
        for what, ours, theirs in (
            ("datasets", first.dataset, other.dataset),
            ("protocols", first.selection, other.selection),
        ):
            if ours != theirs:
                raise UserError(
                    f"{first.source} and {other.source}: different {what} ({ours!r} and "
                    f"{theirs!r}); evaluate both in the same way."
                )
    a, *others = (
        dataclasses.replace(one, name=name) for one, name in zip(systems, names, strict=True)
    )
    return SystemComparison(first.dataset, first.protocol, tuple(pair(a, b) for b in others))


def pair(a: Evaluated, b: Evaluated) -> Pair:
    """Pairs two systems by video.

    Raises:
      UserError: no video in common.
    """
    shared = tuple(key for key in a.videos if key in b.videos)
    if not shared:
        raise UserError(
            f"{a.name} and {b.name} have no video in common; evaluate both on the same videos."
        )
    measures = {}
    for name in sorted(LABELS, key=lambda name: name != a.headline):
        ours, theirs = (_numbers([one.videos[key] for key in shared], name) for one in (a, b))
        if ours is not None and theirs is not None:
            measures[name] = paired_test(ours, theirs)
    return Pair(a.name, b.name, shared, measures, a.headline)


def _numbers(videos: Sequence[Mapping[str, object]], name: str) -> list[float] | None:
    """A measure of every video; None where some video lacks it."""
    values = [
        value
        for video in videos
        if isinstance(value := video.get(name), int | float) and not isinstance(value, bool)
    ]
    return values if len(values) == len(videos) else None


def _names(systems: Sequence[Evaluated]) -> list[str]:
    """Names, and files where several systems have one name."""
    names, sources = [one.name for one in systems], [one.source for one in systems]
    return [
        one.name
        if names.count(one.name) == 1
        else f"{one.source}: {one.name}"
        if sources.count(one.source) > 1
        else one.source
        for one in systems
    ]


def _line(name: str, test: Comparison) -> list[str]:
    digits, difference = LABELS[name].digits, test.difference
    return [
        LABELS[name].short,
        number(test.a, name),
        number(test.b, name),
        f"{difference.mean:+.{digits}f}",
        "–"
        if difference.low is None
        else f"[{difference.low:+.{digits}f}, {difference.high:+.{digits}f}]",
        f"{test.p:.2g}",
    ]
