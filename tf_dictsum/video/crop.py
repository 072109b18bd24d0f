"""A decoded frame of any size -> the small square picture that a network reads, by FFmpeg's own
filters.
"""

import dataclasses
import math
from typing import Any

import numpy as np

from tf_dictsum.video.opening import import_av
from tf_dictsum.video.orientation import Orientation

__all__ = ["Crop", "Cropper"]

_LONGEST = 16384  # a picture of extreme shape is squeezed rather than blown up beyond memory
_TURNS = ((), ("transpose=cclock",), ("hflip", "vflip"), ("transpose=clock",))


@dataclasses.dataclass(frozen=True)
class Crop:
    """Bicubic resize of the short side, then the centre: `scale=-1:256:flags=bicubic,crop=224:224`
    of a landscape picture.

    The picture is resized before it becomes RGB, as the ffmpeg command does it. One pixel of
    difference in the crop moves
    GoogLeNet's features by a cosine distance of 0.01 to 0.03, so this is part of what features are.

    Attributes:
      size: side of the square.
      short_side: the frame's short side before cropping; at least `size`.
    """

    size: int = 224
    short_side: int = 256

    def __str__(self) -> str:
        return f"FFmpeg bicubic to short side {self.short_side}, centre crop {self.size}"

    def scaled(self, width: int, height: int) -> tuple[int, int]:
        """Size of a whole picture before cropping."""
        scale = self.short_side / min(width, height)
        wide, high = (min(math.floor(side * scale + 0.5), _LONGEST) for side in (width, height))
        return max(wide, self.short_side), max(high, self.short_side)


class Cropper:
    """Applies a `Crop` to decoded frames, shown upright.

    Args:
      crop: what to do.
      size: (width, height) of the frames as shown.
      orientation: how they are turned for showing.
    """

    def __init__(self, crop: Crop, size: tuple[int, int], orientation: Orientation):
        wide, high = crop.scaled(*size)
        self._filters = [
            *(("hflip",) if orientation.mirrored else ()),
            *_TURNS[orientation.quarters],
            f"scale={wide}:{high}:flags=bicubic",
            f"crop={crop.size}:{crop.size}",
            "format=rgb24",
        ]
        self._kind: tuple[int, int, str] | None = None
        self._graph: Any = None

    def __call__(self, frame: Any) -> np.ndarray:
        """`av.VideoFrame` -> uint8 [size, size, 3]."""
        kind = (frame.width, frame.height, frame.format.name)
        if kind != self._kind:  # the first frame, or a stream that changes its size on the way
            self._graph, self._kind = self._build(frame), kind
        self._graph.push(frame)
        return self._graph.pull().to_ndarray()

    def _build(self, frame: Any) -> Any:
        graph = import_av().filter.Graph()
        last = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
        )
        for text in self._filters:
            name, _, arguments = text.partition("=")
            step = graph.add(name, arguments or None)
            last.link_to(step)
            last = step
        last.link_to(graph.add("buffersink"))
        graph.configure()
        return graph
