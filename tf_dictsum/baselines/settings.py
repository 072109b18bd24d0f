"""What an evaluation is told, apart from files."""

import dataclasses

from tf_dictsum.metrics.protocols import PROTOCOLS
from tf_dictsum.shots.shots import RATIO, RULES, Rule
from tf_dictsum.util.errors import UserError

__all__ = ["EvaluationSettings"]


@dataclasses.dataclass(frozen=True)
class EvaluationSettings:
    """How systems and baselines are measured.

    Attributes:
      selection: how shots are selected, for systems and baselines alike; one of `RULES`.
      budget_ratio: part of a video that its summary may fill, in (0, 1].
      protocols: some of `PROTOCOLS`, in any order; all by default.
      random_draws: draws of every random row; 0 leaves these rows out.
      seed: of the random rows and of k-means.
      best_of: looks at the test set that the best-of-n row has; 0: as many as the longest system
        has epochs, 100 for single files (both at most `random_draws`).

    Raises:
      UserError: a value out of range.
    """

    selection: Rule = "knapsack"
    budget_ratio: float = RATIO
    protocols: tuple[str, ...] = tuple(PROTOCOLS)
    random_draws: int = 100
    seed: int = 0
    best_of: int = 0

    def __post_init__(self) -> None:
        unknown = [name for name in self.protocols if name not in PROTOCOLS]
        if unknown:
            raise UserError(
                f"`protocols`: there is no {', '.join(unknown)}; "
                f"choose from {', '.join(PROTOCOLS)}."
            )
        if self.selection not in RULES:
            raise UserError(
                f"selection={self.selection}: no such rule; choose from {', '.join(RULES)}."
            )
        if not 0 < self.budget_ratio <= 1:
            raise UserError(
                f"budget_ratio={self.budget_ratio}: the summary's part of the video must lie "
                "in (0, 1]."
            )
        for name in ("random_draws", "seed", "best_of"):
            if getattr(self, name) < 0:
                raise UserError(f"{name}={getattr(self, name)}: must be 0 or more.")
        if self.best_of > self.random_draws:
            raise UserError(
                f"best_of={self.best_of} needs as many draws; "
                f"give random_draws={self.best_of} or more."
            )
        ordered = tuple(name for name in PROTOCOLS if name in self.protocols)
        object.__setattr__(self, "protocols", ordered)

    def to_json(self) -> dict[str, object]:
        """As the evaluation's JSON has it."""
        return {
            "rule": self.selection,
            "ratio": self.budget_ratio,
            "protocols": list(self.protocols),
            "draws": self.random_draws,
            "seed": self.seed,
            "best_of": self.best_of,
        }
