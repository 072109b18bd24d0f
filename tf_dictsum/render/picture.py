"""Decoded frames made upright, of even size and 4:2:0, as the encoder and every player want
them.
"""

from typing import Any

from tf_dictsum.video.opening import import_av
from tf_dictsum.video.orientation import Orientation

__all__ = ["PictureFilter"]

_TURNS = {1: ["transpose=cclock"], 2: ["hflip", "vflip"], 3: ["transpose=clock"]}


class PictureFilter:
    """Turns decoded frames into yuv420p frames of one size.

    Nothing is scaled: odd sizes gain a column or row, a copy of the last one, since 4:2:0 has no
      odd sizes.

    Args:
      first: the first frame; its size is the size of all (others are scaled to it, should the
        stream change).
      orientation: how frames are turned.

    Attributes:
      width, height: of the frames that come out.
    """

    def __init__(self, first: Any, orientation: Orientation):
        self._stored = (first.width, first.height)
        turned = orientation.quarters % 2 == 1
        upright = self._stored[::-1] if turned else self._stored
        self.width, self.height = (side + side % 2 for side in upright)
        self._steps = ["hflip"] * orientation.mirrored + _TURNS.get(orientation.quarters, [])
        right, bottom = self.width - upright[0], self.height - upright[1]
        self._pad = (
            [
                f"pad={self.width}:{self.height}",
                f"fillborders=right={right}:bottom={bottom}:mode=smear",
            ]
            if right or bottom
            else []
        )
        self._graph: Any = None
        self._made_for: tuple[Any, ...] = ()

    def __call__(self, frame: Any) -> Any:
        """The frame for the encoder; the timestamp is kept. The frame that goes in may be the one
        that comes out.
        """
        if (
            not self._steps
            and not self._pad
            and frame.format.name == "yuv420p"
            and (frame.width, frame.height) == self._stored
        ):
            return frame
        kind = (frame.width, frame.height, frame.format.name)
        if kind != self._made_for:
            self._graph, self._made_for = self._build(frame), kind
        self._graph.push(frame)
        return self._graph.pull()

    def _build(self, frame: Any) -> Any:
        av = import_av()
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
        )
        scale = "scale"
        if (frame.width, frame.height) != self._stored:
            scale += f"={self._stored[0]}:{self._stored[1]}"
        if frame.format.is_rgb or "pal8" in frame.format.name:
            scale += ("=" if "=" not in scale else ":") + "out_color_matrix=bt709:out_range=tv"
        # Odd sides are padded at full chroma resolution, so that the last column keeps its colour.
        full = "yuv444p" if self._pad else "yuv420p"
        names = [scale, f"format={full}", *self._steps, *self._pad, "format=yuv420p"]
        place = source
        for name in [*names, "buffersink"]:
            kind, _, arguments = name.partition("=")
            step = graph.add(kind, arguments or None)
            place.link_to(step)
            place = step
        graph.configure()
        return graph
