"""Evaluations read back from the JSON that `as_json` makes."""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

from tf_dictsum.report.as_json import as_json
from tf_dictsum.report.report import Report
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json

__all__ = ["Evaluated", "evaluated_systems", "read_evaluation"]

_LARGEST = 1e12  # of a measure; percents, correlations and distances of features are far below
_CONTRACT = ("dataset", "protocol", "videos", "mean", "baselines")


@dataclasses.dataclass(frozen=True, eq=False)
class Evaluated:
    """What an evaluation says of one system.

    Attributes:
      source: the file.
      name: of the system.
      dataset: its name.
      protocol: how it was measured.
      headline: the measure that comes first.
      videos: key -> measure -> value; what is no number is no measure.
    """

    source: str
    name: str
    dataset: str
    protocol: str
    headline: str
    videos: Mapping[str, Mapping[str, object]]

    @property
    def selection(self) -> str:
        """The part of the protocol that two evaluations must share: rule and budget."""
        return self.protocol.split(";")[0]


def read_evaluation(path: str, evaluate: Callable[[Sequence[str]], Report]) -> list[Evaluated]:
    """The systems of a file.

    Args:
      path: an evaluation as JSON, or scores.
      evaluate: measures scores.

    Raises:
      UserError: an evaluation that lacks a part; else as `evaluate` has it.
    """
    content = read_json(path) if path.endswith(".json") else None
    if not isinstance(content, dict) or "protocol" not in content:
        return evaluated_systems(path, as_json(evaluate([path])))
    missing = [key for key in _CONTRACT if key not in content]
    if missing or not isinstance(content["videos"], dict):
        raise UserError(
            f"{path}: an evaluation without {', '.join(missing) or 'a table of videos'}. "
            "Write it anew by `json`."
        )
    return evaluated_systems(path, content)


def _check_system(source: str, system: object) -> None:
    """Raises UserError for what is no table of measures; a measure that is no finite number is
    none.
    """
    videos = system.get("videos") if isinstance(system, dict) else None
    if not isinstance(videos, dict) or not isinstance(system, dict) or "name" not in system:
        raise UserError(
            f"{source}: not an evaluation: a system without name or videos. Write it anew by "
            "`json`."
        )
    for key, measures in videos.items():
        values = measures.values() if isinstance(measures, dict) else [math.inf]
        if any(isinstance(v, int | float) and not abs(v) <= _LARGEST for v in values):
            raise UserError(
                f"{source}: not an evaluation: {key} has no table of finite measures. "
                "Write it anew by `json`."
            )


def evaluated_systems(source: str, content: Mapping[str, object]) -> list[Evaluated]:
    """Every system of an evaluation; one of an older file that has no list of them."""
    listed = content.get("systems")
    systems = listed if isinstance(listed, list) and len(listed) > 1 else []
    single = {"name": content.get("system") or source, "videos": content["videos"]}
    for system in systems or [single]:
        _check_system(source, system)
    return [
        Evaluated(
            source=source,
            name=str(system["name"]),
            dataset=str(content["dataset"]),
            protocol=str(content["protocol"]),
            headline=str(content.get("headline", "f_max")),
            videos=system["videos"],
        )
        for system in systems or [single]
    ]
