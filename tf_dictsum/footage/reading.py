"""Videos and features files as footage."""

import os
import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import h5py
import numpy as np

from tf_dictsum._version import __version__
from tf_dictsum.data.extractor_record import read_extractor
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.video import Video
from tf_dictsum.data.video_group import READ_ERRORS
from tf_dictsum.footage.feature_cache import FeatureCache, fingerprint
from tf_dictsum.footage.footage import Footage, regular_timeline
from tf_dictsum.util.errors import UserError
from tf_dictsum.video.opening import shown
from tf_dictsum.video.reader import VideoFile

__all__ = ["VideoReader", "read_features_file"]

FPS = 2.0  # steps per second: the sampling of the field's datasets
Report = Callable[[str, float, float | None, str], None]


class VideoReader:
    """Reads videos through one feature network, which is loaded when the first video needs it.

    Args:
      backbone, weights: as `extractors.extractor.make_extractor` takes them.
      cache: where features are kept; None: nowhere.
    """

    def __init__(self, backbone: str, weights: str, cache: FeatureCache | None):
        self._backbone, self._weights, self._cache = backbone, weights, cache
        self._extractor: Any = None

    def read(self, path: str, name: str, report: Report) -> tuple[Footage, bool]:
        """One video's features and times, and whether they came from the cache.

        Raises:
          UserError: it cannot be read, or the network cannot be had.
        """
        key: dict[str, Any] = {}
        if self._cache is not None:
            made = {
                "backbone": self._backbone.lower(),
                "weights": self._weights and fingerprint(self._weights),
                "fps": FPS,
            }
            key = {**fingerprint(path), **made, "version": __version__}
            found = self._cache.load(key, path, name)
            if found is not None:
                return found, True
        video = VideoFile(path)
        footage = self._extract(video, path, name, report)
        if self._cache is not None:
            self._cache.save(key, footage)
        return footage, False

    def _extract(self, video: VideoFile, path: str, name: str, report: Report) -> Footage:
        if self._extractor is None:
            report("loading the network", 0, None, "")
            self._extractor = self._load(report)
        from tf_dictsum.footage.extraction import extract

        total = video.info.duration
        found = extract(
            video,
            self._extractor,
            FPS,
            progress=lambda seconds: report("reading", seconds, total, "s"),
        )
        warnings: tuple[str, ...] = ()
        if video.problem:
            end = float(found.timeline.ends[-1])
            warnings = (
                f"The file is damaged ({video.problem}): used are the {found.timeline.n_frames} frames ({end:.1f} s) before that.",
            )
        return Footage(
            path,
            name,
            video.info.width,
            video.info.height,
            found.timeline,
            found.picks,
            found.features,
            self._extractor.record(FPS),
            warnings=warnings,
        )

    def _load(self, report: Report) -> Any:
        from tf_dictsum.util.quiet import load_tensorflow

        load_tensorflow()
        from tf_dictsum.extractors.extractor import make_extractor

        mib = 1 / 2**20
        return make_extractor(
            self._backbone,
            self._weights,
            lambda source, done: report(
                f"downloading {source.name}", done * mib, source.size * mib or None, "MiB"
            ),
        )


def read_features_file(path: str) -> Iterator[Footage]:
    """Every video of a features file, as footage.

    The video itself is used where the file says where it is (attribute `file` of its group, absolute or beside the features
    file) and it is there. Without it there is no frame rate but the group's attribute `fps`, or what the field's sampling of
    two steps per second says.

    Raises:
      UserError: the file cannot be read, or a video does not have the frames that the features speak of.
    """
    dataset = load_dataset(path)
    record = read_extractor(dataset.attributes)
    extractor: Mapping[str, Any] = record or {
        "network": str(dataset.attributes.get("features", "unknown"))
    }
    stem = pathlib.Path(path).stem
    for video in dataset.videos.values():
        attributes = _attributes(path, video.key)
        name = video.name if video.name != video.key else f"{stem}-{video.key}"
        name = pathlib.PurePath(name.replace("/", "_")).name or video.key
        yield _footage(path, video, name, attributes, extractor)


def _attributes(path: str, key: str) -> dict[str, Any]:
    try:
        with h5py.File(path, "r") as file:
            return {
                str(k): v.decode("utf-8", "replace") if isinstance(v, bytes) else v
                for k, v in file[key].attrs.items()
            }
    except READ_ERRORS as error:
        raise UserError(
            f"{path}:{key}: cannot be read ({' '.join(str(error).split())}). Copy or make the file again."
        ) from None


def _footage(
    source: str,
    video: Video,
    name: str,
    attributes: Mapping[str, Any],
    extractor: Mapping[str, Any],
) -> Footage:
    assert video.features is not None
    given = str(attributes.get("file", ""))
    place = pathlib.Path(source).parent / given if given else None
    common = (video.picks, video.features, extractor, video.change_points)
    if place is not None and place.is_file():
        file = VideoFile(place)
        timeline = file.scan()
        if timeline.n_frames != video.n_frames:
            raise UserError(
                f"{shown(place)}: has {timeline.n_frames} frames, but {source}:{video.key} was made of {video.n_frames}. "
                "Was the video changed? Extract its features again."
            )
        return Footage(os.fspath(place), name, file.info.width, file.info.height, timeline, *common)
    warnings = [
        f"The video is not at hand{f' ({given})' if given else ''}: no pictures and no clip."
    ]
    fps = float(attributes.get("fps", 0) or 0)
    if not 0 < fps < 1e4:
        gap = float(np.median(np.diff(video.picks))) if video.n_steps > 1 else 15.0
        fps = FPS * gap
        warnings.append(
            f"The features file does not say the frame rate: times assume {fps:g} frames per second."
        )
    return Footage(
        "", name, 0, 0, regular_timeline(video.n_frames, fps), *common, warnings=tuple(warnings)
    )
