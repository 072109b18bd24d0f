"""Times a training iteration of every method at its full size. One JSON line per method, each in a
process of its own.

python benchmarks/methods.py --length=320 --repeats=5
python benchmarks/methods.py --methods=vasnet,dr_dsn
"""

import dataclasses
import subprocess
import sys

import numpy as np
from timing import print_report, summary, time_in_turn

from tf_dictsum.data.video import Video
from tf_dictsum.methods.registry import METHODS, make_method
from tf_dictsum.methods.setup import Setup
from tf_dictsum.training.config import RunConfig
from tf_dictsum.util import flags as cli
from tf_dictsum.util.quiet import load_tensorflow

UNTIMED = ("dictsum", "salience", "salience_student", "logistic")
"""dictsum has train_step.py; the others have no iterations like these."""


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    length: int = cli.option(320, "sampled frames of every video", lower_bound=1)
    batch_size: int = cli.option(1, "videos per update", lower_bound=1)
    repeats: int = cli.option(5, "timed iterations", lower_bound=1)
    methods: tuple[str, ...] = cli.option([], "which methods; none: all")
    input_size: int = cli.option(1024, "D", lower_bound=1)
    jit: str = cli.option("auto", "XLA", choices=("auto", "loops", "on", "off"))


def main(argv: list[str]) -> None:
    """Prints the timings."""
    options = cli.from_flags(Options)
    names = options.methods or tuple(name for name in METHODS if name not in UNTIMED)
    if len(names) > 1:  # memory is a process's peak
        for name in names:
            others = [a for a in sys.argv[1:] if not a.startswith("--methods")]
            subprocess.run([sys.executable, argv[0], *others, f"--methods={name}"], check=True)
        return
    load_tensorflow(training=True)
    _time(names[0], options)


def _time(name: str, options: Options) -> None:
    import tensorflow as tf

    from tf_dictsum.data.batches import make_batches
    from tf_dictsum.training.jit import jit_of

    jit = jit_of(RunConfig(jit=options.jit))
    setup = Setup(
        options.input_size, (options.length,) * options.batch_size, options.batch_size, jit=jit
    )
    settings = METHODS.settings(name)
    method = make_method(settings(), setup)
    videos = _videos(options)
    (made,) = make_batches(videos, options.batch_size, (), method.extras(videos))
    batch = {k: tf.constant(v) for k, v in made.tensors().items()}
    model = method.model  # type: ignore[attr-defined]
    step = tf.function(model.train_step, jit_compile=jit == "on", autograph=False)

    def iterate() -> None:
        for value in step(batch).values():
            value.numpy()

    seconds = summary(time_in_turn({name: iterate}, options.repeats)[name])
    weights = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    print_report(
        dataclasses.asdict(options)
        | {"methods": name, "jit": jit, "weights": weights, "train_step_s": seconds}
    )


def _videos(options: Options) -> list[Video]:
    rng, time = np.random.default_rng(0), options.length
    edges = np.linspace(0, time, 11).astype(int)
    return [
        Video(
            key=f"v{n}",
            features=rng.random((time, options.input_size), np.float32),
            picks=np.arange(time),
            n_frames=time,
            change_points=np.stack([edges[:-1], edges[1:] - 1], axis=1),
            gtscore=rng.random(time, np.float32),
        )
        for n in range(options.batch_size)
    ]


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
