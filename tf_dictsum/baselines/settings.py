"""What an evaluation is told, apart from files."""

import dataclasses

from tf_dictsum.metrics.protocols import PROTOCOLS
from tf_dictsum.shots.shots import RATIO, Rule

__all__ = ["Settings"]


@dataclasses.dataclass(frozen=True)
class Settings:
    """How systems and baselines are measured.

    Attributes:
      rule: how shots are selected, for systems and baselines alike.
      ratio: part of a video that its summary may fill.
      protocols: names of `PROTOCOLS`.
      draws: draws of every random row; 0 leaves these rows out.
      seed: of the random rows and of k-means.
      best_of: looks at the test set that the best-of-n row has; 0: as many as the longest system has epochs, 100 for single files
        (both at most `draws`).
    """

    rule: Rule = "knapsack"
    ratio: float = RATIO
    protocols: tuple[str, ...] = tuple(PROTOCOLS)
    draws: int = 100
    seed: int = 0
    best_of: int = 0
