"""When every sampled frame is shown."""

import numpy as np

from tf_dictsum.data.video import Video

__all__ = ["STEP", "times_of"]

STEP = 0.5
"""Seconds between sampled frames where a file does not say: the field samples 2 frames a second."""


def times_of(video: Video) -> np.ndarray:
    """Seconds from the start of `video` to every sampled frame: float64 [n_steps], increasing.

    From the picks and the attribute "fps" (frames a second) that feature files written here and
    TVSum's have; without a usable one the sampled frames count as `STEP` apart.
    """
    fps = video.attributes.get("fps")
    if isinstance(fps, int | float | np.number) and np.isfinite(fps) and fps > 0:
        return np.asarray(video.picks, np.float64) / float(fps)
    return STEP * np.arange(video.n_steps)
