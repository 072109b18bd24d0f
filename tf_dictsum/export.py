"""python -m tf_dictsum.export: writes a trained selector as a SavedModel for TensorFlow Serving and
`tf_dictsum.serve`.

    python -m tf_dictsum.export --run_dir=runs/demo/split0-seed0
    python -m tf_dictsum.export --run_dir=runs/demo/split0-seed0 --export_dir=export/models/dictsum
    --version=7

Prints the version's folder, which appears whole or not at all; a server that watches --export_dir
takes it up by itself.
"""

import dataclasses

from tf_dictsum.serving.export.exporting import export
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError

__all__ = ["Options", "main", "run"]


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    run_dir: str = cli.option(
        "",
        "what to export: a selector directory (split<k>-seed<s> of a run, or from "
        "tf_dictsum.convert), a run directory (of "
        "several splits the one with the lowest training criterion), or a preset",
    )
    export_dir: str = cli.option(
        "export/models/dictsum",
        "folder of the model; its last part is the model's name, versions go below",
    )
    version: int | None = cli.option(None, "version to write; default: the next one", lower_bound=0)
    epoch: str = cli.option(
        "last",
        "which selector: of the last epoch, or selected, of the epoch that was chosen without "
        "labels",
        choices=("last", "selected"),
    )
    feature_extractor: str = cli.option(
        "",
        "what made the features, for the metadata; default: what the selector's metadata says, "
        "or unknown",
    )
    sampling_fps: float = cli.option(
        2.0, "frames a second that are scored, for the metadata", lower_bound=0.0
    )


def main(argv: list[str]) -> None:
    """Exports as the flags say. Raises UserError for bad input."""
    options = cli.from_flags(Options)
    if not options.run_dir:
        raise UserError("--run_dir is missing, as in --run_dir=runs/demo/split0-seed0.")
    print(
        export(
            options.run_dir,
            options.export_dir,
            version=options.version,
            epoch=options.epoch,
            feature_extractor=options.feature_extractor,
            sampling_fps=options.sampling_fps,
        )
    )


run = cli.command(main, Options)


if __name__ == "__main__":
    run()
