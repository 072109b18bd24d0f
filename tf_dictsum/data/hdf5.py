"""Dataset files in the layout of the field (ECCV16): one HDF5 group per video."""

import io
import os
import pathlib
import re

import h5py
import numpy as np

from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.data.video_group import plain_attributes, read_video
from tf_dictsum.util.allowance import Allowance, RefusedError
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import atomic_path, reading
from tf_dictsum.util.stored import READ_ERRORS, entry_of, open_stored
from tf_dictsum.util.text import printable

__all__ = ["load_dataset", "natural_order", "open_dataset_file", "save_dataset", "write_video"]

_WHERE_FROM = (
    "SumMe and TVSum features are the ECCV16 files eccv16_dataset_summe_google_pool5.h5 / "
    "eccv16_dataset_tvsum_google_pool5.h5 "
    "distributed with K. Zhou's pytorch-vsumm-reinforce; --dataset=demo needs no file"
)


def load_dataset(source: str, *, need_features: bool = True) -> Dataset:
    """Reads and checks a whole dataset.

    Args:
      source: "demo" for the built-in generated videos, or the path of an HDF5 file. Every group at
        its root is a video (any name) with `features` [n_steps, D] (any number type), `n_frames`,
        `picks` (left
        out: every 15th frame) and any of `change_points`, `user_summary`, `user_scores`, `gtscore`,
        `gtsummary`, `video_name`; `n_steps` and `n_frame_per_seg` are only checked.
      need_features: whether a video without features is an error; features that are there are read
        in any case.

    Returns:
      The videos in natural order of their keys, typed as `Video` says.

    Raises:
      UserError: the file cannot be read or an entry is wrong; one line with file, video, entry,
        finding and remedy.
    """
    if source == "demo":
        return demo_dataset()
    with open_dataset_file(source) as file:
        try:
            attributes = plain_attributes(file)
            keys = sorted(file, key=natural_order)
        except READ_ERRORS as error:
            raise UserError(
                f"{source}: damaged HDF5 file ({_line(error)}). Copy or download it again."
            ) from None
        videos: dict[str, Video] = {}
        allowance = Allowance.of(source)
        for key in keys:
            if printable(key) != key:
                raise UserError(
                    f"{source}: a group is named {key!r}, with characters that nothing can show. "
                    "Name it video_1, video_2, ..."
                )
            try:
                entry = entry_of(file, key)
            except RefusedError as refused:
                raise UserError(
                    f"{source}:{key}: cannot be read ({refused.finding}). {refused.remedy}."
                ) from None
            except READ_ERRORS as error:
                raise UserError(
                    f"{source}:{key}: cannot be read ({_line(error)}). Copy or download the file "
                    "again."
                ) from None
            if isinstance(entry, h5py.Group):
                videos[key] = read_video(entry, source, key, need_features, allowance)
    if not videos:
        has = f"its root has only {', '.join(keys[:5])}" if keys else "it is empty"
        raise UserError(
            f"{source}: no video groups ({has}). Give a file in the ECCV16 layout: one group per "
            f"video. {_WHERE_FROM}."
        )
    _check_widths(source, videos)
    return Dataset(_name(source, attributes), source, videos, attributes)


def save_dataset(dataset: Dataset, path: str | os.PathLike[str]) -> None:
    """Writes `dataset` to `path` in the ECCV16 layout, whole or not at all; what is None is left
    out.

    `user_summary` is written as float32, as the field's own files have it; the name goes to the
    root attribute `dataset`.

    Raises:
      UserError: the file system refused.
    """
    # In memory first: where the disk is full, HDF5 prints a page of its own for every object and
    # may crash afterwards.
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        for name, value in {**dataset.attributes, "dataset": dataset.name}.items():
            if value is not None:
                file.attrs[name] = value
        for key, video in dataset.videos.items():
            write_video(file.create_group(key), video)
    with atomic_path(path) as partial:
        partial.write_bytes(image.getbuffer())


def write_video(group: h5py.Group, video: Video) -> None:
    """Writes one video into an empty group; what is None is left out."""
    for name, value in video.attributes.items():
        if value is not None:
            group.attrs[name] = value
    if video.features is not None:
        group["features"] = video.features
    group["picks"] = video.picks
    group["n_frames"] = np.int64(video.n_frames)
    group["n_steps"] = np.int64(video.n_steps)
    group["video_name"] = video.name or video.key
    if video.change_points is not None:
        group["change_points"] = video.change_points
        group["n_frame_per_seg"] = video.change_points[:, 1] - video.change_points[:, 0] + 1
    for name in ("user_summary", "user_scores", "gtscore", "gtsummary"):
        value = getattr(video, name)
        if (
            value is not None
        ):  # per-frame rows are long runs of equal values: nearly free once compressed
            group.create_dataset(
                name, data=value.astype(np.float32), compression="gzip", compression_opts=1
            )


def open_dataset_file(source: str) -> h5py.File:
    """Opens an HDF5 file for reading.

    Raises:
      UserError: missing, unreadable, truncated, damaged or no HDF5 file; names the file and what
        was found.
    """
    if os.path.isdir(source):
        raise UserError(
            f"{source}: a directory, expected an HDF5 file. Name the .h5 file inside it."
        )
    there = os.path.exists(source)
    advice = "Check the path and its permissions." if there else f"{_WHERE_FROM}."
    with reading(source, advice), open(source, "rb") as handle:
        beginning = handle.read(16)
    if not h5py.is_hdf5(source):
        found = f"it begins with {beginning!r}" if beginning else "it is empty"
        raise UserError(
            f"{source}: not an HDF5 file ({found}). Give a file in the ECCV16 layout. "
            f"{_WHERE_FROM}."
        )
    try:
        return open_stored(source)
    except READ_ERRORS as error:
        if "truncated" in str(error):
            size = os.path.getsize(source)
            raise UserError(
                f"{source}: truncated HDF5 file ({size} bytes are there). Copy or download it "
                "again."
            ) from None
        raise UserError(
            f"{source}: HDF5 cannot open it ({_line(error)}). Copy or download it again."
        ) from None


def _check_widths(source: str, videos: dict[str, Video]) -> None:
    widths = {
        key: video.features.shape[1] for key, video in videos.items() if video.features is not None
    }
    for key, width in widths.items():
        first = next(iter(widths))
        if width != widths[first]:
            found = f"width {width}, but {first} has {widths[first]}"
            raise UserError(
                f"{source}:{key}/features: {found}. Extract the features of all videos of a file "
                "with one network."
            )


def natural_order(key: str) -> tuple[list[str | int], str]:
    """Sort key that puts video_2 before video_10."""
    parts = re.split(r"([0-9]+)", key)
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], key


def _name(source: str, attributes: dict[str, object]) -> str:
    stem = pathlib.Path(source).stem
    guess = next((name for name in ("SumMe", "TVSum") if name.lower() in stem.lower()), stem)
    return str(attributes.get("dataset") or guess)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
