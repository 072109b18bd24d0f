"""From what stands on the command line to single videos."""

import dataclasses
import glob
import os
import pathlib
import re
from collections import Counter
from collections.abc import Sequence

from tf_dictsum.util.errors import UserError

__all__ = ["EXTENSIONS", "Input", "find_inputs"]

EXTENSIONS = frozenset(
    (
        "3g2",
        "3gp",
        "asf",
        "avi",
        "divx",
        "dv",
        "f4v",
        "flv",
        "gif",
        "h264",
        "h265",
        "hevc",
        "m1v",
        "m2ts",
        "m2v",
        "m4v",
        "mjpeg",
        "mjpg",
        "mkv",
        "mov",
        "mp4",
        "mpe",
        "mpeg",
        "mpg",
        "mts",
        "mxf",
        "nut",
        "ogm",
        "ogv",
        "qt",
        "rm",
        "rmvb",
        "ts",
        "vob",
        "webm",
        "wmv",
        "y4m",
    )
)
"""File name endings that are taken for videos when a folder is given; a file that is named itself
may end as it likes.
"""

_FEATURES = (".h5", ".hdf5")


@dataclasses.dataclass(frozen=True)
class Input:
    """One file to summarize.

    Attributes:
      path: as given, or inside the folder as given.
      name: beginning of the names of its outputs: the file's name without its ending, or with it
        where another one has the same.
    """

    path: str
    name: str

    @property
    def is_features(self) -> bool:
        """Whether it is a file of features, not a video."""
        return self.path.lower().endswith(_FEATURES)


def find_inputs(arguments: Sequence[str], recursive: bool = False) -> list[Input]:
    """Files, folders (their videos) and patterns such as "clips/*.mp4", each file once.

    Hidden files of a folder are left out: "._holiday.mp4" is no video but what macOS leaves beside
      one.

    Args:
      arguments: as on the command line.
      recursive: whether folders inside folders are looked through too, hidden ones never.

    Raises:
      UserError: nothing is named, or a name stands for no file.
    """
    if not arguments:
        raise UserError("no video is named, as in: python -m tf_dictsum.summarize holiday.mp4")
    paths: dict[str, None] = {}
    for argument in arguments:
        if os.path.isdir(argument):
            matches = _videos(argument, recursive)
            if not matches:
                raise UserError(
                    f"{argument}: a folder without videos (names ending in mp4, mkv, mov, webm, "
                    "...). Name the files themselves."
                )
        elif re.match(r"[a-z][a-z0-9+.-]+://", argument):
            raise UserError(f"{argument}: an address, which is not read. Download it first.")
        elif os.path.lexists(argument) or not glob.has_magic(argument):
            matches = [argument]  # what is missing is said when it is read
        else:
            matches = sorted(p for p in glob.glob(argument, recursive=True) if not os.path.isdir(p))
            if not matches:
                raise UserError(f"{argument}: no file matches this pattern.")
        paths |= dict.fromkeys(matches)
    stems = Counter(pathlib.Path(path).stem for path in paths)
    names: Counter[str] = Counter()
    inputs = []
    for path in paths:
        name = (
            pathlib.Path(path).stem
            if stems[pathlib.Path(path).stem] == 1
            else pathlib.Path(path).name
        )
        names[name] += 1
        inputs.append(Input(path, name if names[name] == 1 else f"{name}-{names[name]}"))
    return inputs


def _videos(folder: str, recursive: bool) -> list[str]:
    matches = []
    for place, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if recursive and not name.startswith("."))
        matches += [
            os.path.join(place, name)
            for name in sorted(files)
            if not name.startswith(".") and os.path.splitext(name)[1][1:].lower() in EXTENSIONS
        ]
    return matches
