"""How stored pictures are turned for showing: the display matrix of phones' recordings."""

import dataclasses
import math
from typing import Any

import numpy as np

__all__ = ["Orientation", "orientation_of"]


@dataclasses.dataclass(frozen=True)
class Orientation:
    """Mirror left-right (if so), then turn counterclockwise by `quarters` * 90 degrees."""

    quarters: int = 0
    mirrored: bool = False

    def apply(self, picture: np.ndarray) -> np.ndarray:
        """`picture` [h, w, 3] as it is shown, contiguous."""
        if self.mirrored:
            picture = picture[:, ::-1]
        return np.ascontiguousarray(np.rot90(picture, self.quarters))


def orientation_of(frame: Any) -> Orientation:
    """The orientation that a frame's display matrix asks for, to the nearest quarter turn.

    Args:
      frame: an `av.VideoFrame`; FFmpeg hands the container's matrix down to every frame.
    """
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            # libavutil/display.h: 3x3 int32, (x, y) -> (a x + c y, b x + d y), y downwards, 16.16
            # fixed point.
            a, b, _, c, d = (int(v) for v in np.frombuffer(bytes(data), np.int32)[:5])
            mirrored = a * d - b * c < 0
            if mirrored:  # x -> -x comes first
                a, b = -a, -b
            return Orientation(
                round(math.atan2(-b, a) / (math.pi / 2)) % 4 if a or b else 0, mirrored
            )
    return Orientation()
