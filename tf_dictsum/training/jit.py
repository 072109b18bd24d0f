"""What XLA compiles in a run."""

import tensorflow as tf

from tf_dictsum.methods.setup import Jit
from tf_dictsum.training.config import RunConfig

__all__ = ["jit_of"]


def jit_of(config: RunConfig) -> Jit:
    """ "on": the whole step; "loops": its time loops; "off": nothing.

    jit=auto takes the loops on a CPU (measured, benchmarks/README.md) and the whole step where
    there is a GPU, which is bound by the number of kernels it starts.
    """
    if not config.use_xla:
        return "off"
    if config.jit == "auto":
        return "on" if tf.config.list_physical_devices("GPU") else "loops"
    return "on" if config.jit == "on" else "loops"
