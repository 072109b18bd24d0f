"""What a run tells its method, beside the method's own settings."""

import dataclasses
import functools
from typing import Literal

from tf_dictsum.data.buckets import padded_lengths

__all__ = ["Jit", "Setup"]

Jit = Literal["on", "loops", "off"]


@dataclasses.dataclass(frozen=True)
class Setup:
    """The run as its method sees it.

    Attributes:
      input_size: D, width of the features.
      lengths: sampled frames of every video that will be seen; with XLA they decide which lengths
        are compiled.
      batch_size: videos per update.
      shuffle: a new order of the batches in every epoch.
      jit: what XLA compiles: "on" the whole training step, "loops" its time loops only, "off"
        nothing.
    """

    input_size: int
    lengths: tuple[int, ...] = ()
    batch_size: int = 1
    shuffle: bool = False
    jit: Jit = "off"

    @functools.cached_property
    def buckets(self) -> tuple[int, ...]:
        """The few lengths to pad to, where each is compiled anew; else none: no more padding than a
        batch needs."""
        return padded_lengths(self.lengths) if self.jit != "off" and self.lengths else ()
