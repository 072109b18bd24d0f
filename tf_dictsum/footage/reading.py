"""Videos and features files as footage."""

import os
import pathlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from absl import logging

from tf_dictsum.data.extractor_record import read_extractor
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.video import Video
from tf_dictsum.footage.extraction import BATCH_SIZE, extract
from tf_dictsum.footage.feature_cache import FeatureCache, fingerprint
from tf_dictsum.footage.footage import Footage, regular_timeline
from tf_dictsum.footage.shot_boundaries import with_shots
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.stored import READ_ERRORS, open_stored, read_attributes
from tf_dictsum.video.opening import shown
from tf_dictsum.video.reader import VideoFile

if TYPE_CHECKING:  # it loads TensorFlow, which features from the cache do without
    from tf_dictsum.extractors.extractor import Extractor

__all__ = ["VideoReader", "read_features_file"]

FPS = 2.0  # steps per second: the sampling of the field's datasets
_LOOK_SECONDS = 3.0  # of reading, before its speed is known ...
_LONG_SECONDS = 60.0  # ... and what is worth a word
Report = Callable[[str, float, float | None, str], None]


class VideoReader:
    """Reads videos through one feature network, which is loaded when the first video needs it.

    With a cache a video is read once, and an interrupted reading goes on where it was.

    Args:
      backbone, weights: as `extractors.extractor.make_extractor` takes them.
      cache: where features are kept; None: nowhere.
      fps: steps per second.
      batch_size: pictures per call of the network.
    """

    def __init__(
        self,
        backbone: str,
        weights: str,
        cache: FeatureCache | None,
        fps: float = FPS,
        batch_size: int = BATCH_SIZE,
    ):
        self._backbone, self._weights, self._cache = backbone, weights, cache
        self._fps, self._batch_size = fps, batch_size
        self._extractor: Extractor | None = None

    def read(self, path: str, name: str, report: Report) -> tuple[Footage, bool]:
        """One video's features and times, and whether they came from the cache.

        Raises:
          UserError: it cannot be read, or the network cannot be had.
        """
        cache = self._cache
        key: dict[str, Any] = {}
        if cache is not None:
            key = {**fingerprint(path), "backbone": self._backbone.lower(), "fps": self._fps}
            weights = self._checksum(cache, report)
            kept = cache.load(key, path, name, weights)
            if kept is not None:
                return kept, True
        video = VideoFile(path)
        footage = with_shots(self._extract(video, key, path, name, report))
        if cache is not None:
            cache.save(key, footage)
        return footage, False

    def record(self, report: Report) -> dict[str, Any]:
        """What makes the features (`data.extractor_record`). Raises UserError: the network cannot
        be had.
        """
        return self._loaded(report).record(self._fps)

    def _checksum(self, cache: FeatureCache, report: Report) -> str | None:
        """Of the weights that the features must be of; None for any."""
        if not self._weights or self._backbone.lower() != "googlenet":
            return None if not self._weights else self._loaded(report).weights
        noted = cache.weights_of(self._weights)
        return noted if noted is not None else self._loaded(report).weights

    def _extract(
        self, video: VideoFile, key: Mapping[str, Any], path: str, name: str, report: Report
    ) -> Footage:
        extractor, cache, total = self._loaded(report), self._cache, video.info.duration
        part = cache.load_part(key, extractor.weights) if cache else None
        estimate = _Estimate(name, total)
        if part is not None:
            begin = float(part.beginning.timeline.seconds[-1])
            logging.info("%s: goes on at %.0f s, where reading it was interrupted.", name, begin)

        def progress(seconds: float) -> None:
            report("reading", seconds, total, "s")
            estimate.update(seconds)

        extracted = extract(
            video,
            extractor,
            self._fps,
            batch_size=self._batch_size,
            progress=progress,
            part=part,
            keep=(lambda so_far: cache.save_part(key, extractor.weights, so_far))
            if cache
            else None,
        )
        warnings: tuple[str, ...] = ()
        if video.problem:
            end = float(extracted.timeline.ends[-1])
            warnings = (
                f"The file is damaged ({video.problem}): used are the "
                f"{extracted.timeline.n_frames} frames ({end:.1f} s) before that.",
            )
        return Footage(
            path,
            name,
            video.info.width,
            video.info.height,
            extracted.timeline,
            extracted.picks,
            extracted.features,
            extractor.record(self._fps),
            changes=extracted.changes,
            looks=extracted.looks,
            warnings=warnings,
        )

    def _loaded(self, report: Report) -> "Extractor":
        if self._extractor is None:
            report("loading TensorFlow", 0, None, "")
            self._extractor = self._load(report)
            if self._cache is not None and self._weights:
                self._cache.remember_weights(self._weights, self._extractor.weights)
        return self._extractor

    def _load(self, report: Report) -> "Extractor":
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


class _Estimate:
    """Says once, a few seconds into a long reading, how long it will take."""

    def __init__(self, name: str, total: float | None):
        self._name, self._total = name, total
        self._begin: tuple[float, float] | None = None

    def update(self, seconds: float) -> None:
        """`seconds` of the video are read."""
        now = time.monotonic()
        if self._total is None:
            return
        if self._begin is None:
            self._begin = (now, seconds)
            return
        spent, read = now - self._begin[0], seconds - self._begin[1]
        if spent < _LOOK_SECONDS or read <= 0:
            return
        left = (self._total - seconds) * spent / read
        if left > _LONG_SECONDS:
            logging.info(
                "%s: %.0f min of video, reading it takes about %.0f min more.",
                self._name,
                self._total / 60,
                left / 60,
            )
        self._total = None


def read_features_file(path: str) -> Iterator[Footage]:
    """Every video of a features file, as footage.

    The video itself is used where the file says where it is (attribute `file` of its group,
    absolute or beside the features file) and it is there. Without it there is no frame rate but the
    group's attribute `fps`, or what the field's sampling of two steps per second says.

    Raises:
      UserError: the file cannot be read, or a video does not have the frames that the features
        speak of.
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
        with open_stored(path) as file:
            return {
                name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                for name, value in read_attributes(file[key]).items()
            }
    except READ_ERRORS as error:
        raise UserError(
            f"{path}:{key}: cannot be read ({' '.join(str(error).split())}). "
            "Copy or make the file again."
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
    if place is not None and place.is_file():
        file = VideoFile(place)
        timeline = file.scan()  # of the whole file: its cuts come along
        if timeline.n_frames != video.n_frames:
            raise UserError(
                f"{shown(place)}: has {timeline.n_frames} frames, but {source}:{video.key} was "
                "made "
                f"of {video.n_frames}. Was the video changed? Extract its features again."
            )
        return Footage(
            os.fspath(place),
            name,
            file.info.width,
            file.info.height,
            timeline,
            video.picks,
            video.features,
            extractor,
            video.change_points,
            file.changes,
        )
    warnings = [
        f"The video is not at hand{f' ({given})' if given else ''}: no pictures and no clip."
    ]
    fps = float(attributes.get("fps", 0) or 0)
    if not 0 < fps < 1e4:
        gap = float(np.median(np.diff(video.picks))) if video.n_steps > 1 else 15.0
        fps = FPS * gap
        warnings.append(
            f"The features file does not say the frame rate: times assume {fps:g} frames per "
            "second."
        )
    return Footage(
        "",
        name,
        0,
        0,
        regular_timeline(video.n_frames, fps),
        video.picks,
        video.features,
        extractor,
        video.change_points,
        warnings=tuple(warnings),
    )
