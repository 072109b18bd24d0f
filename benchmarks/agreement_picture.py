"""The picture of docs/agreement.md: teacher, student, dictsum and people over one video of the second half.

    python benchmarks/agreement_picture.py --dataset=FILE.h5 --out=docs/agreement.png [--dictsum=SCORES.json]

The video is the first of the second half, whatever it shows. Teacher and student learned from the
first half only. `--dictsum` takes scores of a run of `--method=dictsum` trained on the first half.
"""

import dataclasses
import pathlib

import numpy as np
from agreement_variants import VARIANTS, Videos

from tf_dictsum.data.halves import halves
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.report.plots import compare_scores
from tf_dictsum.util import flags as cli
from tf_dictsum.util.files import atomic_path, read_json
from tf_dictsum.util.options import option
from tf_dictsum.util.quiet import load_tensorflow


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = option("", "annotated feature file, ECCV16 layout")
    out: str = option("agreement.png", "PNG to write")
    epochs: int = option(20, "of the student's training", lower_bound=1)
    dictsum: str = option("", "JSON scores of dictsum for the same video")


def main(argv: list[str]) -> None:
    """Writes the picture."""
    del argv
    options = cli.from_flags(Options)
    dataset = load_dataset(options.dataset)
    first, second = halves(dataset)
    video = dataset.videos[second[0]]
    load_tensorflow()
    from tf_dictsum.methods.registry import make_method
    from tf_dictsum.methods.salience.settings import StudentSettings
    from tf_dictsum.methods.setup import Setup

    setup = Setup(dataset.feature_size, batch_size=8, shuffle=True)
    method = make_method(StudentSettings(), setup)
    method.reset(0)
    method.prepare([dataset.videos[key] for key in first], pathlib.Path(), [])
    method.fit(first_epoch=0, epochs=options.epochs, callbacks=[])
    curves = {
        "salience (teacher)": VARIANTS["content"](Videos(dataset), second)[video.key],
        "student": method.score([video])[video.key],
    }
    if options.dictsum:
        curves["dictsum"] = np.array(read_json(options.dictsum)[video.key])
    figure = compare_scores(video, curves)
    with atomic_path(options.out) as partial:
        figure.savefig(partial, format="png")


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
