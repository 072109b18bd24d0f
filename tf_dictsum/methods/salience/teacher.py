"""What the training videos have to say about salience, without labels."""

from collections.abc import Sequence

import numpy as np

from tf_dictsum.data.times import STEP, times_of
from tf_dictsum.data.video import Video
from tf_dictsum.methods.salience.settings import SalienceSettings
from tf_dictsum.saliency.blend import collection_salience, video_salience
from tf_dictsum.saliency.direction import direction
from tf_dictsum.util.errors import UserError

__all__ = ["seconds_per_step", "targets", "towards"]


def towards(videos: Sequence[Video], settings: SalienceSettings) -> np.ndarray:
    """The direction in which salience rises over these videos: float32 [D].

    Raises:
      UserError: the frames of no video differ.
    """
    try:
        return direction(
            (_features(v), video_salience(_features(v), times_of(v), settings.smoothing))
            for v in videos
        )
    except ValueError as error:
        raise UserError(
            f"the {len(videos)} training videos tell nothing about salience: {error}. "
            "Give other videos, or direction_weight=0."
        ) from error


def targets(videos: Sequence[Video], settings: SalienceSettings) -> dict[str, np.ndarray]:
    """Key -> the teacher's scores of each video, float32 [n_steps]; the direction is these same
    videos'.

    Raises:
      UserError: the frames of no video differ.
    """
    axis = towards(videos, settings)
    return {
        video.key: collection_salience(
            _features(video),
            times_of(video),
            axis,
            direction_weight=settings.direction_weight,
            position_weight=settings.position_weight,
            sigma=settings.smoothing,
        ).astype(np.float32)
        for video in videos
    }


def seconds_per_step(videos: Sequence[Video]) -> float:
    """Median time between sampled frames, over the videos that have two; `STEP` if none has."""
    steps = [np.median(np.diff(times_of(video))) for video in videos if video.n_steps > 1]
    return float(np.median(steps)) if steps else STEP


def _features(video: Video) -> np.ndarray:
    assert video.features is not None  # every method needs features, and the run has checked them
    return video.features
