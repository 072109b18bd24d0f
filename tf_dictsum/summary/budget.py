"""How long a summary may be, and how many key frames it should have."""

import dataclasses
import re

from tf_dictsum.shots.selection import RATIO
from tf_dictsum.util.errors import UserError

__all__ = ["Budget", "parse_duration"]

_UNITS = {"h": 3600.0, "m": 60.0, "min": 60.0, "s": 1.0, "": 1.0, "ms": 0.001}


@dataclasses.dataclass(frozen=True)
class Budget:
    """What the user asks for.

    Attributes:
      ratio: part of the video that the summary clip may fill, in (0, 1].
      seconds: length of the clip instead of a part; None: by `ratio`.
      key_frames: number of key frames; None: one for every chosen shot.
      min_segment: seconds that a shot of the clip should last at least.

    Raises:
      UserError: a value out of range.
    """

    ratio: float = RATIO
    seconds: float | None = None
    key_frames: int | None = None
    min_segment: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.ratio <= 1:
            raise UserError(
                f"ratio={self.ratio:g}: the summary's part of the video must lie in (0, 1], "
                "such as 0.15."
            )
        if self.seconds is not None and not 0 < self.seconds < float("inf"):
            raise UserError(f"duration={self.seconds:g}: must be more than 0 seconds, such as 30s.")
        if self.key_frames is not None and self.key_frames < 1:
            raise UserError(f"num_keyframes={self.key_frames}: ask for at least one key frame.")
        if not 0 <= self.min_segment < float("inf"):
            raise UserError(
                f"min_segment={self.min_segment:g}: must be 0 seconds or more, such as 1."
            )

    def frames(self, n_frames: int, fps: float) -> int:
        """Frames that the clip may have: at least one, at most all."""
        allowed = (
            int(n_frames * self.ratio) if self.seconds is None else int(self.seconds * fps + 1e-6)
        )
        return min(max(allowed, 1), n_frames)

    def __str__(self) -> str:
        return (
            f"{100 * self.ratio:g} % of the video"
            if self.seconds is None
            else f"{self.seconds:g} s"
        )


def parse_duration(text: str) -> float:
    """Seconds of "30", "30s", "1m30s", "2 min", "1h", "500ms", "01:30" or "1:02:03.5".

    Raises:
      UserError: none of these.
    """
    clock = re.fullmatch(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:\.\d+)?)", text.strip())
    if clock:
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + float(clock[3])
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*(h|min|ms|m|s|)\s*", text.strip())
    whole = re.fullmatch(r"(?:\d+(?:\.\d+)?\s*(?:h|min|ms|m|s)\s*)+|\d+(?:\.\d+)?", text.strip())
    if not whole:
        raise UserError(f"duration={text}: expected a length such as 30s, 1m30s or 00:01:30.")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)
