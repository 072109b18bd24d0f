"""What loading a version needs, the same for all of them."""

import dataclasses

from tf_dictsum.serving.server.batcher import BatchThreads
from tf_dictsum.serving.server.gate import Gates
from tf_dictsum.serving.server.limits import Limits

__all__ = ["Engine"]


@dataclasses.dataclass(frozen=True)
class Engine:
    """How versions are loaded and run.

    Attributes:
      session_threads: intra- and inter-op threads of every session; 0: TensorFlow chooses.
      batch_threads: what runs batches; None: no batching.
      gates: how much is computed at once.
      load_retries: how often a version that does not load is tried again.
      retry_seconds: the wait before each of them.
    """

    session_threads: tuple[int, int] = (0, 0)
    batch_threads: BatchThreads | None = None
    gates: Gates = dataclasses.field(default_factory=lambda: Gates(Limits().steps))
    load_retries: int = 0
    retry_seconds: float = 60.0
