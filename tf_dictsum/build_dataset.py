"""python -m tf_dictsum.build_dataset: a dataset file from the owners' own releases of SumMe and
TVSum.

    python -m tf_dictsum.build_dataset --annotations=SumMe/GT --change_points=shots.json
    --features=features.h5 --out=summe.h5
    python -m tf_dictsum.build_dataset --annotations=ydata-tvsum50.mat
    --change_points=shot_TVSum.mat --out=tvsum_annotations.h5

Without --features the file has annotations only: enough to evaluate scores, not to train. Change
points come as
  .h5    ECCV16 layout: groups with change_points (and video_name), such as another dataset file of
  the same videos
  .mat   a cell array shot_boundaries with one vector per video, in the release's order, such as
  shot_TVSum.mat
  .json  {"Air_Force_One": [[0, 244], [245, 473], ...], "video_2": [0, 130, ..., 4729], ...}
  .csv   the columns video,first_frame,last_frame, one line per shot
with frames counted from 0: [first, last] with the last one included, or the first frame of every
shot and then the number of frames. Videos are named by title or by key (video_1 is the first of the
release).
"""

import dataclasses
import os

from tf_dictsum.data.hdf5 import load_dataset, save_dataset
from tf_dictsum.data.video import Dataset
from tf_dictsum.releases.change_points import read_shots
from tf_dictsum.releases.dataset import build_dataset
from tf_dictsum.releases.owners import read_release
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError

__all__ = ["Options", "build", "main", "run"]

_NO_CHANGE_POINTS = (
    "--change_points is missing; name a file of shot boundaries (.h5, .mat, .json or .csv). For "
    "TVSum give shot_TVSum.mat; "
    "SumMe's owners publish none: take them from an ECCV16 file or write your own."
)


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    annotations: str = cli.option(
        "", "SumMe's folder GT (one .mat file per video), or TVSum's ydata-tvsum50.mat"
    )
    change_points: str = cli.option(
        "", "shot boundaries of all videos: .h5 (ECCV16 layout), .mat, .json or .csv"
    )
    features: str = cli.option(
        "",
        "dataset file with features and picks of the same videos; without it the result has "
        "annotations only",
    )
    out: str = cli.option("", "dataset file to write, such as summe.h5")
    allow_missing: bool = cli.option(
        False, "leave out videos that lack change points or features, and entries of unknown videos"
    )


def main(argv: list[str]) -> None:
    """Builds one dataset file as the flags say. Raises UserError for bad input."""
    options = cli.from_flags(Options)
    dataset = build(options)
    save_dataset(dataset, options.out)
    print(f"{options.out}: {_described(dataset)}")


def build(options: Options) -> Dataset:
    """Reads the files that the options name and puts them together. Raises UserError for bad
    input.
    """
    if not options.annotations:
        raise UserError(
            "--annotations is missing; name SumMe's folder GT or TVSum's ydata-tvsum50.mat."
        )
    if not options.change_points:
        raise UserError(_NO_CHANGE_POINTS)
    if not options.out:
        raise UserError("--out is missing; name the file to write, as in --out=summe.h5.")
    for source in (options.annotations, options.change_points, options.features):
        if (
            source
            and os.path.exists(source)
            and os.path.exists(options.out)
            and os.path.samefile(source, options.out)
        ):
            raise UserError(
                f"--out={options.out} is one of the inputs. Choose another file to write."
            )
    release = read_release(options.annotations)
    shots = read_shots(options.change_points)
    features = load_dataset(options.features) if options.features else None
    return build_dataset(
        release, shots, options.change_points, features, allow_missing=options.allow_missing
    )


def _described(dataset: Dataset) -> str:
    videos = list(dataset.videos.values())
    users = sorted({len(video.user_summary) for video in videos if video.user_summary is not None})
    people = f"{users[0]} to {users[-1]}" if len(users) > 1 else f"{users[0]}"
    shots = sum(len(video.change_points) for video in videos if video.change_points is not None)
    width = (
        f"features {dataset.feature_size} wide"
        if videos[0].features is not None
        else "no features (enough to evaluate, not to train)"
    )
    frames = sum(video.n_frames for video in videos)
    return f"{dataset.name}, {len(videos)} videos, {frames} frames, {shots} shots, {people} users, {width}"  # noqa: E501


run = cli.command(main, Options)


if __name__ == "__main__":
    run()
