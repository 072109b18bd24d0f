"""Scores that depend on the place in the video and on nothing in it: what position alone gives."""

import numpy as np

__all__ = ["beginning", "ending", "middle"]

_TENTH = 0.1
_RAISED = 5.0  # about what trained selectors do at the end of films (docs/study.md)


def beginning(n_steps: int) -> np.ndarray:
    """Equal scores, five times as high over the first tenth (at least one step): [n_steps]."""
    return ending(n_steps)[::-1]


def middle(n_steps: int) -> np.ndarray:
    """Scores that fall linearly from the middle: 1/2 - |t - 1/2|, t = (step + 1/2) / n_steps.

    In the order of -|t - 1/2|, and positive, so that a knapsack takes what fits: [n_steps].
    """
    steps = np.arange(n_steps)
    # By integers, so that both halves are exactly the same: a tie is a tie in rank correlation.
    return (np.minimum(steps, steps[::-1]) + 0.5) / n_steps


def ending(n_steps: int) -> np.ndarray:
    """Equal scores, five times as high over the last tenth (at least one step): [n_steps]."""
    scores = np.ones(n_steps)
    scores[-max(1, round(_TENTH * n_steps)) :] = _RAISED
    return scores
