"""python -m tf_dictsum.features: videos in, one features file in the field's layout out, ready for
tf_dictsum.train.

    python -m tf_dictsum.features VIDEO|FOLDER|"PATTERN*" ... --out=FILE.h5

Two frames per second (by presentation time) go through GoogLeNet (pool5) or a network of
keras.applications; shots come from kernel temporal segmentation. The file keeps what it holds:
videos that it has already are left out, so the same command goes on after an interrupt and takes up
new videos. One line per video to stdout. Exit status: 0; 2 for a mistake; 3 when some videos
failed (listed at the end; the others are in the file); 130 when interrupted.
"""

import dataclasses
import pathlib
import sys
import time

from absl import logging

from tf_dictsum.footage.feature_cache import FeatureCache
from tf_dictsum.footage.inputs import Input, find_inputs
from tf_dictsum.footage.reading import VideoReader
from tf_dictsum.util import flags as cli
from tf_dictsum.util.each import each, say_failures
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.locks import locked_file
from tf_dictsum.util.progress import PhaseBar
from tf_dictsum.util.terminating import sigterm_as_interrupt
from tf_dictsum.util.text import printable
from tf_dictsum.video.reader import VideoFile

__all__ = ["Options", "main", "run"]


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    out: str = cli.option("", "features file to write, or to add to, such as films.h5")
    fps: float = cli.option(
        2.0,
        "sampled frames per second; the field's datasets have 2",
        lower_bound=0.01,
        upper_bound=100.0,
    )
    backbone: str = cli.option(
        "googlenet", "googlenet (BVLC, pool5), or a network of keras.applications, such as ResNet50"
    )
    weights: str = cli.option(
        "",
        "its weights (.caffemodel, .onnx, .npz); default: the user's cache folder, then the "
        "publisher's address",
    )
    batch_size: int = cli.option(16, "frames per call of the network", lower_bound=1)
    recursive: bool = cli.option(False, "the videos of folders inside folders too")
    cache: bool = cli.option(
        True,
        "share features with tf_dictsum.summarize in the user's cache folder; --nocache for "
        "neither",
    )
    quiet: bool = cli.option(False, "no progress bars, and only warnings in the log")


def main(argv: list[str]) -> int:
    """Extracts what the command line names; returns the exit status. Raises UserError for a
    mistake.
    """
    options = cli.from_flags(Options)
    if options.quiet:
        logging.set_verbosity(logging.WARNING)
    if not argv[1:]:
        raise UserError(
            "no video is named, as in: python -m tf_dictsum.features films/ --out=films.h5"
        )
    if not options.out:
        raise UserError("--out is missing, as in --out=films.h5.")
    out = pathlib.Path(options.out)
    if out.is_dir():
        raise UserError(
            f"--out={out}: is a folder. Name a file in it, such as {out / 'features.h5'}."
        )
    inputs = find_inputs(argv[1:], options.recursive)
    if len(inputs) == 1 and not pathlib.Path(inputs[0].path).exists():
        raise UserError(f"{inputs[0].path}: no such file.")
    try:
        with sigterm_as_interrupt(), locked_file(out, "another process adds videos to it"):
            return _Command(options, out).run(inputs)
    except KeyboardInterrupt as stop:
        print("\ninterrupted; the same command goes on where it was", file=sys.stderr)
        return getattr(stop, "status", 130)


class _Command:
    """One run over all inputs, as the flags say."""

    def __init__(self, options: Options, out: pathlib.Path):
        from tf_dictsum.footage.features_file import FeaturesFile

        self.options = options
        self.reader = VideoReader(
            options.backbone,
            options.weights,
            FeatureCache() if options.cache else None,
            options.fps,
            options.batch_size,
        )
        bar = PhaseBar(not options.quiet, "features")
        try:
            record = self.reader.record(bar.update)
        finally:
            bar.close()
        self.file = FeaturesFile(out, record)

    def run(self, inputs: list[Input]) -> int:
        """Everything; returns the exit status."""
        try:
            return self._all(inputs)
        finally:
            self.file.tidy()

    def _all(self, inputs: list[Input]) -> int:
        failures: list[str] = []
        if len(inputs) == 1:
            self._one(inputs[0], inputs[0].name)  # its failure is the command's
        else:
            titled = [
                (item, f"{item.name} ({n}/{len(inputs)})") for n, item in enumerate(inputs, 1)
            ]
            failures = each(titled, lambda pair: self._one(*pair))
        if len(failures) < len(inputs):
            count = self.file.write()
            print(f"{self.file.path}: {count} video{'s' * (count != 1)}", flush=True)
        return say_failures(failures, len(inputs))

    def _one(self, item: Input, title: str) -> None:
        VideoFile(item.path)  # first: what is no video is said as such
        if item.path in self.file:
            print(f"{printable(item.name)}: there already", flush=True)
            return
        begin, bar = time.monotonic(), PhaseBar(not self.options.quiet, title)
        try:
            footage, cached = self.reader.read(item.path, item.name, bar.update)
        finally:
            bar.close()
        self.file.add(footage)
        steps, seconds = len(footage.picks), time.monotonic() - begin
        how = "cached" if cached else f"in {seconds:.1f} s ({steps / seconds:.0f} per second)"
        length = float(footage.ends[-1])
        print(f"{printable(item.name)}: {steps} steps of {length:.1f} s {how}", flush=True)


run = cli.command(main, Options, positional=True)


if __name__ == "__main__":
    run()
