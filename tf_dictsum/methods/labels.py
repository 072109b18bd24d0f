"""What supervised methods learn from, per sampled frame."""

from collections.abc import Sequence

import numpy as np

from tf_dictsum.data.batches import Extra
from tf_dictsum.data.video import Video
from tf_dictsum.shots.selection import select_shots

__all__ = ["importance", "key_frames", "normalised_importance", "summary_frames"]


def importance(videos: Sequence[Video]) -> Extra:
    """gtscore, the mean importance that people gave: float32 [n_steps]."""
    return Extra({v.key: _gtscore(v) for v in videos}, per_step=True)


def normalised_importance(videos: Sequence[Video]) -> Extra:
    """gtscore between 0 and 1 per video (zeros where it is constant): float32 [n_steps]."""
    values = {}
    for video in videos:
        score = _gtscore(video) - _gtscore(video).min()
        values[video.key] = score / max(float(score.max()), np.finfo(np.float32).tiny)
    return Extra(values, per_step=True)


def summary_frames(videos: Sequence[Video]) -> Extra:
    """1 for the sampled frames in the summary that gtscore gives (knapsack over shots, 15 %), else
    0: float32 [n_steps]."""
    values = {v.key: select_shots(_gtscore(v), v).frames[v.picks] for v in videos}
    return Extra({k: x.astype(np.float32) for k, x in values.items()}, per_step=True)


def key_frames(videos: Sequence[Video]) -> Extra:
    """1 for the most important sampled frame of every shot of that summary, else 0: float32
    [n_steps].

    Our rule (the published runs come with key frames of their own): few frames, none of which
    repeats another.
    """
    values = {}
    for video in videos:
        assert video.change_points is not None  # select_shots has looked
        score, label = _gtscore(video), np.zeros(video.n_steps, np.float32)
        for shot in select_shots(score, video).selected_shots:
            first, last = video.change_points[shot]
            inside = np.flatnonzero((video.picks >= first) & (video.picks <= last))
            if len(inside):
                label[inside[np.argmax(score[inside])]] = 1
        values[video.key] = label
    return Extra(values, per_step=True)


def _gtscore(video: Video) -> np.ndarray:
    assert video.gtscore is not None  # a method's `needs` has been checked
    return video.gtscore.astype(np.float32)
