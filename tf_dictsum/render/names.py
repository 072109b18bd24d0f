"""Names of the files that a summary becomes."""

from tf_dictsum.render.timecode import filename_timecode
from tf_dictsum.summary.summary import KeyFrame

__all__ = ["KINDS", "key_frame_name", "key_frame_pattern", "output_name"]

# What can be written, and how its file's name ends; `{number}` and `{time}` make one file per key
# frame.
KINDS = {
    "json": "-summary.json",
    "csv": "-summary.csv",
    "keyframes": "-keyframe-{number:03d}-{time}.jpg",
    "storyboard": "-storyboard.jpg",
    "scores": "-scores.png",
    "mp4": "-summary.mp4",
    "edl": ".edl",
    "otio": ".otio",
    "llc": ".llc",
    "html": "-summary.html",
}


def output_name(name: str, kind: str) -> str:
    """`holiday-summary.mp4` of `holiday` and `mp4`; not for key frames."""
    return name + KINDS[kind]


def key_frame_name(name: str, key: KeyFrame) -> str:
    """`holiday-keyframe-003-00h01m12.480s.jpg`."""
    return name + KINDS["keyframes"].format(number=key.number, time=filename_timecode(key.seconds))


def key_frame_pattern() -> str:
    """Regular expression of what `key_frame_name` puts behind the name."""
    return r"-keyframe-\d{3,}-\d{2,}h\d{2}m\d{2}\.\d{3}s\.jpg"
