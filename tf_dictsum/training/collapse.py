"""The known failure of this family of methods: scores that drift towards one constant."""

from absl import logging

__all__ = ["CollapseWatch"]


class CollapseWatch:
    """Warns once, through absl.logging, when the scores within a video hardly differ any more.

    An untrained selector is nearly constant as well (standard deviation about .002 at H = 500), so
    a low value counts only after the scores have been spread out, or when they still are not after
    `grace` updates.

    Args:
      threshold: standard deviation of the scores (which lie in 0..1) under which they count as
        constant.
      grace: number of updates that the scores have to spread out.
    """

    def __init__(self, threshold: float = 0.02, grace: int = 10):
        self._threshold = threshold
        self._grace = grace
        self._updates = 0
        self._armed = False
        self._warned = False

    def update(self, std: float) -> None:
        """Takes the standard deviation of the scores within a video, averaged over an epoch.

        Once an epoch, not once a step: a single video may well be static. NaN is passed over.
        """
        self._updates += 1
        if std >= self._threshold or self._updates >= self._grace:
            self._armed = True
        if self._armed and not self._warned and std < self._threshold:
            self._warned = True
            logging.warning(
                "scores collapse towards a constant (standard deviation %.4f, under %g), a known "
                "trait of this family; "
                "rank correlation says whether anything is left.",
                std,
                self._threshold,
            )
