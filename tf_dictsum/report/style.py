"""What the pictures of a report have in common."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["DPI", "GREY", "PEOPLE", "cycle", "new_figure", "open_frame"]

DPI = 110
GREY = "#777777"
PEOPLE = "#d9730d"
_SYSTEMS = ("#1f4e9c", "#b5179e", "#2a9d4a", "#6a4c93", "#008b8b")


def cycle(count: int) -> list[str]:
    """Colours of so many systems; none is that of people."""
    return [_SYSTEMS[i % len(_SYSTEMS)] for i in range(count)]


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of one plot, in inches."""
    figure = Figure(figsize=(width, height), dpi=DPI)
    axes = figure.add_subplot()
    open_frame(axes)
    return figure, axes


def open_frame(axes: Axes) -> None:
    """Without a frame at the top and at the right."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
