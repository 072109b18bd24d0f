"""The two ways to a summary: a trained selector's scores, or representativeness, which needs no training."""

import abc
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tf_dictsum.shots.knapsack import knapsack
from tf_dictsum.summary.coverage import choose_frames, choose_shots, distances
from tf_dictsum.summary.key_frames import ranked_steps
from tf_dictsum.util.errors import UserError

__all__ = ["Choice", "Representative", "Selector", "Trained"]

Means = Callable[[np.ndarray], np.ndarray]
_CELLS = 200_000_000  # largest knapsack table, in cells of one byte


@dataclasses.dataclass(frozen=True, eq=False)
class Choice:
    """What a selector says about a video cut into shots.

    Attributes:
      scores: float64 [n_steps] in [0, 1].
      shots: indices of the chosen shots, increasing; empty when none fits the budget.
    """

    scores: np.ndarray
    shots: tuple[int, ...]


class Selector(abc.ABC):
    """Chooses shots and ranks frames.

    Attributes:
      method: its name in every output.
      text: one sentence about it for people.
      model: path or address of the trained model; "" without one.
      rule: how shots are chosen within the budget.
    """

    method: str
    text: str
    model: str
    rule: str

    @abc.abstractmethod
    def choose(
        self,
        features: np.ndarray,
        steps: Sequence[np.ndarray],
        costs: Sequence[int],
        budget: int,
        means: Means,
    ) -> Choice:
        """Scores the frames and chooses shots.

        Args:
          features: [n_steps, D].
          steps: for every shot, its sampled frames.
          costs: length of every shot.
          budget: what the chosen shots may cost together.
          means: scores [n_steps] -> mean score of every shot's frames [n_shots].
        """

    @abc.abstractmethod
    def rank(
        self, features: np.ndarray, choice: Choice, steps: Sequence[np.ndarray], count: int
    ) -> list[int]:
        """All steps, or the most wanted `count` and more, as key frames of the whole video: the most wanted first."""


class Representative(Selector):
    """Shots and frames that stand for the whole video (see `coverage`)."""

    method = "representative"
    model = ""
    rule = "coverage"
    text = (
        "Chosen without a trained model: shots found by kernel temporal segmentation, and among them those that stand for the "
        "whole video (least mean distance from every frame to a chosen one)."
    )

    def choose(
        self,
        features: np.ndarray,
        steps: Sequence[np.ndarray],
        costs: Sequence[int],
        budget: int,
        means: Means,
    ) -> Choice:
        """As `Selector.choose`. A shot's score is its gain per frame at the moment of its choice, over the first choice's (the square
        root of that: gains fall steeply, and a curve should be readable). Within a shot, the frame that is nearest to the
        others has this score and the others less."""
        chosen, gains = choose_shots(features, steps, costs, budget)
        scores = np.zeros(len(features))
        values = np.sqrt(gains / gains.max()) if gains.max() > 0 else np.ones(len(gains))
        for own, value in zip(steps, values, strict=True):
            sample = (
                own
                if len(own) <= 500
                else own[np.linspace(0, len(own) - 1, 500).round().astype(int)]
            )
            away = distances(features[own], features[sample]).mean(axis=1)
            away = away + 1e-3 * (
                away.mean() + 1e-9
            )  # equal frames are equally near, not a division by zero
            scores[own] = value * away.min() / away
        return Choice(scores, tuple(sorted(chosen)))

    def rank(
        self, features: np.ndarray, choice: Choice, steps: Sequence[np.ndarray], count: int
    ) -> list[int]:
        """k-medoids of all frames, then the others."""
        first = choose_frames(features, count)
        rest = set(range(len(features))) - set(first)
        return [*first, *sorted(rest, key=lambda step: -choice.scores[step])]


class Trained(Selector):
    """A trained model's scores, and the shots of the highest mean score that fit (the knapsack of the field).

    Args:
      scorer: features [n, D] -> scores [n].
      method, model, text: as `Selector`.
    """

    rule = "knapsack"

    def __init__(self, scorer: Any, method: str, model: str, text: str):
        self.scorer, self.method, self.model, self.text = scorer, method, model, text

    def choose(
        self,
        features: np.ndarray,
        steps: Sequence[np.ndarray],
        costs: Sequence[int],
        budget: int,
        means: Means,
    ) -> Choice:
        """As `Selector.choose`.

        Raises:
          UserError: the model does not give one finite score per frame.
        """
        scores = np.asarray(self.scorer(features), np.float64)
        if scores.shape != (len(features),) or not np.isfinite(scores).all():
            found = (
                f"shape {scores.shape}" if np.isfinite(scores).all() else "NaN or infinite scores"
            )
            raise UserError(
                f"--model={self.model}: gives {found} for {len(features)} sampled frames. Train or export it again."
            )
        scores = np.clip(scores, 0, 1)
        weights, room = np.asarray(costs, np.int64), budget
        unit = max(
            1, -(-len(weights) * room // _CELLS)
        )  # hours of video: lengths in coarser units, rounded up
        return Choice(scores, tuple(knapsack(means(scores), -(-weights // unit), room // unit)))

    def rank(
        self, features: np.ndarray, choice: Choice, steps: Sequence[np.ndarray], count: int
    ) -> list[int]:
        """The best frame of every shot, best shot first; then the second ones."""
        return ranked_steps(
            choice.scores, steps, np.array([choice.scores[own].mean() for own in steps])
        )
