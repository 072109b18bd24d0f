"""The page's drawing of scores, chosen shots and key frames over time."""

import math

import numpy as np

from tf_dictsum.render.timecode import timecode
from tf_dictsum.summary.summary import VideoSummary

__all__ = ["legend", "length_text", "short_timecode", "timeline"]

_WIDTH, _HEIGHT, _TOP, _LANE = (
    1000.0,
    150.0,
    22.0,
    6.0,
)  # of the drawing; it is stretched to the page
_NARROWEST = 0.02  # of the score axis: noise of a constant score must not look like a result
_TICKS = (
    0.5,
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    18000,
    36000,
)  # seconds


def short_timecode(seconds: float) -> str:
    """The timecode without its hours where they are zero."""
    return timecode(seconds).removeprefix("00:")


def length_text(seconds: float) -> str:
    """A length for people: `3.4 s`, `1:47`, `2:03:10`."""
    return f"{seconds:.1f} s" if seconds < 10 else clock_text(seconds)


def legend(summary: VideoSummary) -> str:
    """What the drawing's colours mean."""
    items = (
        [("score", "score")]
        + [("chosen", "chosen shots")] * bool(summary.segments)
        + [("key", "key frames")] * bool(summary.key_frames)
    )
    return (
        '<ul class="legend">'
        + "".join(f'<li class="{kind}">{text}</li>' for kind, text in items)
        + "</ul>"
    )


def timeline(summary: VideoSummary, *, playable: bool) -> str:
    """The drawing: chosen shots as bands, the scores as a line, key frames as dots, a mark where
    the player is.
    """
    length = max(summary.duration, float(summary.pick_seconds[-1]), 1e-3)
    bands = "".join(
        f'<g data-segment="{n}" class="chosen">{_rect(s.start, s.end, length, 0.0, _HEIGHT)}'
        f"<title>Shot {s.shot + 1}: {short_timecode(s.start)} to {short_timecode(s.end)}, "
        f"score {s.score:.3f}</title></g>"
        f'<g class="lane">{_rect(s.start, s.end, length, _HEIGHT - _LANE, _LANE)}</g>'
        for n, s in enumerate(summary.segments)
    )
    cuts = "".join(
        f'<line class="cut" x1="{x:.2f}" x2="{x:.2f}" y1="{_HEIGHT - _LANE * 2:g}" y2="{_HEIGHT:g}"/>'  # noqa: E501
        for x in summary.shot_seconds[1:, 0] / length * _WIDTH
    )
    dots = "".join(
        f'<i class="dot" style="{_left(key.seconds, length)}"></i>' for key in summary.key_frames
    )
    step = next((s for s in _TICKS if length / s <= 10), math.ceil(length / 36000) * 3600)
    marks = [n * step for n in range(int(length / step) + 1) if n * step < 0.97 * length or n == 0]
    ticks = "".join(
        f'<span style="{_left(t, length)}">{clock_text(t) if step >= 1 else f"{t:.1f} s"}</span>'
        for t in marks
    )
    words = (
        f"Scores of {length_text(summary.duration)} of video; {len(summary.segments)} chosen shots."
    )
    if playable:
        kind = (
            f'role="slider" tabindex="0" aria-label="Position in the video" aria-valuemin="0" aria-valuemax="{summary.duration:.2f}" '  # noqa: E501
            'aria-valuenow="0" aria-orientation="horizontal"'
        )
    else:
        kind = 'class="still"'
    return (
        f'<div id="timeline" {kind}><svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" preserveAspectRatio="none" role="img" aria-label="{words}">'  # noqa: E501
        f'{bands}{cuts}<path class="score" d="{_curve(summary, length)}"/></svg>{dots}'
        f'{"<div id=head></div>" if playable else ""}</div><div class="ticks" aria-hidden="true">{ticks}</div>'  # noqa: E501
    )


def _rect(start: float, end: float, length: float, top: float, height: float) -> str:
    x, width = start / length * _WIDTH, max((end - start) / length * _WIDTH, 0.5)
    return f'<rect x="{x:.2f}" y="{top:g}" width="{width:.2f}" height="{height:g}"/>'


def _left(seconds: float, length: float) -> str:
    return f"left:{seconds / length * 100:.3f}%"


def _curve(summary: VideoSummary, length: float) -> str:
    values = np.asarray(summary.scores, np.float64)
    low, high = float(values.min()), float(values.max())
    lacking = max(_NARROWEST - (high - low), 0.0)
    low, high = low - lacking / 2, high + lacking / 2
    x = summary.pick_seconds / length * _WIDTH
    y = _TOP + (high - values) / (high - low) * (_HEIGHT - _TOP - 3 * _LANE)
    points = [f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)]
    if len(points) == 1:
        points.append(f"{_WIDTH:.1f},{y[0]:.1f}")
    return "M" + "L".join(points)


def clock_text(seconds: float) -> str:
    """As players show it: whole seconds, begun ones not counted."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
