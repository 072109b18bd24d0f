"""Shot boundaries from a file of their own: ECCV16 layout, MATLAB, JSON or CSV."""

import csv
import dataclasses
import io
import os
import pathlib

import h5py
import numpy as np

from tf_dictsum.data.checks import check_change_points, fail, whole_numbers
from tf_dictsum.data.hdf5 import natural_order, open_dataset_file
from tf_dictsum.data.video_group import text_of
from tf_dictsum.releases.matlab import read_mat
from tf_dictsum.util.allowance import Allowance, RefusedError
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_bytes, read_json
from tf_dictsum.util.stored import READ_ERRORS, entry_of, read_array

__all__ = ["Shots", "fit_shots", "read_shots"]

_COLUMNS = ["video", "first_frame", "last_frame"]
_CELLS = ("shot_boundaries", "change_points")


@dataclasses.dataclass(frozen=True, eq=False)
class Shots:
    """The boundaries of one video as its file has them, not yet compared with the video.

    Attributes:
      where: file and entry, for messages.
      title: the video's title, or its key.
      points: [n_shots, 2] inclusive pairs, or [n_shots + 1]: first frame of every shot, then the
        number of frames.
    """

    where: str
    title: str
    points: np.ndarray


def read_shots(path: str | os.PathLike[str]) -> dict[str, Shots]:
    """Reads the boundaries of many videos; the file's suffix tells its kind.

    .h5, .hdf5: groups with `change_points` and perhaps `video_name`, as in the ECCV16 layout.
    .mat: one cell array (`shot_boundaries` or `change_points` where there are several) with one
      vector or matrix per video, in the order of the release, such as shot_TVSum.mat.
    .json: an object, key or title of a video -> list of [first frame, last frame], or list of
      boundaries.
    .csv: the columns video,first_frame,last_frame, one row per shot.
    Frames count from 0, and last frames belong to their shot.

    Returns:
      The key of the entry ("video_3" for the third of a .mat file) -> Shots.

    Raises:
      UserError: missing or unreadable file, another structure, a video twice; names file and entry.
    """
    readers = {
        ".h5": _from_hdf5,
        ".hdf5": _from_hdf5,
        ".mat": _from_mat,
        ".json": _from_json,
        ".csv": _from_csv,
    }
    suffix = pathlib.Path(path).suffix.lower()
    if suffix not in readers:
        raise UserError(
            f"{path}: change points come from a file that ends with {', '.join(readers)}, not "
            f"{suffix or 'nothing'}."
        )
    shots = readers[suffix](str(path))
    if not shots:
        raise UserError(
            f"{path}: no change points in this file. See the forms in python -m "
            "tf_dictsum.build_dataset --help."
        )
    return shots


def fit_shots(shots: Shots, n_frames: int, source: str) -> np.ndarray:
    """The shots of a video of `n_frames` frames as int64 [n_shots, 2], inclusive.

    Raises:
      UserError: not whole numbers, not one shot after the other, or of another length than the
        video, whose number of frames comes from `source`.
    """
    points = whole_numbers(shots.where, shots.points)
    if points.ndim == 2 and 1 in points.shape and (points.size != 2 or points.max() == n_frames):
        points = points.reshape(
            -1
        )  # MATLAB's vectors are rows or columns; of two numbers only the last tells what they are
    if points.ndim == 1:
        if len(points) < 2:
            fail(
                shots.where,
                f"holds {points.tolist()}, expected 2 or more boundaries",
                "Store the first frame of every shot, then the end",
            )
        points = np.stack([points[:-1], points[1:] - 1], axis=1)
    if points.size and points.max() + 1 != n_frames:
        found = f"shots of a video of {points.max() + 1} frames, but it has {n_frames} by {source}"
        fail(
            shots.where,
            found,
            "Give change points of this release of the video; frames count from 0",
        )
    return check_change_points(shots.where, points, n_frames)


def _from_hdf5(path: str) -> dict[str, Shots]:
    shots = {}
    with open_dataset_file(path) as file:
        where = path
        try:
            allowance = Allowance.of(path)
            for key in sorted(file, key=natural_order):
                where = f"{path}:{key}"
                group = entry_of(file, key)
                if isinstance(group, h5py.Group) and "change_points" in group:
                    title = (
                        text_of(_array(group, "video_name", allowance))
                        if "video_name" in group
                        else key
                    )
                    points = _array(group, "change_points", allowance)
                    shots[key] = Shots(f"{where}/change_points", title or key, points)
        except RefusedError as refused:
            fail(where, f"cannot be read ({refused.finding})", refused.remedy)
        except READ_ERRORS as error:
            fail(
                where,
                f"cannot be read ({' '.join(str(error).split())})",
                "Copy or download the file again",
            )
    return shots


def _array(group: h5py.Group, name: str, allowance: Allowance) -> np.ndarray:
    entry = entry_of(group, name)
    if not isinstance(entry, h5py.Dataset):
        raise RefusedError(
            f"{name} is a group, expected an array", "Store an array under this name"
        )
    return read_array(entry, allowance, text=name == "video_name")


def _from_mat(path: str) -> dict[str, Shots]:
    content = read_mat(path)
    cells = {name: value for name, value in content.items() if isinstance(value, list)}
    name = next((name for name in _CELLS if name in cells), next(iter(cells), ""))
    if not name or (len(cells) > 1 and name not in _CELLS):
        has = ", ".join(sorted(content)) or "no variables"
        raise UserError(
            f"{path}: no cell array named {' or '.join(_CELLS)} (it has {has}). Give a file like "
            "shot_TVSum.mat."
        )
    shots = {}
    for number, points in enumerate(cells[name], start=1):
        where = f"{path}: {name}{{{number}}}"
        if not isinstance(points, np.ndarray):
            fail(
                where,
                f"a {type(points).__name__}, expected numbers",
                "Store the boundaries of one video in every cell",
            )
        shots[f"video_{number}"] = Shots(where, f"video_{number}", points)
    return shots


def _from_json(path: str) -> dict[str, Shots]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise UserError(
            f'{path}: a JSON {type(content).__name__}, expected an object such as {{"video_1": [[0, 99], [100, 249]]}}.'  # noqa: E501
        )
    shots = {}
    for title, value in content.items():
        where = f"{path}: {title}"
        try:
            points = np.asarray(value)
        except ValueError:  # rows of several lengths
            points = np.empty(0, object)
        if not isinstance(value, list) or points.dtype.kind not in "if":
            found = f"holds {str(value)[:40]}, expected a list of frame numbers"
            fail(
                where,
                found,
                "Store [[first, last], ...] or [first frame of every shot, ..., number of frames]",
            )
        shots[title] = Shots(where, title, points)
    return shots


def _from_csv(path: str) -> dict[str, Shots]:
    rows: dict[str, list[tuple[int, int]]] = {}
    content = read_bytes(path, "Check the path and its permissions.")
    try:
        with io.StringIO(content.decode("utf-8-sig"), newline="") as handle:
            reader = csv.DictReader(handle)
            if missing := [name for name in _COLUMNS if name not in (reader.fieldnames or [])]:
                has = ",".join(reader.fieldnames or []) or "nothing"
                raise UserError(
                    f"{path}: the first line has no {', '.join(missing)} (it is {has:.80}). "
                    f"Begin with {','.join(_COLUMNS)}."
                )
            for row in reader:
                try:
                    pair = int(row["first_frame"]), int(row["last_frame"])
                except (TypeError, ValueError):
                    found = f"{row['first_frame']!r:.40}, {row['last_frame']!r:.40}"
                    raise UserError(
                        f"{path}: line {reader.line_num}: {found} are not two whole frame "
                        "numbers. Correct them."
                    ) from None
                if not row["video"]:
                    raise UserError(
                        f"{path}: line {reader.line_num}: no video. Begin the line with its key "
                        "or title."
                    )
                rows.setdefault(row["video"], []).append(pair)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a CSV file ({error}).") from None
    return {
        title: Shots(f"{path}: {title}", title, np.asarray(pairs)) for title, pairs in rows.items()
    }
