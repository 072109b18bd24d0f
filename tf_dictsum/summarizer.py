"""Summaries of one's own videos, from Python: what `python -m tf_dictsum.summarize` does, as
objects.
"""

import dataclasses
import html
import os
import pathlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from tf_dictsum.footage.feature_cache import FeatureCache
from tf_dictsum.footage.footage import Footage
from tf_dictsum.footage.reading import FPS, VideoReader
from tf_dictsum.render.summary_json import as_json
from tf_dictsum.selectors.loaded import LoadedSelector
from tf_dictsum.selectors.loading import load_selector
from tf_dictsum.shots.selection import RATIO
from tf_dictsum.summary.budget import Budget
from tf_dictsum.summary.selectors import Representative, Trained
from tf_dictsum.summary.selectors import Selector as Chooser
from tf_dictsum.summary.summarizing import summarize as choose
from tf_dictsum.summary.summary import VideoSummary

__all__ = ["FilmSummary", "Summarizer", "read_video", "summarize"]

Report = Callable[[str, float, float | None, str], None]


@dataclasses.dataclass(frozen=True, eq=False)
class FilmSummary(VideoSummary):
    """The summary of one video, with what is needed to write its files.

    Attributes:
      footage: the video, as it was read.
    """

    footage: Footage | None = None

    def to_dict(self) -> dict[str, Any]:
        """The content of the file <name>-summary.json (docs/video.md)."""
        return as_json(self)

    def write(
        self, folder: str | os.PathLike[str] = "", kinds: Collection[str] | None = None
    ) -> list[pathlib.Path]:
        """Writes the files of the summary: key frames, storyboard, clip, tables, page.

        Args:
          folder: made where missing; "": <name>-summary in the current one.
          kinds: some of json, csv, keyframes, storyboard, scores, mp4, html, edl, otio; None: all
            but the last two.

        Raises:
          UserError: an unknown kind, the video cannot be read any more, or the file system refused.
        """
        from tf_dictsum.render.outputs import (  # matplotlib takes a second
            DEFAULT_KINDS,
            write_outputs,
        )

        timeline = self.footage.timeline if self.footage and self.footage.video else None
        place = folder or f"{self.name}-summary"
        return write_outputs(self, place, kinds or DEFAULT_KINDS, timeline=timeline)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{segment.start:.1f} s</td><td>{segment.end:.1f} s</td>"
            f"<td>{segment.score:.3f}</td></tr>"
            for segment in self.segments
        )
        frames = ", ".join(f"{frame.seconds:.1f} s" for frame in self.key_frames)
        lines = [
            f"{self.name}: {self.summary_duration:.1f} s of {self.duration:.1f} s. "
            f"{self.method_text}",
            f"Key frames: {frames}.",
            *self.warnings,
        ]
        text = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
        return f"{text}<table><tr><th>from</th><th>to</th><th>score</th></tr>{rows}</table>"


class Summarizer:
    """Summarizes videos with one choice of everything; the feature network is loaded once.

    Args:
      selector: a trained selector, or where one is (see `load_selector`); None: what stands for the
        whole video, without training.
      ratio: part of the video that the clip may fill, in (0, 1].
      seconds: its length instead.
      key_frames: so many key frames of the whole video; None: the best frame of every chosen shot.
      backbone: network of the features: "googlenet", or one of keras.applications.
      weights: its weights; "": the user's cache folder, then the publisher's address.
      cache: whether features are kept in the user's cache folder, and taken from there.
      fps: sampled frames per second.

    Raises:
      UserError: a value out of range, or no such selector.
    """

    def __init__(
        self,
        selector: LoadedSelector | str | os.PathLike[str] | None = None,
        *,
        ratio: float = RATIO,
        seconds: float | None = None,
        key_frames: int | None = None,
        backbone: str = "googlenet",
        weights: str = "",
        cache: bool = True,
        fps: float = FPS,
    ):
        self.budget = Budget(ratio, seconds, key_frames)
        if selector is not None and not isinstance(selector, LoadedSelector):
            selector = load_selector(selector)
        self.selector = selector
        self._reader = VideoReader(backbone, weights, FeatureCache() if cache else None, fps)

    def read(self, path: str | os.PathLike[str], progress: Report | None = None) -> Footage:
        """Reads a video: its features, and the time of every frame.

        Args:
          path: of the video.
          progress: called with what is being done, how far it is, how far it goes (None: unknown)
            and the unit.

        Raises:
          UserError: it cannot be read, or the feature network cannot be had.
        """
        file, name = os.fspath(path), pathlib.Path(path).stem
        return self._reader.read(file, name, progress or (lambda *_: None))[0]

    def summarize(self, video: Footage | str | os.PathLike[str]) -> FilmSummary:
        """Chooses shots and key frames of a video, or of its footage.

        Raises:
          UserError: as `read`, or features that the selector was not trained on.
        """
        footage = video if isinstance(video, Footage) else self.read(video)
        summary = choose(footage, self._chooser(footage), self.budget)
        values: Mapping[str, Any] = {
            field.name: getattr(summary, field.name) for field in dataclasses.fields(summary)
        }
        return FilmSummary(**values, footage=footage)

    def _chooser(self, footage: Footage) -> Chooser:
        if self.selector is None:
            return Representative()
        self.selector.check_features(footage.features.shape[1], footage.extractor)
        selector = self.selector
        return Trained(selector.score, selector.method, selector.source, selector.text)


def read_video(
    path: str | os.PathLike[str],
    *,
    backbone: str = "googlenet",
    weights: str = "",
    cache: bool = True,
    fps: float = FPS,
) -> Footage:
    """The features of a video and the time of every frame; arguments as `Summarizer`.

    Raises:
      UserError: as `Summarizer.read`.
    """
    return Summarizer(backbone=backbone, weights=weights, cache=cache, fps=fps).read(path)


def summarize(
    video: Footage | str | os.PathLike[str],
    selector: LoadedSelector | str | os.PathLike[str] | None = None,
    **options: Any,
) -> FilmSummary:
    """The summary of one video; arguments as `Summarizer`, which does several with one feature
    network.

    Raises:
      UserError: as `Summarizer` and its methods.
    """
    return Summarizer(selector, **options).summarize(video)
