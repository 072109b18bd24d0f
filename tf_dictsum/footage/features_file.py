"""A features file that grows video by video: finished videos survive an interrupt, the file itself
is whole or absent.
"""

import contextlib
import json
import os
import pathlib
import shutil
from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np

from tf_dictsum.data.extractor_record import check_extractor, extractor_attributes, read_extractor
from tf_dictsum.data.hdf5 import write_video
from tf_dictsum.data.video import Video
from tf_dictsum.footage.feature_cache import FeatureCache, fingerprint
from tf_dictsum.footage.footage import Footage
from tf_dictsum.footage.shot_boundaries import SOURCE, shots_of
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import atomic_path
from tf_dictsum.util.stored import READ_ERRORS, entry_of, open_stored, read_attributes
from tf_dictsum.video.opening import shown

__all__ = ["FeaturesFile"]

_SLACK = (
    1 << 16
)  # bytes per video for what is not in its part: change points, names, HDF5's own tables


class FeaturesFile:
    """FILE.h5 in the ECCV16 layout, and beside it, while it is being made, a hidden folder with one
    entry per finished video.

    A video that the file has already (the same content, wherever it lies) is not extracted again;
    one that has changed since replaces its old group.

    Args:
      path: of the file; what it holds is kept.
      record: of the extractor (`data.extractor_record`); every video of a file is made by one
        extractor.

    Raises:
      UserError: the file is there and not a features file of this extractor, or its folder cannot
        be written.
    """

    def __init__(self, path: pathlib.Path, record: Mapping[str, Any]):
        self.path = path
        self._record = dict(record)
        self._there: dict[str, str] = {}  # fingerprint -> group
        self._files: dict[str, str] = {}  # path of the video -> group
        self._added: dict[str, str] = {}  # fingerprint -> path of the video, in order
        if path.exists():
            self._read()
        self._parts = FeatureCache(path.with_name(f".{path.name}.parts"), largest=1 << 62)
        try:
            self._parts.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"{path}: cannot write there: {error.strerror or error}. Choose another `out`."
            ) from None

    def _read(self) -> None:
        advice = "Choose another `out`, or delete the file."
        try:
            with open_stored(self.path) as file:
                record = read_extractor(file)
                for key in file:
                    about = read_attributes(entry_of(file, key))
                    self._there[str(about.get("fingerprint", key))] = key
                    self._files[str(about.get("file", key))] = key
        except READ_ERRORS as error:
            raise UserError(
                f"{self.path}: is there and not a features file "
                f"({' '.join(str(error).split())}). {advice}"
            ) from None
        if record is None:
            raise UserError(
                f"{self.path}: is there and does not say what made its features, so nothing can "
                f"be added. {advice}"
            )
        check_extractor(record, self._record, str(self.path), "of this file", advice)

    def __contains__(self, video: str | os.PathLike[str]) -> bool:
        """Whether the features of this very file are there, in the file or as a finished part."""
        mark = self._mark(video)
        if mark in self._there:
            return True
        if self._parts.load(self._key(mark), "", "") is None:
            return False
        self._added[mark] = os.fspath(video)
        return True

    def add(self, footage: Footage) -> None:
        """Keeps a video's features on disk, beside the file; `write` brings them in.

        Args:
          footage: of a video that exists.

        Raises:
          UserError: it cannot be written.
        """
        mark = self._mark(footage.video)
        self._parts.save(self._key(mark), footage)
        if self._parts.load(self._key(mark), "", "") is None:
            raise UserError(
                f"{self._parts.folder}: features cannot be kept there. Free space or choose "
                "another `out`."
            )
        self._added[mark] = footage.video

    def tidy(self) -> None:
        """Removes the folder of parts if nothing is in it."""
        with contextlib.suppress(OSError):
            self._parts.folder.rmdir()

    def write(self) -> int:
        """Writes the file with everything added, removes the parts; returns the number of videos in
        it.

        Raises:
          UserError: it cannot be written; the parts stay, so that a later run goes on from here.
        """
        if not self._added:
            count = len(self._there)
        else:
            try:
                with atomic_path(self.path) as partial:
                    if self.path.exists():
                        shutil.copyfile(self.path, partial)
                    else:
                        h5py.File(partial, "w").close()
                    self._reserve(partial)
                    with h5py.File(partial, "a") as file:
                        self._write(file)
                        count = len(file)
            except (
                RuntimeError,
                ValueError,
                KeyError,
                TypeError,
            ) as error:  # of HDF5; OSError is atomic_path's
                raise UserError(
                    f"{self.path}: cannot write it: {' '.join(str(error).split())}."
                ) from error
        shutil.rmtree(self._parts.folder, ignore_errors=True)
        return count

    def _write(self, file: h5py.File) -> None:
        for name, value in extractor_attributes(self._record).items():
            file.attrs[name] = value
        file.attrs["change_points_source"] = SOURCE
        number = 0
        for mark, video in self._added.items():
            place = self._place(video)
            key = self._files.get(place)
            if key is None:
                while f"video_{number + 1}" in file:
                    number += 1
                key = f"video_{number + 1}"
            elif key in file:
                del file[key]
            footage = self._parts.load(self._key(mark), video, "")
            if footage is None:
                raise UserError(
                    f"{self._parts.folder}: the features of {shown(video)} are gone. Run the "
                    "same command again."
                )
            group = file.create_group(key)
            write_video(group, _video(key, footage))
            group.attrs["file"] = place
            group.attrs["fingerprint"] = mark
            group.attrs["fps"] = footage.timeline.fps
            group.attrs["width"], group.attrs["height"] = footage.width, footage.height
            if footage.warnings:
                group.attrs["warnings"] = "\n".join(footage.warnings)

    def _place(self, video: str) -> str:
        """The video's path from the file's folder where it lies inside, else absolute."""
        full, folder = os.path.realpath(video), os.path.realpath(self.path.parent)
        inside = os.path.commonpath([full, folder]) == folder
        return shown(os.path.relpath(full, folder) if inside else full)

    def _mark(self, video: str | os.PathLike[str]) -> str:
        return json.dumps(fingerprint(video), sort_keys=True)

    def _key(self, mark: str) -> dict[str, Any]:
        return {"video": mark, **self._record}

    def _reserve(self, partial: pathlib.Path) -> None:
        """Makes the file as long as it can get: HDF5 crashes on a disk that fills up under it. It
        cuts off the rest itself.
        """
        needed = sum(part.stat().st_size for part in self._parts.folder.iterdir()) + _SLACK * (
            1 + len(self._added)
        )
        with open(partial, "r+b") as handle:
            os.posix_fallocate(handle.fileno(), 0, os.fstat(handle.fileno()).st_size + needed)


def _video(key: str, footage: Footage) -> Video:
    points = shots_of(footage)
    name = pathlib.Path(shown(footage.video)).stem
    return Video(
        key, np.asarray(footage.features), footage.picks, footage.n_frames, points, name=name
    )
