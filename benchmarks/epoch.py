"""Times whole epochs through the training loop: the first one (compiling included), later ones, and
evaluation's share. One JSON line.

python benchmarks/epoch.py --dataset=FILE.h5 [--splits=FILE.json] --epochs=3

Run it twice: the first run compiles, the second one finds what it compiled in the user's cache
folder. evaluation_share is that of a long run, which draws pictures of the scores ten times in all;
here every epoch draws them, and their time is told apart.
"""

import dataclasses
import pathlib
import statistics
import tempfile
import time
from typing import Any

from timing import print_report

from tf_dictsum.methods.registry import METHODS
from tf_dictsum.training.config import RunConfig
from tf_dictsum.util import flags as cli
from tf_dictsum.util.files import read_json
from tf_dictsum.util.quiet import load_tensorflow

EVERY = 10  # epochs of a run of 100 between two pictures of a video


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    dataset: str = cli.option("demo", "feature file")
    splits: str = cli.option("", "splits file; its first split is trained")
    epochs: int = cli.option(3, "epochs to train", lower_bound=2)
    method: str = cli.option("sum_gan_aae", "which method", choices=("dictsum", "sum_gan_aae"))
    update: str = cli.option("sequential", "which updates", choices=("sequential", "joint"))
    jit: str = cli.option("auto", "XLA", choices=("auto", "loops", "on", "off"))
    batch_size: int = cli.option(1, "videos per update", lower_bound=1)
    hidden_size: int = cli.option(500, "H", lower_bound=1)


def main(argv: list[str]) -> None:
    """Prints the timing."""
    del argv
    options = cli.from_flags(Options)
    load_tensorflow(training=True)
    from tf_dictsum.training import monitor
    from tf_dictsum.training.monitor import Monitor
    from tf_dictsum.training.trainer import train

    evaluations: list[float] = []
    pictures: list[float] = []
    evaluate, draw = Monitor.evaluate, monitor.score_image

    def timed(self: Monitor, *arguments: Any) -> None:
        pictures.append(0.0)
        begin = time.perf_counter()
        evaluate(self, *arguments)
        evaluations.append(time.perf_counter() - begin - pictures[-1])

    def drawn(*arguments: Any) -> Any:
        begin = time.perf_counter()
        picture = draw(*arguments)
        pictures[-1] += time.perf_counter() - begin
        return picture

    Monitor.evaluate = timed  # type: ignore[method-assign, assignment]
    monitor.score_image = drawn  # type: ignore[assignment]
    kind = METHODS.settings(options.method)
    settings = {"update": options.update, "hidden_size": options.hidden_size}
    if "parallel_size" in kind().values():
        settings |= {"parallel_size": options.hidden_size, "pretrain_epochs": 1}
    names = ("dataset", "splits", "epochs", "jit", "batch_size")
    with tempfile.TemporaryDirectory() as folder:
        config = RunConfig(
            **{name: getattr(options, name) for name in names},
            method=kind(**settings),
            split="0",
            run_dir=folder,
            progress=False,
        )
        train(config)
        history = read_json(pathlib.Path(folder) / "split0-seed0" / "history.json")
    seconds = [record["seconds"] for record in history if record["epoch"] > 0]
    later = statistics.median(seconds[1:])
    # The first one is of the untrained selector, the second one compiles nothing new.
    evaluation, picture = statistics.median(evaluations[2:]), statistics.median(pictures[2:])
    share = (evaluation + picture / EVERY) / (later + evaluation + picture / EVERY)
    print_report(
        dataclasses.asdict(options)
        | {
            "first_epoch_s": seconds[0],
            "later_epoch_s": later,
            "first_to_later": seconds[0] / later,
        }
        | {"evaluation_s": evaluation, "pictures_s": picture, "evaluation_share": share}
    )


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
