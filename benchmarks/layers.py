"""Times the recurrent layers in turn: ours, keras.layers.LSTM, the attention decoder, forward and
with gradients. One JSON line.

python benchmarks/layers.py --length=320 --batch_size=1 --repeats=7
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from timing import print_report, summary, time_in_turn

from tf_dictsum.util import flags as cli
from tf_dictsum.util.quiet import load_tensorflow


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    length: int = cli.option(320, "time steps", lower_bound=1)
    batch_size: int = cli.option(1, "sequences", lower_bound=1)
    repeats: int = cli.option(7, "timed rounds", lower_bound=1)
    jit: str = cli.option("loops", "XLA, for our layers", choices=("loops", "on", "off"))
    hidden_size: int = cli.option(500, "H, also the width of the input", lower_bound=1)
    keras: bool = cli.option(True, "time keras.layers.LSTM too, as a graph and under XLA")


def in_graph(function: Callable[[], Any], compiled: bool) -> Callable[[], Any]:
    """`function` as a graph, its tensors fetched."""
    import tensorflow as tf

    graph = tf.function(function, jit_compile=compiled)
    return lambda: [t.numpy() for t in tf.nest.flatten(graph())]


def with_gradients(call: Callable[[Any], Any], x: Any, variables: list[Any]) -> Callable[[], Any]:
    """The gradients of Σ call(x)² by x and the weights."""
    import tensorflow as tf

    def gradients() -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.square(call(x)))
        return tape.gradient(loss, [x, *variables])

    return gradients


def main(argv: list[str]) -> None:
    """Prints the timing."""
    del argv
    options = cli.from_flags(Options)
    load_tensorflow()
    import keras
    import tensorflow as tf

    from tf_dictsum.layers.attention_decoder import AttentionDecoder
    from tf_dictsum.layers.initializers import Initializers
    from tf_dictsum.layers.loops import compiled_loops
    from tf_dictsum.layers.lstm import LSTM

    units, batch, jit = options.hidden_size, options.batch_size, options.jit == "on"
    rng = np.random.default_rng(0)
    x = tf.constant(rng.uniform(-1, 1, (batch, options.length, units)), tf.float32)
    state = tf.zeros([batch, units])
    with compiled_loops(options.jit == "loops"):
        lstm, decoder = LSTM(units), AttentionDecoder(units, Initializers("torch", 0))
    layers: dict[str, tuple[Callable[[tf.Tensor], tf.Tensor], Any, bool]] = {
        "lstm": (lambda x: lstm(x)[0], lstm, jit),
        "attention_decoder": (lambda x: decoder(x, (state,) * 4), decoder, jit),
    }
    if options.keras:
        for name, compiled in (("keras_lstm_graph", False), ("keras_lstm_xla", True)):
            theirs = keras.layers.LSTM(units, return_sequences=True, use_cudnn=False)
            layers[name] = (theirs, theirs, compiled)

    calls: dict[str, Callable[[], Any]] = {}
    for name, (call, layer, compiled) in layers.items():
        call(x)
        calls[f"{name}_forward_s"] = in_graph(functools.partial(call, x), compiled)
        calls[f"{name}_with_gradients_s"] = in_graph(
            with_gradients(call, x, layer.trainable_variables), compiled
        )
    times = time_in_turn(calls, options.repeats)
    print_report(
        dataclasses.asdict(options) | {name: summary(seconds) for name, seconds in times.items()}
    )


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
