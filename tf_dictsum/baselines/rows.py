"""The rows that a run's results are read against, on exactly its test videos."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from tf_dictsum.baselines.columns import baseline_columns
from tf_dictsum.baselines.settings import Settings
from tf_dictsum.baselines.table import Baseline, best_of_draws, row_of
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.evaluation import METRICS, VideoMeasures

__all__ = ["DRAWS", "Baselines", "baselines_of"]

DRAWS = 200
ROWS = ("random", "constant", "uniform", "k_medoids", "human")
_TENTH = 0.1


@dataclasses.dataclass(frozen=True)
class Baselines:
    """What needs no training.

    Attributes:
      rows: name -> row: random, best_of_random (of as many draws as epochs), constant, beginning and ending (the same score
        everywhere, raised over the first or last tenth of the video: what position alone gives), uniform, k_medoids,
        human; what the dataset cannot serve is left out.
      random: measure -> split number -> [draws], what every draw of random scores gets on the split's test videos.
    """

    rows: dict[str, Baseline] = dataclasses.field(default_factory=dict)
    random: dict[str, dict[int, np.ndarray]] = dataclasses.field(default_factory=dict)


def baselines_of(
    dataset: Dataset, splits: Mapping[int, Split], epochs: int = 1, draws: int = DRAWS
) -> Baselines:
    """Measures them. Test videos without change points cannot be summarized and are left out; no rows when none is left.

    Args:
      dataset: the videos.
      splits: number -> split; their test videos.
      epochs: looks at the test set that `best_of_random` has.
      draws: of the random row; at least `epochs`.
    """
    wanted = {
        key
        for split in splits.values()
        for key in split.test_keys
        if dataset.videos[key].change_points is not None
    }
    if not wanted:
        return Baselines()
    settings = Settings(draws=max(draws, epochs))
    columns: dict[str, dict[str, Mapping[str, np.ndarray]]] = {}
    for key in sorted(wanted):
        measures = VideoMeasures(dataset.videos[key])
        found = baseline_columns(measures, settings)
        found |= {name: _raised(measures, name) for name in ("beginning", "ending")}
        for name in (*ROWS, "beginning", "ending"):
            if name in found:
                columns.setdefault(name, {})[key] = found[name]
    groups = [tuple(key for key in split.test_keys if key in wanted) for split in splits.values()]
    rows = {
        name: row_of(columns[name], groups)
        for name in ("random", "constant", "beginning", "ending", *ROWS[2:])
        if name in columns
    }
    rows = {
        name: row
        for name, row in rows.items()
        if any(value is not None for value in row.mean.values())
    }
    if epochs > 1:
        rows["best_of_random"] = best_of_draws(columns["random"], groups, epochs)
    random: dict[str, dict[int, np.ndarray]] = {}
    for name in METRICS:
        for number, group in zip(splits, groups, strict=True):
            values = [
                columns["random"][key][name] for key in group if name in columns["random"][key]
            ]
            if values and np.isfinite(np.array(values)).all():
                random.setdefault(name, {})[number] = np.mean(values, axis=0)
    return Baselines(rows, random)


def _raised(measures: VideoMeasures, where: str) -> Mapping[str, np.ndarray]:
    """Five times the score over a tenth of the video, at least one step: about what trained selectors do at the end (docs/study.md)."""
    scores = np.ones((1, measures.video.n_steps))
    tenth = max(1, round(_TENTH * measures.video.n_steps))
    scores[:, slice(0, tenth) if where == "beginning" else slice(-tenth, None)] = 5.0
    return measures.measure(scores, measures.choose(scores))
