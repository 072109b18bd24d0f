"""Times the selector at full size: scores of one batch of videos. One JSON line, the schema of an
eager PyTorch comparator.

python benchmarks/inference.py --length=320 --batch_size=1 --repeats=20
"""

import dataclasses

import numpy as np
from timing import print_report, summary, time_in_turn

from tf_dictsum.training.config import RunConfig
from tf_dictsum.util import flags as cli
from tf_dictsum.util.quiet import load_tensorflow


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    length: int = cli.option(320, "sampled frames of every video", lower_bound=1)
    batch_size: int = cli.option(1, "videos per call", lower_bound=1)
    repeats: int = cli.option(20, "timed calls", lower_bound=1)
    jit: str = cli.option("auto", "XLA", choices=("auto", "loops", "on", "off"))
    hidden_size: int = cli.option(500, "H", lower_bound=1)
    input_size: int = cli.option(1024, "D", lower_bound=1)


def main(argv: list[str]) -> None:
    """Prints the timing."""
    del argv
    options = cli.from_flags(Options)
    load_tensorflow()
    import tensorflow as tf

    from tf_dictsum.layers.initializers import Initializers
    from tf_dictsum.layers.loops import compiled_loops
    from tf_dictsum.selectors.bilstm import BiLSTMSelector
    from tf_dictsum.training.jit import jit_of

    xla = jit_of(RunConfig(jit=options.jit))
    with compiled_loops(xla == "loops"):
        scorer = BiLSTMSelector(options.input_size, options.hidden_size, Initializers("torch", 0))
    features = tf.constant(
        np.random.default_rng(0).random(
            (options.batch_size, options.length, options.input_size), np.float32
        )
    )
    score = tf.function(lambda x: scorer(x), jit_compile=xla == "on")
    seconds = summary(
        time_in_turn({"score": lambda: score(features).numpy()}, options.repeats)["score"]
    )
    print_report(
        dataclasses.asdict(options)
        | {"inference_s": seconds, "per_video_s": seconds["median"] / options.batch_size}
    )


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
