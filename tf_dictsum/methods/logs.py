"""What a method says about the numbers that its training logs."""

import dataclasses
from collections.abc import Mapping

__all__ = ["Criterion", "Log", "scores_logs"]


@dataclasses.dataclass(frozen=True)
class Log:
    """One log of `train_step`.

    Attributes:
      tag: its TensorBoard tag, such as "loss/reconstruction".
      short: the few letters shown behind the progress bar; "": not shown there.
    """

    tag: str
    short: str = ""


@dataclasses.dataclass(frozen=True)
class Criterion:
    """How an epoch is chosen without labels and without test videos: where a training log is
    lowest.

    Attributes:
      log: name of the log; its mean over the epoch counts.
      text: the rule in words, as tables print it.
    """

    log: str
    text: str

    @classmethod
    def lowest(cls, log: str) -> "Criterion":
        """The trained epoch with the lowest mean of `log` on the training videos."""
        return cls(
            log,
            f"the trained epoch with the lowest mean `{log}` loss on the training videos "
            "(no labels, no test videos)",
        )


def scores_logs() -> Mapping[str, Log]:
    """Mean and standard deviation of the scores within a video, which most methods log."""
    return {"score_mean": Log("scores/mean"), "score_std": Log("scores/std", "std")}
