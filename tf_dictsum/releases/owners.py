"""The annotations of SumMe and TVSum as their owners publish them."""

import dataclasses
import os
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from absl import logging

from tf_dictsum.data.checks import fail, finite_float32, one_integer
from tf_dictsum.releases.matlab import read_mat
from tf_dictsum.util.errors import UserError

__all__ = ["OwnersRelease", "OwnersVideo", "read_release"]

_TVSUM = "tvsum50"  # the one variable of ydata-tvsum50.mat
_SIZES = {"SumMe": 25, "TVSum": 50}


@dataclasses.dataclass(frozen=True, eq=False)
class OwnersVideo:
    """What the owners say about one video.

    Attributes:
      name: its title (SumMe: the file's name without .mat) or YouTube id (TVSum).
      n_frames: number of frames.
      user_summary: bool [users, n_frames], the frames that each person kept (SumMe); None for
        TVSum.
      user_scores: float32 [users, n_frames], importance 1..5 by each person (TVSum); None for
        SumMe.
      attributes: "fps" (frames per second, where known) and TVSum's "category".
    """

    name: str
    n_frames: int
    user_summary: np.ndarray | None
    user_scores: np.ndarray | None
    attributes: dict[str, object]


@dataclasses.dataclass(frozen=True, eq=False)
class OwnersRelease:
    """All videos of a release under the keys that the field's splits use.

    Attributes:
      name: "SumMe" or "TVSum".
      source: the path as given.
      videos: "video_1", "video_2", ... -> OwnersVideo.
    """

    name: str
    source: str
    videos: dict[str, OwnersVideo]


def read_release(path: str | os.PathLike[str]) -> OwnersRelease:
    """Reads SumMe's folder `GT` (one .mat file per video) or TVSum's `ydata-tvsum50.mat`.

    The numbers of the keys are those of the ECCV16 files: SumMe's videos in the order of their file
      names (capitals
    before small letters), TVSum's in the order of the file. A release of another size is read with
    a logged warning.

    Raises:
      UserError: missing, unreadable or other content; names file, variable, what was found and what
        to do.
    """
    source = pathlib.Path(path)
    if source.is_dir():
        name, videos = "SumMe", _read_summe(source)
    else:
        name, videos = "TVSum", _read_tvsum(source)
    if len(videos) != _SIZES[name]:
        logging.warning(
            "%s: %d videos, but %s has %d: the keys video_N are numbered in order and differ "
            "from those of the released splits.",
            path, len(videos), name, _SIZES[name],
        )  # fmt: skip
    seen: dict[str, int] = {}
    for number, video in enumerate(videos, start=1):
        if video.name in seen:
            raise UserError(
                f"{path}: videos {seen[video.name]} and {number} are both named {video.name!r}. "
                "Keep one of them."
            )
        seen[video.name] = number
    return OwnersRelease(
        name, str(path), {f"video_{number}": video for number, video in enumerate(videos, start=1)}
    )


def _read_summe(folder: pathlib.Path) -> list[OwnersVideo]:
    # The zip also holds "._NAME.mat" files that macOS left there.
    files = sorted(
        (f for f in folder.iterdir() if f.suffix == ".mat" and not f.name.startswith(".")),
        key=lambda f: f.name,
    )
    if not files:
        inside = sorted(f"{f.parent}" for f in folder.glob("*/*.mat"))
        hint = (
            f"Did you mean {inside[0]}?"
            if inside
            else "Name SumMe's folder GT, which has one .mat file per video."
        )
        raise UserError(f"{folder}: no .mat files in this folder. {hint}")
    return [_summe_video(file) for file in files]


def _summe_video(file: pathlib.Path) -> OwnersVideo:
    content = read_mat(file)
    if "user_score" not in content:
        if _TVSUM in content:
            raise UserError(
                f"{file}: TVSum's file in a folder that is read as SumMe. Name the file itself: "
                f"--annotations={file}"
            )
        has = ", ".join(sorted(content)) or "no variables"
        raise UserError(
            f"{file}: no user_score (it has {has}). Give the files of SumMe's folder GT."
        )
    where = f"{file}: user_score"
    scores = finite_float32(where, _array(where, content["user_score"]), rank=2)
    if not scores.size:
        fail(where, f"empty, shape {scores.shape}", "Download the file again")
    if scores.min() < 0:
        fail(
            where,
            f"holds {scores.min():g}, expected 0 or the number of a chosen segment",
            "Download the file again",
        )
    n_frames = len(scores)
    if "nFrames" in content:
        stated = one_integer(f"{file}: nFrames", _array(f"{file}: nFrames", content["nFrames"]))
        if stated != n_frames:
            fail(
                where,
                f"shape {scores.shape}, but nFrames is {stated}; expected [frames, users]",
                "Download the file again",
            )
    attributes: dict[str, object] = {}
    if "FPS" in content:
        attributes["fps"] = _positive(f"{file}: FPS", content["FPS"])
    return OwnersVideo(file.stem, n_frames, np.ascontiguousarray(scores.T > 0), None, attributes)


def _read_tvsum(file: pathlib.Path) -> list[OwnersVideo]:
    content = read_mat(file)
    if _TVSUM not in content:
        if "user_score" in content:
            raise UserError(
                f"{file}: one video of SumMe. Name the folder that holds all of them: "
                f"--annotations={file.parent}"
            )
        has = ", ".join(sorted(content)) or "no variables"
        raise UserError(
            f"{file}: no variable {_TVSUM} (it has {has}). Give TVSum's ydata-tvsum50.mat, or "
            "SumMe's folder GT."
        )
    table = content[_TVSUM]
    needed = ("video", "nframes", "user_anno")
    missing = [name for name in needed if not isinstance(table, dict) or name not in table]
    if missing:
        has = ", ".join(sorted(table)) if isinstance(table, dict) else f"a {type(table).__name__}"
        raise UserError(
            f"{file}: {_TVSUM} has no {', '.join(missing)} (it has {has}). Give TVSum's own "
            "ydata-tvsum50.mat."
        )
    columns = {name: value if isinstance(value, list) else [value] for name, value in table.items()}
    counts = {name: len(values) for name, values in columns.items()}
    if len(set(counts.values())) > 1 or not counts["video"]:
        raise UserError(
            f"{file}: {_TVSUM} has columns of {counts} entries. Download the file again."
        )
    rows = [{name: values[i] for name, values in columns.items()} for i in range(counts["video"])]
    return [
        _tvsum_video(f"{file}: {_TVSUM}({number})", row) for number, row in enumerate(rows, start=1)
    ]


def _tvsum_video(where: str, row: Mapping[str, Any]) -> OwnersVideo:
    name = row["video"]
    if not isinstance(name, str) or not name:
        fail(
            f"{where}.video",
            f"holds {name!r:.40}, expected the video's id",
            "Download the file again",
        )
    n_frames = one_integer(f"{where}.nframes", _array(f"{where}.nframes", row["nframes"]))
    scores = finite_float32(
        f"{where}.user_anno", _array(f"{where}.user_anno", row["user_anno"]), rank=2
    )
    if len(scores) != n_frames or not scores.size:
        fail(
            f"{where}.user_anno",
            f"shape {scores.shape}, but nframes is {n_frames}; expected [frames, users]",
            "Download the file again",
        )
    if scores.min() < 1 or scores.max() > 5:
        odd = scores.min() if scores.min() < 1 else scores.max()
        fail(
            f"{where}.user_anno",
            f"holds {odd:g}, expected scores from 1 to 5",
            "Give the raw scores of the owners' file",
        )
    attributes: dict[str, object] = {}
    if isinstance(row.get("category"), str):
        attributes["category"] = row["category"]
    if "length" in row:  # seconds
        attributes["fps"] = n_frames / _positive(f"{where}.length", row["length"])
    return OwnersVideo(name, n_frames, None, np.ascontiguousarray(scores.T), attributes)


def _array(where: str, value: object) -> np.ndarray:
    if not isinstance(value, np.ndarray):
        fail(where, f"a {type(value).__name__}, expected numbers", "Download the file again")
    return value


def _positive(where: str, value: object) -> float:
    array = _array(where, value)
    if (
        array.size != 1
        or array.dtype.kind not in "buif"
        or not (np.isfinite(array).all() and array.min() > 0)
    ):
        fail(
            where,
            f"holds {array.tolist()!r:.40}, expected one positive number",
            "Download the file again",
        )
    return float(array.reshape(-1)[0])
