"""All files of one video's summary."""

import concurrent.futures
import os
import pathlib
import re
from collections.abc import Callable, Collection

from tf_dictsum.render.clip import write_clip
from tf_dictsum.render.edl import write_edl
from tf_dictsum.render.llc import write_llc
from tf_dictsum.render.names import KINDS, key_frame_name, key_frame_pattern, output_name
from tf_dictsum.render.otio import import_otio, write_otio
from tf_dictsum.render.page import write_page
from tf_dictsum.render.pictures import Thumbnail, key_frame_pictures, remove_older_key_frames
from tf_dictsum.render.storyboard import write_storyboard
from tf_dictsum.render.summary_csv import write_summary_csv
from tf_dictsum.render.summary_json import write_summary_json
from tf_dictsum.summary.summary import VideoSummary
from tf_dictsum.util.errors import UserError
from tf_dictsum.video.info import Timeline
from tf_dictsum.video.reader import VideoFile

__all__ = [
    "DEFAULT_KINDS",
    "KINDS",
    "check_folder",
    "check_kinds",
    "older_outputs",
    "write_outputs",
]

DEFAULT_KINDS = ("json", "csv", "keyframes", "storyboard", "scores", "mp4", "html")
Report = Callable[[str, int, int], None]


def check_kinds(kinds: Collection[str]) -> None:
    """Finds out before any work whether these kinds can be written.

    Raises:
      UserError: an unknown kind, or one that needs a package that is not installed.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise UserError(f"unknown output {kind!r}; choose from {', '.join(KINDS)}.")
    if "otio" in kinds:
        import_otio()


def check_folder(folder: str | os.PathLike[str]) -> None:
    """Finds out before any work whether files can be written to a folder, or where it would be
    made.

    Raises:
      UserError: they cannot.
    """
    path = pathlib.Path(folder)
    place = next(p for p in (path, *path.absolute().parents) if p.exists())
    if place.is_dir() and not os.access(place, os.W_OK):
        raise UserError(
            f"{path}: cannot write there, {place} is read-only for this user. Choose another "
            "with --out."
        )


def write_outputs(
    summary: VideoSummary,
    folder: str | os.PathLike[str],
    kinds: Collection[str] = DEFAULT_KINDS,
    *,
    timeline: Timeline | None = None,
    progress: Report | None = None,
) -> list[pathlib.Path]:
    """Writes the files of these kinds (names: `names.KINDS`); each is whole or absent, whenever
    this ends.

    What cannot be made is left out: pictures and clip without a video, the clip without segments,
      the storyboard
    without key frames.

    Args:
      summary: of one video.
      folder: made where missing.
      kinds: some of `KINDS`, in any order.
      timeline: of the video, from reading it; None decodes the video once more to make it.
      progress: called with what is being made ("key frames", "clip"), steps done and steps in all.

    Returns:
      The files written, in the order of `KINDS`, key frames among them.

    Raises:
      UserError: as `check_kinds`, or the video cannot be read (any more), or a file cannot be
        written.
    """
    check_kinds(kinds)
    report = progress or (lambda what, done, total: None)
    out = pathlib.Path(folder)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{out}: cannot make this folder: {error.strerror or error}. Choose another with --out."
        ) from error

    def path(kind: str) -> pathlib.Path:
        return out / output_name(summary.name, kind)

    with concurrent.futures.ThreadPoolExecutor(1) as beside:
        # Loading matplotlib takes as long as the clip, and leaves the processor to it now and then.
        plot = beside.submit(_plot, path("scores"), summary) if "scores" in kinds else None
        written = _write(summary, out, kinds, timeline, report)
        if plot is not None:
            plot.result()
            written["scores"] = [path("scores")]
    return [file for kind in KINDS for file in written.get(kind, [])]


def _plot(path: pathlib.Path, summary: VideoSummary) -> None:
    from tf_dictsum.render.scores_plot import write_scores_plot  # it loads matplotlib

    write_scores_plot(path, summary)


def _write(
    summary: VideoSummary,
    out: pathlib.Path,
    kinds: Collection[str],
    timeline: Timeline | None,
    report: Report,
) -> dict[str, list[pathlib.Path]]:
    """Writes everything but the plot; files by kind."""

    def path(kind: str) -> pathlib.Path:
        return out / output_name(summary.name, kind)

    video = VideoFile(summary.video, timeline) if summary.video else None
    sounds = len(video.info.audio_streams) if video else 0
    written: dict[str, list[pathlib.Path]] = {}
    thumbnails = _pictures(summary, video, out, kinds, written, report)
    if "storyboard" in kinds and thumbnails:
        write_storyboard(path("storyboard"), summary, thumbnails)
        written["storyboard"] = [path("storyboard")]
    if "mp4" in kinds and video and summary.segments:
        total, done = summary.summary_frames, 0

        def count(frames: int) -> None:
            nonlocal done
            done += frames
            report("clip", done, total)

        write_clip(path("mp4"), summary.video, video.scan(), summary.segments, progress=count)
        written["mp4"] = [path("mp4")]
    simple: dict[str, Callable[[pathlib.Path], None]] = {
        "edl": lambda p: write_edl(p, summary, sound=sounds > 0),
        "otio": lambda p: write_otio(p, summary, sound_tracks=sounds),
        "llc": lambda p: write_llc(p, summary),
        "html": lambda p: write_page(p, summary, thumbnails, has_clip="mp4" in written),
        "csv": lambda p: write_summary_csv(p, summary),
        "json": lambda p: write_summary_json(p, summary),
    }
    for kind, write in simple.items():
        if kind in kinds:
            write(path(kind))
            written[kind] = [path(kind)]
    return written


def older_outputs(
    folder: str | os.PathLike[str], name: str, written: Collection[pathlib.Path]
) -> list[pathlib.Path]:
    """Files of a summary of this video name in the folder that are not among `written`: another
    run's, and perhaps of another choice.
    """
    pictures = re.compile(re.escape(name) + key_frame_pattern())
    names = {output_name(name, kind) for kind in KINDS if kind != "keyframes"}
    new = {path.name for path in written}
    found = (
        path
        for path in pathlib.Path(folder).iterdir()
        if path.name in names or pictures.fullmatch(path.name)
    )
    return sorted(path for path in found if path.name not in new)


def _pictures(
    summary: VideoSummary,
    video: VideoFile | None,
    out: pathlib.Path,
    kinds: Collection[str],
    written: dict[str, list[pathlib.Path]],
    report: Report,
) -> list[Thumbnail]:
    if video is None or not {"keyframes", "storyboard", "html"} & set(kinds):
        return []
    total, done = len(summary.key_frames), 0

    def count(pictures: int) -> None:
        nonlocal done
        done += pictures
        report("key frames", done, total)

    thumbnails = key_frame_pictures(
        summary, video, out if "keyframes" in kinds else None, progress=count
    )
    if "keyframes" in kinds:
        remove_older_key_frames(out, summary)
        written["keyframes"] = [
            out / key_frame_name(summary.name, key) for key in summary.key_frames
        ]
    return thumbnails
