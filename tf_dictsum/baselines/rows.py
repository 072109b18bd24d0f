"""The rows that every result must be read against, on exactly its videos and splits."""

import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np

from tf_dictsum.baselines.columns import BASELINES, baseline_columns
from tf_dictsum.baselines.settings import EvaluationSettings
from tf_dictsum.baselines.table import Baseline, Columns, best_of_draws, row_of
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.evaluation import COUNTS, METRICS, VideoMeasures
from tf_dictsum.metrics.protocols import BASIC

__all__ = ["DRAWS", "Baselines", "baselines_of", "rows_of"]

DRAWS = 200

Groups = Mapping[int | None, tuple[str, ...]]
"""Number of a split -> the videos averaged together; None where there are no splits."""


@dataclasses.dataclass(frozen=True)
class Baselines:
    """What needs no training.

    Attributes:
      rows: name -> row, those of `BASELINES` that the dataset can serve, then best_of_random.
      random: measure -> number of a split -> [draws], what every draw of random scores gets on the
        split's test videos.
    """

    rows: dict[str, Baseline] = dataclasses.field(default_factory=dict)
    random: dict[str, dict[int | None, np.ndarray]] = dataclasses.field(default_factory=dict)


def baselines_of(
    dataset: Dataset,
    splits: Mapping[int, Split],
    epochs: int = 1,
    draws: int = DRAWS,
    seed: int = 0,
) -> Baselines:
    """Measures the baselines by what is measured after every epoch of training.

    Test videos without change points cannot be summarized and are left out; no rows when none is
    left.

    Args:
      dataset: the videos.
      splits: number -> split; their test videos.
      epochs: looks at the test set that `best_of_random` has; with one there is no such row.
      draws: of the random rows; at least `epochs`.
      seed: of the random rows and of k-means.
    """
    settings = EvaluationSettings(
        protocols=BASIC, random_draws=max(draws, epochs), seed=seed, best_of=epochs
    )
    groups: Groups = {
        number: tuple(k for k in split.test_keys if dataset.videos[k].change_points is not None)
        for number, split in splits.items()
    }
    wanted = {key for group in groups.values() for key in group}
    columns = {
        key: baseline_columns(VideoMeasures(dataset.videos[key], protocols=BASIC), settings)
        for key in sorted(wanted)
    }
    return rows_of(columns, groups, (*METRICS, *COUNTS), epochs) if wanted else Baselines()


def rows_of(
    columns: Mapping[str, Mapping[str, Columns]],
    groups: Groups,
    names: Iterable[str],
    best_of: int,
) -> Baselines:
    """The rows of measured videos.

    Args:
      columns: key -> baseline -> measure -> [draws].
      groups: the videos averaged together.
      names: measures of the rows.
      best_of: looks at the test set of the best-of-n row; with fewer than two there is none.
    """
    names, tests = tuple(names), list(groups.values())
    by_row: dict[str, dict[str, Columns]] = {}
    for name in BASELINES:
        videos = {key: video[name] for key, video in columns.items() if name in video}
        if videos:
            by_row[name] = videos
    rows = {name: row_of(videos, tests, names) for name, videos in by_row.items()}
    draws = by_row.get("random")
    if draws is None:
        return Baselines(rows)
    if best_of > 1:
        rows["best_of_random"] = best_of_draws(draws, tests, best_of, names)
    random: dict[str, dict[int | None, np.ndarray]] = {}
    for name in METRICS:
        for number, group in groups.items():
            values = [draws[key][name] for key in group if name in draws[key]]
            if values and np.isfinite(np.array(values)).all():
                random.setdefault(name, {})[number] = np.mean(values, axis=0)
    return Baselines(rows, random)
