"""Times as people, file names and edit lists write them."""

from fractions import Fraction

__all__ = ["filename_timecode", "smpte_timecode", "timecode"]


def timecode(seconds: float) -> str:
    """`01:02:03.456`, rounded to the millisecond."""
    hours, minutes, rest = _split(seconds)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def filename_timecode(seconds: float) -> str:
    """`01h02m03.456s`: the same without characters that file systems refuse."""
    hours, minutes, rest = _split(seconds)
    return f"{hours:02d}h{minutes:02d}m{rest // 1000:02d}.{rest % 1000:03d}s"


def smpte_timecode(frame: int, base: int) -> str:
    """`01:02:03:11`, non-drop: `base` frames are one second of it, whatever the true rate (30 for
    29.97).
    """
    seconds, rest = divmod(frame, base)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{rest:02d}"


def _split(seconds: float) -> tuple[int, int, int]:
    """Hours, minutes, milliseconds; half a millisecond is rounded up."""
    thousandths = int(Fraction(max(seconds, 0.0)) * 1000 + Fraction(1, 2))
    return thousandths // 3_600_000, thousandths // 60_000 % 60, thousandths % 60_000
