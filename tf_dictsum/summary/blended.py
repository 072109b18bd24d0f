"""A way to a summary between the two others: what stands out, and what stands for the whole
video.
"""

from collections.abc import Callable

import numpy as np

from tf_dictsum.saliency.ranks import ranks
from tf_dictsum.summary.selectors import Candidates, Choice, Representative, Trained

__all__ = ["Blended"]


class Blended(Trained):
    """The ranks of a selector's scores and of `Representative`'s added; the knapsack chooses the
    shots.

    On TVSum's half to test on it agrees with people better than `Representative` (rank correlation
    and
    F) and covers the video less well (docs/agreement.md).

    Args:
      scorer: features [n, D] -> scores [n].
      model: path, address or name of the selector.
    """

    def __init__(self, scorer: Callable[[np.ndarray], np.ndarray], model: str):
        text = (
            f"Chosen by what stands out (scores of {model}) and what stands for the whole video, "
            "their ranks added; shots of the highest mean that fit (knapsack)."
        )
        super().__init__(scorer, "blended", model, text)

    def choose(self, candidates: Candidates) -> Choice:
        """As `Selector.choose`. Raises UserError as `Trained.choose`."""
        own = Representative().choose(candidates).scores
        salient = super().choose(candidates).scores
        both = ranks(ranks(salient) + ranks(own)) * (candidates.quality > 0)
        return Trained(lambda _: both, self.method, self.model, self.text).choose(candidates)
