"""The picture of docs/agreement.md: teacher, student, dictsum and people over one video of the
second half.

    python benchmarks/agreement_picture.py --dataset=FILE.h5 --out=docs/agreement.png

The video is the first of the second half, whatever it shows. All three learned from the first half
only; dictsum is the one of `agreement_ablation.py` without a salience term.
"""

import dataclasses
import pathlib
import tempfile
from typing import TYPE_CHECKING

import numpy as np
from agreement_variants import VARIANTS, Videos

from tf_dictsum.data.halves import halves
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.video import Video
from tf_dictsum.report.plots import compare_scores
from tf_dictsum.util import flags as cli
from tf_dictsum.util.files import atomic_path
from tf_dictsum.util.options import option
from tf_dictsum.util.quiet import load_tensorflow

if TYPE_CHECKING:
    from tf_dictsum.methods.settings import MethodSettings


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = option("", "annotated feature file, ECCV16 layout")
    out: str = option("agreement.png", "PNG to write")
    epochs: int = option(20, "of the student's training", lower_bound=1)
    dictsum_epochs: int = option(10, "of dictsum's training; 0: without it", lower_bound=0)


def scores(settings: "MethodSettings", train: list[Video], video: Video, epochs: int) -> np.ndarray:
    """What the method gives `video` after so many epochs on `train`."""
    from tf_dictsum.methods.registry import make_method
    from tf_dictsum.methods.setup import Setup

    assert video.features is not None
    setup = Setup(video.features.shape[1], batch_size=8, shuffle=True)
    method = make_method(settings, setup)
    method.reset(0)
    with tempfile.TemporaryDirectory() as folder:
        method.prepare(train, pathlib.Path(folder), [])
        method.fit(first_epoch=0, epochs=epochs, callbacks=[])
    return method.score([video])[video.key]


def main(argv: list[str]) -> None:
    """Writes the picture."""
    del argv
    options = cli.from_flags(Options)
    dataset = load_dataset(options.dataset)
    first, second = halves(dataset)
    video = dataset.videos[second[0]]
    load_tensorflow()
    from tf_dictsum.methods.dictsum.settings import DictSumSettings
    from tf_dictsum.methods.salience.settings import StudentSettings

    adversarial = DictSumSettings(
        hidden_size=64, parallel_size=64, pretrain_epochs=3, learning_rate=1e-3, update="joint"
    )
    train = [dataset.videos[key] for key in first]
    curves = {
        "salience (teacher)": VARIANTS["content"](Videos(dataset), second)[video.key],
        "student": scores(StudentSettings(), train, video, options.epochs),
    }
    if options.dictsum_epochs:
        curves["dictsum"] = scores(adversarial, train, video, options.dictsum_epochs)
    figure = compare_scores(video, curves)
    with atomic_path(options.out) as partial:
        figure.savefig(partial, format="png")


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
