"""Trains the preset that the package ships, salience-googlenet, and writes it as a selector
directory.

    python benchmarks/build_preset.py --dataset=tvsum_google_pool5.h5 \\
      --log=benchmarks/agreement_test_runs.jsonl --out=tf_dictsum/presets/salience-googlenet

The student of docs/agreement.md on all videos of the dataset, by its default settings; no label is
read. The agreement that its card quotes is that of a student trained on the first half only,
measured on the second: the last such line of the log.
"""

import dataclasses
import json
import pathlib
from typing import Any

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.video import Dataset
from tf_dictsum.training.content import content_hash
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.options import option
from tf_dictsum.util.quiet import load_tensorflow

DESCRIPTION = (
    "A small two-layer bidirectional LSTM that gives every sampled frame a score in one pass: "
    "how much it "
    "stands out. It was trained without labels to run as the training-free blend of change, "
    "rarity, length of "
    "the feature vector and what salient frames of many videos have in common (docs/agreement.md)."
)
ATTRIBUTION = (
    "Trained on the videos of TVSum50 (Y. Song, J. Vallmitjana, A. Stent, A. Jaimes: TVSum: "
    "Summarizing Web "
    "Videos Using Titles, CVPR 2015; github.com/yalesong/tvsum), which their authors published "
    "under the "
    "Creative Commons Attribution licence (CC-BY 3.0); the names above are their identifiers on "
    "YouTube. No frame, "
    "feature or annotation is in these files. The features come from BVLC GoogLeNet "
    "(unrestricted use)."
)
LIMITS = (
    "By construction it prefers moving, rich and unusual pictures, and knows nothing of speech, "
    "sound or story. It learned "
    "from web videos of 1 to 11 minutes in ten categories; on films, lectures or surveillance it "
    "has not been "
    "measured against people, and where little moves its ranks rest on little. The numbers above "
    "are of a student that had not seen "
    "the videos it was measured on; this one has seen them all, so it cannot be measured on "
    "TVSum. A "
    "score says how a frame compares with the others of its video; scores of different videos do "
    "not "
    "compare. Features of another network or layer mean nothing to it."
)


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = option("", "feature file with the videos to learn from")
    log: str = option("", "log of the runs on the second half, for the card")
    out: str = option("", "selector directory to write")
    epochs: int = option(20, "of training", lower_bound=1)
    seed: int = option(0, "of weights, order and excerpts", lower_bound=0)


def measured(log: pathlib.Path, epochs: int) -> dict[str, float]:
    """τ and ρ of the last recorded bidirectional student, of its teacher and of people.

    Raises:
      UserError: none was recorded.
    """
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    students = [x for x in lines if x.get("student", [0, 0, 1])[1:3] == ["bidirectional", 0]]
    found = [x["means"] for x in students if str(epochs) in x["means"]]
    people = [x["means"]["people"] for x in lines if "people" in x.get("means", {})]
    if not found or not people:
        raise UserError(f"{log}: no student of {epochs} epochs; run agreement_students.py first.")
    means = found[-1]
    return {
        "kendall_tau": means[str(epochs)][0],
        "spearman_rho": means[str(epochs)][1],
        "kendall_tau_of_its_teacher": means["teacher"][0],
        "spearman_rho_of_its_teacher": means["teacher"][1],
        "kendall_tau_of_people": people[-1]["kendall_tau"],
        "spearman_rho_of_people": people[-1]["spearman_rho"],
    }


def train(dataset: Dataset, options: Options) -> tuple[Any, dict[str, Any]]:
    """The trained selector and its settings by name."""
    from tf_dictsum.methods.registry import make_method
    from tf_dictsum.methods.salience.settings import StudentSettings
    from tf_dictsum.methods.setup import Setup

    settings = StudentSettings()
    method = make_method(settings, Setup(dataset.feature_size, batch_size=8, shuffle=True))
    method.reset(options.seed)
    method.prepare(list(dataset.videos.values()), pathlib.Path(), [])
    method.fit(first_epoch=0, epochs=options.epochs, callbacks=[])
    return method.selector, settings.values()


def main(argv: list[str]) -> None:
    """Trains and writes."""
    del argv
    options = cli.from_flags(Options)
    dataset = load_dataset(options.dataset)
    results = measured(pathlib.Path(options.log), options.epochs)
    load_tensorflow()
    from tf_dictsum.selectors.files import save_selector

    selector, settings = train(dataset, options)
    videos = list(dataset.videos.values())
    info = {
        "method": "salience_student",
        "description": DESCRIPTION,
        "settings": settings,
        "seed": options.seed,
        "epochs": options.epochs,
        "dataset": dataset.name,
        "training_data": {
            "keys": [video.name for video in videos],
            "sha256": content_hash(dataset, list(dataset.videos)),
        },
        "results_on": (
            "the second half of TVSum (25 videos) with a student of the same settings that was "
            "trained on the first "
            "half only: mean rank correlation with each of 20 people"
        ),
        "results": results,
        "attribution": ATTRIBUTION,
        "limits": LIMITS,
    }
    save_selector(selector, pathlib.Path(options.out), info)
    print(options.out)


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
