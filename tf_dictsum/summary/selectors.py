"""The two ways to a summary: a trained selector's scores, or representativeness, which needs no
training.
"""

import abc
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tf_dictsum.shots.knapsack import knapsack
from tf_dictsum.summary.coverage import choose_frames, choose_shots, distances, thinned
from tf_dictsum.summary.key_frames import ranked_steps
from tf_dictsum.util.errors import UserError

__all__ = ["Candidates", "Choice", "Representative", "Selector", "Trained"]

_CELLS = 200_000_000  # largest knapsack table, in cells of one byte


@dataclasses.dataclass(frozen=True, eq=False)
class Candidates:
    """What a selector chooses from.

    Attributes:
      features: [n_steps, D].
      steps: for every part, its sampled frames (a part without any has the one before it).
      costs: length of every part, whole numbers, positive.
      budget: what the chosen parts may cost together.
      means: scores [n_steps] -> mean score of every part's frames [n_parts].
      eligible: bool [n_parts]; others (blank, too short) are not to be chosen.
      quality: [n_steps] in [0, 1], how good the pictures are (`quality.qualities`); 0 for blank
        ones.
    """

    features: np.ndarray
    steps: Sequence[np.ndarray]
    costs: Sequence[int]
    budget: int
    means: Callable[[np.ndarray], np.ndarray]
    eligible: np.ndarray
    quality: np.ndarray


@dataclasses.dataclass(frozen=True, eq=False)
class Choice:
    """What a selector says about a video cut into parts.

    Attributes:
      scores: float64 [n_steps] in [0, 1].
      parts: indices of the chosen parts, increasing; empty when none fits the budget.
      worth: float64 [n_parts], how much each would add to the chosen ones.
    """

    scores: np.ndarray
    parts: tuple[int, ...]
    worth: np.ndarray


class Selector(abc.ABC):
    """Chooses shots (in parts where they are long) and ranks frames.

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
    def choose(self, candidates: Candidates) -> Choice:
        """Scores the frames and chooses parts."""

    @abc.abstractmethod
    def rank(self, candidates: Candidates, choice: Choice, count: int) -> list[int]:
        """All steps, or the most wanted `count` and more, as key frames of the whole video: the
        most wanted first.
        """


class Representative(Selector):
    """Shots and frames that stand for the whole video (see `coverage`)."""

    method = "representative"
    model = ""
    rule = "coverage"
    text = (
        "Chosen without a trained model: shots found by kernel temporal segmentation, and among "
        "them those that stand for the whole video (least mean distance from every frame to a "
        "chosen one)."
    )

    def choose(self, candidates: Candidates) -> Choice:
        """As `Selector.choose`. A part's score is its gain per frame at the moment of its choice,
        over the first choice's (the square root of that: gains fall steeply, and a curve should be
        readable). Within a part, the frame that is nearest to the others has this score and the
        others less; bad pictures have less, blank ones
        0."""
        features, good = candidates.features, candidates.quality > 0
        steps = [own[good[own]] if good[own].any() else own for own in candidates.steps]
        chosen, gains = choose_shots(
            features,
            steps,
            candidates.costs,
            candidates.budget,
            candidates.eligible,
            good,
            np.array([candidates.quality[own].mean() for own in candidates.steps]),
        )
        scores = np.zeros(len(features))
        values = np.sqrt(gains / gains.max()) if gains.max() > 0 else np.ones(len(gains))
        for own, value in zip(candidates.steps, values, strict=True):
            sample = own if len(own) <= 500 else own[thinned(len(own), 500)]
            away = distances(features[own], features[sample]).mean(axis=1)
            away = away + 1e-3 * (
                away.mean() + 1e-9
            )  # equal frames are equally near, not a division by zero
            scores[own] = value * away.min() / away
        return Choice(scores * candidates.quality, tuple(sorted(chosen)), gains)

    def rank(self, candidates: Candidates, choice: Choice, count: int) -> list[int]:
        """k-medoids of all frames that are not blank, then the others."""
        steps = np.arange(len(candidates.features))
        good = steps[candidates.quality > 0] if (candidates.quality > 0).any() else steps
        first = good[choose_frames(candidates.features[good], count)].tolist()
        rest = set(steps.tolist()) - set(first)
        return [*first, *sorted(rest, key=lambda step: -choice.scores[step])]


class Trained(Selector):
    """A trained model's scores, and the shots of the highest mean score that fit (the knapsack of
    the field).

    Args:
      scorer: features [n, D] -> scores [n].
      method, model, text: as `Selector`.
    """

    rule = "knapsack"

    def __init__(self, scorer: Any, method: str, model: str, text: str):
        self.scorer, self.method, self.model, self.text = scorer, method, model, text

    def choose(self, candidates: Candidates) -> Choice:
        """Shots of the highest mean score that fit.

        Raises:
          UserError: the model does not give one finite score per frame.
        """
        features = candidates.features
        scores = np.asarray(self.scorer(features), np.float64)
        if scores.shape != (len(features),) or not np.isfinite(scores).all():
            answer = (
                f"shape {scores.shape}" if np.isfinite(scores).all() else "NaN or infinite scores"
            )
            raise UserError(
                f"model={self.model}: gives {answer} for {len(features)} sampled frames. "
                "Train or export it again."
            )
        scores = np.clip(scores, 0, 1)
        means = candidates.means(scores)
        weights, room = np.asarray(candidates.costs, np.int64), candidates.budget
        unit = max(
            1, -(-len(weights) * room // _CELLS)
        )  # hours of video: lengths in coarser units, rounded up
        values = np.where(candidates.eligible, means, 0.0)  # what is worth nothing is not chosen
        return Choice(scores, tuple(knapsack(values, -(-weights // unit), room // unit)), means)

    def rank(self, candidates: Candidates, choice: Choice, count: int) -> list[int]:
        """The best frame of every part, best part first; then the second ones. Bad pictures come
        later.
        """
        scores = choice.scores * candidates.quality
        means = np.array([scores[own].mean() for own in candidates.steps])
        return ranked_steps(scores, candidates.steps, means)
