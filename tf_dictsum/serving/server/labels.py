"""Version labels: names that clients use instead of numbers."""

from collections.abc import Callable, Sequence

from tf_dictsum.serving.config.files import ServedModel
from tf_dictsum.serving.server.status import Code, ServingError

__all__ = ["Labels"]


class Labels:
    """The labels of all models.

    Args:
      models: as configured at the start.
      may_wait: whether a new label may name a version that is not loaded.
    """

    def __init__(self, models: Sequence[ServedModel], may_wait: bool):
        self._may_wait = may_wait
        self.set(models)

    def set(self, models: Sequence[ServedModel]) -> None:
        """These labels and no others."""
        self._labels = {model.name: dict(model.labels) for model in models}

    def version(self, model: str, label: str) -> int | None:
        """The version that a label names."""
        return self._labels.get(model, {}).get(label)

    def check(self, models: Sequence[ServedModel], loaded: Callable[[str, int], bool]) -> None:
        """Refuses labels for versions that are not loaded yet; a label that exists may not move to
        one either.

        Args:
          models: with their new labels.
          loaded: whether a version of a model is AVAILABLE.

        Raises:
          ServingError: FAILED_PRECONDITION.
        """
        for model in models:
            for label, number in model.labels.items():
                is_new = self.version(model.name, label) is None
                if not loaded(model.name, number) and not (self._may_wait and is_new):
                    raise ServingError(
                        Code.FAILED_PRECONDITION,
                        f"Request to assign label to version {number} of model {model.name}, "
                        "which is not currently available for inference",
                    )
