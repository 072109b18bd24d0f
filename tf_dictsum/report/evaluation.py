"""What scores are worth, from Python: measured beside the rows they must be read against."""

from collections.abc import Mapping, Sequence

from numpy.typing import ArrayLike

from tf_dictsum.baselines.settings import EvaluationSettings
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.report.build import build_report
from tf_dictsum.report.report import Report
from tf_dictsum.report.scores_file import checked_scores
from tf_dictsum.report.systems import System
from tf_dictsum.util.errors import UserError

__all__ = ["evaluate"]

Scores = Mapping[str, ArrayLike]
"""Key of a video -> [n_steps], one finite score per pick."""


def evaluate(
    dataset: Dataset,
    scores: Scores | Mapping[str, Scores] | None = None,
    *,
    splits: Sequence[Split] | None = None,
    settings: EvaluationSettings | None = None,
    allow_missing: bool = False,
) -> Report:
    """Measures scores, and random, constant, position, human and other rows on the same videos.

        report = evaluate(dataset, {"video_1": [0.1, 0.7, ...], ...})
        report.systems[0].epochs[-1].mean["kendall_tau"]
        report.baselines["human"].mean["kendall_tau"]

    Args:
      dataset: the videos; those without change points are left out, with a log line.
      scores: of one system, or name -> scores of several; values outside [0, 1] are used as they
        are. None: the baselines only.
      splits: means are over the test videos of each, then over the splits; None takes all videos as
        one group.
      settings: how to measure; None: every protocol that the dataset allows, knapsack, 15 %.
      allow_missing: evaluates the videos that the scores and the dataset share.

    Returns:
      A report; `to_dict`, `to_markdown`, `to_text` and `to_csv` are its other forms.

    Raises:
      UserError: scores of unknown videos, missing, of another length or not finite; no video left;
        a video whose annotations do not fit.
    """
    tested = [list(dataset.videos)] if splits is None else [split.test_keys for split in splits]
    keys = {key for test in tested for key in test}
    unknown = [key for key in sorted(keys) if key not in dataset.videos]
    if unknown:
        raise UserError(
            f"{dataset.source}: no video named {', '.join(unknown)}; "
            f"it has {', '.join(dataset.videos)}."
        )
    systems = [
        System(
            name,
            (None,),
            ((checked_scores(name, one, dataset, keys, allow_missing=allow_missing),),),
        )
        for name, one in _by_name(scores or {}).items()
    ]
    return build_report(dataset, splits, systems, settings or EvaluationSettings())


def _by_name(scores: Scores | Mapping[str, Scores]) -> dict[str, Scores]:
    named: dict[str, Scores] = {}
    vectors: dict[str, ArrayLike] = {}
    for name, value in scores.items():
        if isinstance(value, Mapping):
            named[name] = value
        else:
            vectors[name] = value
    if named and vectors:
        raise UserError(
            f"scores: {next(iter(named))} maps videos to scores and {next(iter(vectors))} does "
            "not; give the scores of one system, or a name for each of several."
        )
    return {"scores": vectors} if vectors else named
