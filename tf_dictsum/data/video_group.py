"""One group of an ECCV16-layout file -> one Video, every array read once and checked."""

import h5py
import numpy as np

from tf_dictsum.data.checks import (
    check_change_points,
    check_picks,
    check_user_summary,
    fail,
    finite_float32,
    one_integer,
    whole_numbers,
)
from tf_dictsum.data.video import Video
from tf_dictsum.util.allowance import Allowance, RefusedError
from tf_dictsum.util.stored import (
    READ_ERRORS,
    entry_of,
    read_array,
    read_attributes,
)
from tf_dictsum.util.text import printable

__all__ = ["plain_attributes", "read_video", "text_of"]

_ARRAYS: tuple[str, ...] = (
    "features",
    "picks",
    "n_frames",
    "n_steps",
    "change_points",
    "n_frame_per_seg",
)
_ARRAYS += ("user_summary", "user_scores", "gtscore", "gtsummary", "video_name")
_LONG = 1_000_000  # frames, nine hours at 30 a second: anything below is cheap
_LONGER = 20  # times what the sampled frames reach to: then one of the numbers is damaged
_FRAMES_PER_PICK = 15  # the field's sampling: 2 frames of a 30 fps video each second


def read_video(
    group: h5py.Group, source: str, key: str, need_features: bool, allowance: Allowance
) -> Video:
    """Reads `group`, which is the video `key` of the file `source`.

    Args:
      group: of an open file.
      source: the file's path, for messages.
      key: name of the video.
      need_features: whether a video without features is an error.
      allowance: memory that the file may still take.

    Raises:
      UserError: a missing or wrong entry; names file, video, entry, what was found and what to do.
    """
    where = f"{source}:{key}"
    entries = _read_all(group, where, allowance)
    if need_features and "features" not in entries:
        has = ", ".join(sorted(entries)) or "nothing of the ECCV16 layout"
        fail(
            f"{where}/features",
            f"missing (the group has {has})",
            "Give a file with frame features; this step cannot do without",
        )

    features = None
    if "features" in entries:
        features = finite_float32(f"{where}/features", entries["features"], rank=2)
        if not features.size:
            fail(
                f"{where}/features",
                f"empty, shape {features.shape}",
                "Remove the video or extract its features again",
            )
    gtscore, gtsummary = (
        finite_float32(f"{where}/{name}", _flat(entries[name]), rank=1) if name in entries else None
        for name in ("gtscore", "gtsummary")
    )

    n_frames = _n_frames(entries, where)
    if "picks" in entries:
        picks = check_picks(f"{where}/picks", _flat(entries["picks"]), n_frames)
    else:
        picks = _default_picks(entries, where, n_frames)
    _check_steps(entries, where)

    change_points = None
    if "change_points" in entries:
        change_points = check_change_points(
            f"{where}/change_points", entries["change_points"], n_frames
        )
        if "n_frame_per_seg" in entries:
            _check_shot_lengths(
                f"{where}/n_frame_per_seg", entries["n_frame_per_seg"], change_points
            )
    user_summary = user_scores = None
    if "user_summary" in entries:
        user_summary = check_user_summary(
            f"{where}/user_summary", entries["user_summary"], n_frames
        )
    if "user_scores" in entries:
        user_scores = finite_float32(f"{where}/user_scores", entries["user_scores"], rank=2)
        if user_scores.shape[1] != n_frames or not len(user_scores):
            fail(
                f"{where}/user_scores",
                f"shape {user_scores.shape}, expected [users, {n_frames}]",
                "Store one row of n_frames per person",
            )

    name = printable(text_of(entries["video_name"])) if "video_name" in entries else ""
    try:
        attributes = plain_attributes(group)
    except READ_ERRORS as error:
        fail(
            where,
            f"attributes cannot be read ({' '.join(str(error).split())})",
            "The file is damaged: copy or download it again",
        )
    return Video(
        key,
        features,
        picks,
        n_frames,
        change_points,
        user_summary,
        user_scores,
        gtscore,
        gtsummary,
        name or key,
        attributes,
    )


def plain_attributes(group: h5py.Group) -> dict[str, object]:
    """The HDF5 attributes of a file or group as plain Python: str, number, list, or None for an
    empty one.
    """
    return {name: _plain(value) for name, value in read_attributes(group).items()}


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()] if value.ndim else _plain(value.item())
    if isinstance(value, h5py.Empty):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _read_all(group: h5py.Group, where: str, allowance: Allowance) -> dict[str, np.ndarray]:
    entries = {}
    for name in _ARRAYS:
        try:
            if name not in group:
                continue
            entry = entry_of(group, name)
            if not isinstance(entry, h5py.Dataset):
                fail(
                    f"{where}/{name}",
                    "a group, expected an array",
                    "Store an array under this name",
                )
            entries[name] = read_array(entry, allowance, text=name == "video_name")
        except RefusedError as refused:
            fail(f"{where}/{name}", refused.finding, refused.remedy)
        except READ_ERRORS as error:
            fail(
                f"{where}/{name}",
                f"cannot be read ({' '.join(str(error).split())})",
                "The file is damaged: copy or download it again",
            )
    return entries


def _flat(array: np.ndarray) -> np.ndarray:
    """A column or row as a vector: MATLAB and some writers store vectors as [n, 1] or [1, n]."""
    return array.reshape(-1) if array.ndim == 2 and 1 in array.shape else array


def text_of(array: np.ndarray) -> str:
    """The text that a scalar or one-element array of strings holds; "" when it is empty."""
    value = array.reshape(-1)[0] if array.size else ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _n_frames(entries: dict[str, np.ndarray], where: str) -> int:
    if "n_frames" in entries:
        n_frames = one_integer(f"{where}/n_frames", entries["n_frames"])
        _check_length(entries, where, n_frames)
        return n_frames
    for name in ("user_summary", "user_scores"):
        if name in entries and entries[name].ndim == 2 and entries[name].shape[1]:
            return int(entries[name].shape[1])
    if "change_points" in entries and entries["change_points"].size:
        return int(whole_numbers(f"{where}/change_points", entries["change_points"]).max()) + 1
    fail(
        f"{where}/n_frames",
        "missing, and nothing else in the group tells it",
        "Store the video's number of frames",
    )


def _check_length(entries: dict[str, np.ndarray], where: str, n_frames: int) -> None:
    """Refuses a length that nothing else in the group comes near to: memory and time grow with
    it.
    """
    rows = [entries[name] for name in ("user_summary", "user_scores") if name in entries]
    if n_frames <= _LONG or any(row.ndim == 2 and row.shape[1] == n_frames for row in rows):
        return
    steps = (
        np.diff(whole_numbers(f"{where}/picks", _flat(entries["picks"])))
        if "picks" in entries
        else ()
    )
    gap = max(float(np.median(steps)), _FRAMES_PER_PICK) if len(steps) else _FRAMES_PER_PICK
    count = next(iter(_step_counts(entries, where).values()), 0)
    if n_frames > _LONGER * gap * max(count, 1):
        fail(
            f"{where}/n_frames",
            f"is {n_frames:,}, but the video has {count:,} sampled frames, {gap:g} apart",
            "Store the true count",
        )


def _step_counts(entries: dict[str, np.ndarray], where: str) -> dict[str, int]:
    counts = {"features": len(entries["features"])} if "features" in entries else {}
    counts |= {
        name: _flat(entries[name]).size
        for name in ("picks", "gtscore", "gtsummary")
        if name in entries
    }
    if "n_steps" in entries:
        counts["n_steps"] = one_integer(f"{where}/n_steps", entries["n_steps"])
    return counts


def _default_picks(entries: dict[str, np.ndarray], where: str, n_frames: int) -> np.ndarray:
    """Every 15th frame, where that gives as many steps as the other entries have."""
    n_steps = next(iter(_step_counts(entries, where).values()), None)
    picks = np.arange(0, n_frames, _FRAMES_PER_PICK, dtype=np.int64)
    if n_steps != len(picks):
        has = (
            "no entry tells the number of steps"
            if n_steps is None
            else f"the video has {n_steps} steps"
        )
        every = f"every {_FRAMES_PER_PICK}th of {n_frames} frames would be {len(picks)} steps"
        fail(
            f"{where}/picks",
            f"missing; {every}, but {has}",
            "Store the frame number of every feature row",
        )
    return picks


def _check_steps(entries: dict[str, np.ndarray], where: str) -> None:
    counts = _step_counts(entries, where)
    reference, n_steps = next(
        iter(counts.items())
    )  # features first: they are what the rest describes
    if n_steps == 0:
        fail(
            f"{where}/{reference}",
            "empty: the video has 0 steps",
            "Remove the video or extract its features again",
        )
    for name, count in counts.items():
        if count != n_steps:
            has = f"is {count}" if name == "n_steps" else f"has {count} values"
            fail(
                f"{where}/{name}",
                f"{has}, but {reference} has {n_steps}",
                "Store one value for every sampled frame in each of them",
            )


def _check_shot_lengths(where: str, lengths: np.ndarray, change_points: np.ndarray) -> None:
    lengths = whole_numbers(where, lengths).reshape(-1)
    true = change_points[:, 1] - change_points[:, 0] + 1
    if len(lengths) != len(true):
        fail(
            where,
            f"has {len(lengths)} shots, but change_points has {len(true)}",
            "Correct it or remove the key",
        )
    for i in np.flatnonzero(lengths != true)[:1]:
        fail(
            where,
            f"says {lengths[i]} frames for shot {i}, but change_points give {true[i]}",
            "Correct it or remove the key",
        )
