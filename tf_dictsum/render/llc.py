"""`.llc`: the segments as a project of LosslessCut."""

import json
import os
import pathlib

from tf_dictsum.summary.summary import VideoSummary
from tf_dictsum.util.files import write_text
from tf_dictsum.video.opening import shown

__all__ = ["as_llc", "write_llc"]


def write_llc(path: str | os.PathLike[str], summary: VideoSummary) -> None:
    """Writes the project. Raises UserError as `files.atomic_path` does."""
    write_text(path, as_llc(summary))


def as_llc(summary: VideoSummary) -> str:
    """JSON: seconds from the first frame, one cut segment per segment, named by its shot.

    LosslessCut looks for `mediaFileName` beside the project.
    """
    value = {
        "version": 1,
        "mediaFileName": pathlib.PurePath(shown(summary.video)).name or summary.name,
        "cutSegments": [
            {
                "start": round(segment.start, 6),
                "end": round(segment.end, 6),
                "name": f"shot {segment.shot + 1}",
            }
            for segment in summary.segments
        ],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
