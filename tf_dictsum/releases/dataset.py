"""From the owners' annotations, change points and features to a dataset of the field's layout."""

import dataclasses
import pathlib

import numpy as np
from absl import logging

from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.releases.change_points import Shots, fit_shots
from tf_dictsum.releases.matching import match_videos
from tf_dictsum.releases.owners import OwnersRelease, OwnersVideo
from tf_dictsum.shots.knapsack import knapsack
from tf_dictsum.shots.selection import budget_of, select_shots
from tf_dictsum.util.errors import UserError

__all__ = ["build_dataset", "user_summaries"]

_FRAMES_PER_PICK = 15  # the field's sampling, where no features say otherwise

_SOURCES = {
    "SumMe": {
        "user_summary_source": "the owners' GT/*.mat: user_score > 0",
        "gtscore_source": "mean of user_summary over the users, at picks",
    },
    "TVSum": {
        "user_scores_source": "the owners' ydata-tvsum50.mat: user_anno, 1 to 5",
        "user_summary_source": "per user, 15 % knapsack over change_points of the user's mean score (1 to 5) per shot",  # noqa: E501
        "gtscore_source": "(mean of user_scores over the users - 1) / 4, at picks",
    },
}
_COMMON = {
    "layout": "ECCV16: video_N groups; change_points are inclusive frame bounds",
    "gtsummary_source": "DERIVED, not the ECCV16 files' key frame labels: 15 % knapsack of gtscore over change_points, at picks",  # noqa: E501
}


def build_dataset(
    release: OwnersRelease,
    shots: dict[str, Shots],
    shots_source: str,
    features: Dataset | None = None,
    *,
    allow_missing: bool = False,
) -> Dataset:
    """Puts annotations, change points and features together.

    Args:
      release: the owners' annotations; they decide keys, titles and numbers of frames.
      shots: boundaries by the keys of their own file.
      shots_source: that file, in messages.
      features: features and picks of the videos; None gives annotations only, at every 15th frame.
      allow_missing: leaves out videos that lack change points or features, and entries of unknown
        videos.

    Returns:
      Videos with every annotation of `Video`. `gtscore` is the mean over the users: of user_summary
      (SumMe), of (score - 1) / 4 (TVSum). `gtsummary` is derived, a 15 % knapsack of gtscore over
      the shots at the picks, not the key frame labels of the ECCV16 files. The features' own
      attributes are kept.

    Raises:
      UserError: what does not belong together; names file and video, what was found and what to do.
    """
    titles = {key: video.name for key, video in release.videos.items()}
    of_shots = match_videos(
        {key: entry.title for key, entry in shots.items()},
        titles,
        shots_source,
        what="change points",
        allow_missing=allow_missing,
    )
    of_features = {}
    attributes: dict[str, object] = {}
    if features is not None:
        feature_titles = {key: video.name for key, video in features.videos.items()}
        of_features = match_videos(
            feature_titles, titles, features.source, what="features", allow_missing=allow_missing
        )
        attributes |= features.attributes
    attributes |= {
        **_COMMON,
        **_SOURCES[release.name],
        "change_points_source": pathlib.Path(shots_source).name,
    }
    keys = [key for key in of_shots if features is None or key in of_features]
    if not keys:
        raise UserError(
            f"{shots_source}: no video has both change points and features. Give files of the "
            "same videos."
        )
    videos = {}
    for key in keys:
        owners = release.videos[key]
        points = fit_shots(shots[of_shots[key]], owners.n_frames, release.source)
        sampled = None
        if features is not None:
            sampled = features.videos[of_features[key]]
            sampled = _fitted(sampled, owners, f"{features.source}:{sampled.key}", release.source)
        videos[key] = _annotate(key, owners, points, sampled)
    return Dataset(release.name, release.source, videos, attributes)


def user_summaries(user_scores: np.ndarray, change_points: np.ndarray) -> np.ndarray:
    """Every person's own summary, as in the ECCV16 file of TVSum: their shot means, then a 15 %
    knapsack.

    Shot means are correctly rounded quotients of exact sums: people give few distinct scores, so
      that shots tie, and
    means rounded otherwise (as `shot_scores` does for constant scores) break two of TVSum's 1,000
    ties differently.

    Args:
      user_scores: [users, n_frames], whole numbers such as TVSum's 1 to 5.
      change_points: int [n_shots, 2], inclusive, one shot after the other from frame 0 to the last.

    Returns:
      bool [users, n_frames].
    """
    lengths = change_points[:, 1] - change_points[:, 0] + 1
    means = np.add.reduceat(user_scores.astype(np.float64), change_points[:, 0], axis=1) / lengths
    budget = budget_of(Video("", None, np.zeros(0, np.int64), user_scores.shape[1], change_points))
    kept = np.zeros((len(user_scores), len(lengths)), bool)
    for row, values in zip(kept, means, strict=True):
        row[knapsack(values, lengths, budget)] = True
    return np.repeat(kept, lengths, axis=1)


def _annotate(key: str, owners: OwnersVideo, points: np.ndarray, sampled: Video | None) -> Video:
    picks = (
        np.arange(0, owners.n_frames, _FRAMES_PER_PICK, dtype=np.int64)
        if sampled is None
        else sampled.picks
    )
    if owners.user_scores is not None:
        summary = user_summaries(owners.user_scores, points)
        importance = (owners.user_scores.mean(axis=0, dtype=np.float64) - 1) / 4
    else:
        assert owners.user_summary is not None
        summary = owners.user_summary
        importance = summary.mean(axis=0, dtype=np.float64)
    gtscore = importance[picks].astype(np.float32)
    bare = Video(key, None, picks, owners.n_frames, points)
    gtsummary = select_shots(gtscore, bare).frames[picks].astype(np.float32)
    attributes = {**(sampled.attributes if sampled else {}), **owners.attributes}
    features = sampled.features if sampled else None
    scores = owners.user_scores
    return Video(
        key,
        features,
        picks,
        owners.n_frames,
        points,
        summary,
        scores,
        gtscore,
        gtsummary,
        owners.name,
        attributes,
    )


def _fitted(sampled: Video, owners: OwnersVideo, where: str, source: str) -> Video:
    """Features of the annotated frames.

    Decoders differ: SumMe's Cooking gives 1,280 frames for 1,286 annotated ones. So up to 1 % (or 2
      frames) is let
    pass with a log line; steps past the annotated frames are dropped, frames past the last step
    have its score.
    """
    picks, n_frames = sampled.picks, owners.n_frames
    step = int(np.diff(picks).max()) if len(picks) > 1 else _FRAMES_PER_PICK
    off = sampled.n_frames - n_frames
    if abs(off) > max(2, n_frames // 100) or sampled.n_frames - picks[-1] > step:
        raise UserError(
            f"{where}/features: {sampled.n_steps} steps up to frame {picks[-1]} of "
            f"{sampled.n_frames}, but {source} annotates {n_frames} "
            f"frames of {owners.name}, about {len(range(0, n_frames, step))} steps. Extract them "
            "from the owners' own video file."
        )
    if off:
        logging.warning(
            "%s: features of %d frames, annotations of %d; the annotations' count is kept.",
            where,
            sampled.n_frames,
            n_frames,
        )
    inside = picks < n_frames
    assert sampled.features is not None
    return dataclasses.replace(sampled, features=sampled.features[inside], picks=picks[inside])
