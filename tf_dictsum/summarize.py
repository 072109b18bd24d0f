"""python -m tf_dictsum.summarize: any video in; key frames, storyboard, clip, tables and a page to
look at out.

    python -m tf_dictsum.summarize holiday.mp4 [more videos, folders, "patterns*", features.h5 ...]

Without --model the shots and frames are chosen that stand for the whole video (no training, no
labels); with it a trained selector's scores decide. Progress and log go to stderr, one line per
video to stdout. Exit status:
0; 2 for a mistake; 3 when some videos failed (listed at the end; the others are done); 130 when
interrupted. What was read of a video is kept in the user's cache folder, so that a second run
begins at once.
"""

import contextlib
import dataclasses
import pathlib
import sys
import webbrowser

from absl import logging

from tf_dictsum.footage.feature_cache import FeatureCache
from tf_dictsum.footage.footage import Footage
from tf_dictsum.footage.inputs import Input, find_inputs
from tf_dictsum.footage.reading import VideoReader, read_features_file
from tf_dictsum.render.claim import Claim, Identity, claimed, identity_of
from tf_dictsum.render.index_page import IndexEntry, write_index
from tf_dictsum.render.names import output_name
from tf_dictsum.render.outputs import (
    DEFAULT_KINDS,
    check_folder,
    check_kinds,
    older_outputs,
    write_outputs,
)
from tf_dictsum.selectors.loading import load_selector
from tf_dictsum.shots.selection import RATIO
from tf_dictsum.summary.blended import Blended
from tf_dictsum.summary.budget import Budget, parse_duration
from tf_dictsum.summary.selectors import Representative, Selector, Trained
from tf_dictsum.summary.summarizing import summarize
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.progress import PhaseBar
from tf_dictsum.util.terminating import sigterm_as_interrupt
from tf_dictsum.util.text import printable

__all__ = ["Options", "main", "run"]

SOME_FAILED = 3


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    out: str = cli.option(
        "",
        "folder for everything (of several videos: a folder for each in it, and an index page); "
        "default: a folder <name>-summary for every video, in the current one",
    )
    ratio: float | None = cli.option(
        None, "part of the video that the clip may fill; default: 0.15"
    )
    duration: str = cli.option(
        "", "length of the clip instead of --ratio, such as 30s, 1m30s or 00:01:30"
    )
    min_segment: float = cli.option(
        1.0,
        "seconds that a shot of the clip lasts at least, where the video has such shots",
        lower_bound=0.0,
    )
    num_keyframes: int = cli.option(
        0,
        "exactly so many key frames, of the whole video; 0: the best frame of every chosen shot",
        lower_bound=0,
    )
    method: str = cli.option(
        "auto",
        "representative: what stands for the whole video, without training; model: a trained "
        "selector; "
        "blended: both (docs/agreement.md); auto: model if --model is given",
        choices=("auto", "representative", "model", "blended"),
    )
    model: str = cli.option(
        "",
        "trained selector: a run directory of tf_dictsum.train, a SavedModel, "
        "grpc://HOST:PORT/NAME, "
        "a preset such as salience-googlenet, or salience (no training); blended: salience",
    )
    backbone: str = cli.option(
        "googlenet",
        "network of the features: googlenet, or one of keras.applications, such as ResNet50",
    )
    weights: str = cli.option(
        "", "its weights; default: the user's cache folder, then the publisher's address"
    )
    outputs: tuple[str, ...] = cli.option(
        list(DEFAULT_KINDS),
        "what to write: json, csv, keyframes, storyboard, scores, mp4, html, edl, otio, llc",
    )
    edl: bool = cli.option(False, "write an edit list (CMX 3600) too")
    otio: bool = cli.option(False, "write an OpenTimelineIO file too")
    cache: bool = cli.option(
        True,
        "keep features in the user's cache folder, and use what is there; --nocache for neither",
    )
    recursive: bool = cli.option(False, "the videos of folders inside folders too")
    overwrite: bool = cli.option(False, "replace the summary of another video of the same name")
    open: bool = cli.option(False, "open the page of the last video in the browser when done")
    quiet: bool = cli.option(False, "no progress bars, and only warnings in the log")


class _Command:
    """One run over all inputs, as the flags say."""

    def __init__(self, options: Options):
        self.options = options
        if options.method == "model" and not options.model:
            raise UserError(
                "--method=model needs --model=RUN_DIR, a SavedModel or grpc://HOST:PORT/NAME."
            )
        if options.method == "representative" and options.model:
            raise UserError(
                f"--method=representative does not use --model={options.model}. Drop one of them."
            )
        if options.duration and options.ratio is not None:
            raise UserError("--ratio and --duration exclude each other; give one of them.")
        seconds = parse_duration(options.duration) if options.duration else None
        self.budget = Budget(
            RATIO if options.ratio is None else options.ratio,
            seconds,
            options.num_keyframes or None,
            options.min_segment,
        )
        self.kinds = [
            *dict.fromkeys(
                [
                    *options.outputs,
                    *(["edl"] if options.edl else []),
                    *(["otio"] if options.otio else []),
                ]
            )
        ]
        check_kinds(self.kinds)
        self.reader = VideoReader(
            options.backbone, options.weights, FeatureCache() if options.cache else None
        )
        self.selectors: dict[str, Selector] = {}
        self.page: pathlib.Path | None = None
        self.is_batch = False
        self._entries: list[IndexEntry] = []

    def do(self, item: Input) -> None:
        """One input: everything written and said on stdout. Raises UserError."""
        if item.is_features:
            for footage in read_features_file(item.path):
                _say(footage)
                with self._claimed(footage.name, identity_of(item.path, footage.name)) as claim:
                    self._finish(footage, claim)
            return
        with self._claimed(item.name, identity_of(item.path)) as claim:  # before minutes of reading
            bar = self._bar(item.name)
            try:
                footage, cached = self.reader.read(item.path, item.name, bar.update)
            finally:
                bar.close()
            if cached:  # else the reader has said it
                _say(footage)
            self._finish(footage, claim)

    def _claimed(self, name: str, identity: Identity) -> contextlib.AbstractContextManager[Claim]:
        folder = self._folder(name)
        check_folder(folder)
        return claimed(folder, name, identity, overwrite=self.options.overwrite)

    def _finish(self, footage: Footage, claim: Claim) -> None:
        summary = summarize(footage, self._selector(footage), self.budget)
        # What was found while reading was said then.
        for warning in summary.warnings[len(footage.warnings) :]:
            logging.warning("%s: %s", printable(footage.name), warning)
        folder = claim.folder
        bar = self._bar(footage.name)
        try:
            timeline = footage.timeline if footage.video else None
            claim.record()
            files = write_outputs(
                summary,
                folder,
                self.kinds,
                timeline=timeline,
                progress=lambda what, done, total: bar.update(what, done, total, "frames"),
            )
        finally:
            bar.close()
        older = older_outputs(folder, footage.name, files)
        if older:
            names = ", ".join(path.name for path in older[:3]) + (", ..." if len(older) > 3 else "")
            logging.warning(
                "%s: %s in %s from an earlier run, perhaps of another choice: %s.",
                footage.name,
                _count(len(older), "file"),
                folder,
                names,
            )
        page = folder / output_name(footage.name, "html")
        if page in files:
            self.page = page
        facts = (
            f"{summary.summary_duration:.1f} s of {summary.duration:.1f} s in "
            f"{_count(len(summary.segments), 'segment')}, "
            f"{_count(len(summary.key_frames), 'key frame')}"
        )
        self._entries.append(IndexEntry(footage.name, facts, tuple(files)))
        print(
            f"{printable(footage.name)}: {facts} ({summary.method}) -> "
            f"{printable(str(page if page in files else folder))}",
            flush=True,
        )

    def finish(self) -> None:
        """The page over all videos of a batch in one folder."""
        if self.is_batch and self.options.out and "html" in self.kinds and self._entries:
            index = pathlib.Path(self.options.out) / "index.html"
            write_index(index, self._entries)
            self.page = index

    def _folder(self, name: str) -> pathlib.Path:
        if not self.options.out:
            return pathlib.Path(f"{name}-summary")
        out = pathlib.Path(self.options.out)
        return out / name if self.is_batch else out

    def _selector(self, footage: Footage) -> Selector:
        kind = repr(sorted(footage.extractor.items()))
        if kind not in self.selectors:
            blended = self.options.method == "blended"
            if self.options.model or blended:
                try:
                    loaded = load_selector(self.options.model or "salience")
                    loaded.check_features(footage.features.shape[1], footage.extractor)
                except UserError as error:  # which begins with the model
                    raise UserError(f"--model={error}") from error
                self.selectors[kind] = (
                    Blended(loaded.score, loaded.source)
                    if blended
                    else Trained(loaded.score, loaded.method, loaded.source, loaded.text)
                )
            else:
                self.selectors[kind] = Representative()
        return self.selectors[kind]

    def _bar(self, title: str) -> PhaseBar:
        return PhaseBar(not self.options.quiet, title)


def main(argv: list[str]) -> int:
    """Summarizes what the command line names; returns the exit status. Raises UserError for a
    mistake.
    """
    options = cli.from_flags(Options)
    if options.quiet:
        logging.set_verbosity(logging.WARNING)
    inputs = find_inputs(argv[1:], options.recursive)
    command = _Command(options)
    with sigterm_as_interrupt():
        if len(inputs) == 1:
            command.do(inputs[0])  # its failure is the command's
            failures = []
        else:
            command.is_batch = True
            failures = [failure for item in inputs if (failure := _failure(command, item))]
            command.finish()
    if failures:
        print(
            f"{len(failures)} of {len(inputs)} failed:",
            *(f"  {failure}" for failure in failures),
            sep="\n",
            file=sys.stderr,
        )
    if options.open and command.page:
        webbrowser.open(command.page.resolve().as_uri())
    return SOME_FAILED if failures else 0


def _say(footage: Footage) -> None:
    for warning in footage.warnings:
        logging.warning("%s: %s", printable(footage.name), warning)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _failure(command: _Command, item: Input) -> str:
    try:
        command.do(item)
    except UserError as error:
        text = " ".join(str(error).split())
        logging.error("%s", text)
        return text
    return ""


run = cli.command(main, Options, positional=True)


if __name__ == "__main__":
    run()
