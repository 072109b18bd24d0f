"""Times training iterations at full size on one batch. One JSON line, the schema of an eager
PyTorch comparator.

python benchmarks/train_step.py --length=320 --batch_size=1 --update=sequential --repeats=5
"""

import dataclasses
import time

import numpy as np
from timing import print_report, summary, time_in_turn

from tf_dictsum.data.video import Video
from tf_dictsum.training.config import RunConfig
from tf_dictsum.util import flags as cli
from tf_dictsum.util.quiet import load_tensorflow


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    length: int = cli.option(320, "sampled frames of every video", lower_bound=1)
    batch_size: int = cli.option(1, "videos per update", lower_bound=1)
    repeats: int = cli.option(5, "timed iterations", lower_bound=1)
    method: str = cli.option("dictsum", "which method", choices=("dictsum", "sum_gan_aae"))
    update: str = cli.option("sequential", "which updates", choices=("sequential", "joint"))
    jit: str = cli.option("auto", "XLA", choices=("auto", "loops", "on", "off"))
    hidden_size: int = cli.option(500, "H", lower_bound=1)
    input_size: int = cli.option(1024, "D", lower_bound=1)


def main(argv: list[str]) -> None:
    """Prints the timing."""
    del argv
    options = cli.from_flags(Options)
    load_tensorflow(training=True)
    import tensorflow as tf

    from tf_dictsum.data.batches import Extra, make_batches
    from tf_dictsum.methods.registry import METHODS, make_method
    from tf_dictsum.methods.setup import Setup
    from tf_dictsum.training.jit import jit_of

    kind = METHODS.settings(options.method)
    values = {"hidden_size": options.hidden_size, "update": options.update}
    if "parallel_size" in kind().values():
        values["parallel_size"] = options.hidden_size
    jit = jit_of(RunConfig(jit=options.jit))
    setup = Setup(options.input_size, batch_size=options.batch_size, jit=jit)
    method = make_method(kind(**values), setup)
    rng = np.random.default_rng(0)
    videos = [
        Video(
            f"v{n}",
            rng.random((options.length, options.input_size), np.float32),
            np.arange(options.length),
            options.length,
        )
        for n in range(options.batch_size)
    ]
    hidden = {v.key: rng.random(options.hidden_size, np.float32) for v in videos}
    extras = {"hidden": Extra(hidden)} if options.method == "dictsum" else {}
    batch = {
        k: tf.constant(v)
        for k, v in make_batches(videos, options.batch_size, (), extras)[0].tensors().items()
    }
    step = tf.function(method.model.train_step, jit_compile=jit == "on")  # type: ignore[attr-defined]
    begin = time.perf_counter()
    step(batch)["summary"].numpy()
    first = time.perf_counter() - begin
    seconds = summary(
        time_in_turn({"step": lambda: step(batch)["summary"].numpy()}, options.repeats)["step"]
    )
    print_report(
        dataclasses.asdict(options)
        | {
            "first_step_s": first,
            "train_step_s": seconds,
            "per_video_s": seconds["median"] / options.batch_size,
        }
    )


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
