"""Where in the video a frame lies: a rule that sees nothing, in every table beside those that
do.
"""

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["middle"]


def middle(times: ArrayLike) -> np.ndarray:
    """½ - |t - ½| with t from 0 (first frame) to 1 (last): float64 [n]; ½ for a video of one
    frame.
    """
    seconds = np.asarray(times, np.float64)
    span = seconds[-1] - seconds[0]
    return (
        0.5 - np.abs((seconds - seconds[0]) / span - 0.5)
        if span > 0
        else np.full(len(seconds), 0.5)
    )
