"""One face for everything that scores a video: a Keras selector, a SavedModel, a model on a
server.
"""

import abc
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tf_dictsum.data.extractor_record import check_extractor
from tf_dictsum.util.errors import UserError

if TYPE_CHECKING:
    from tf_dictsum.selectors.base import Selector

__all__ = ["KerasSelector", "LoadedSelector"]


class LoadedSelector(abc.ABC):
    """A trained selector, wherever it is.

    Attributes:
      source: the folder or address that it came from.
      method: the method that it was trained by, as its metadata says.
      text: one sentence about it for people.
      input_size: D, width of the features that it reads; None where it does not say.
      metadata: what was written beside it.
    """

    def __init__(
        self,
        source: str,
        input_size: int | None,
        metadata: Mapping[str, Any] | None = None,
        text: str = "",
    ):
        self.source = source
        self.input_size = input_size
        self.metadata = dict(metadata or {})
        self.method = str(self.metadata.get("method", "trained selector"))
        self.text = text or f"Scored by a trained selector ({self.method})."

    @property
    def extractor(self) -> Mapping[str, Any] | None:
        """Record of what made the features that it was trained on; None where there is none."""
        return self.metadata.get("extractor")

    def score(self, features: np.ndarray) -> np.ndarray:
        """Scores one video.

        Args:
          features: float [n_steps, D].

        Returns:
          float32 [n_steps].

        Raises:
          UserError: features of another width, or the model does not give one finite score per
            step.
        """
        features = np.asarray(features, np.float32)
        if features.ndim != 2:
            raise UserError(
                f"features of shape {list(features.shape)}; expected [n_steps, D], those of one "
                "video."
            )
        self.check_features(features.shape[1])
        scores = np.asarray(self._score(features), np.float32)
        finite = bool(np.isfinite(scores).all())
        if scores.shape != (len(features),) or not finite:
            answer = f"shape {scores.shape}" if finite else "NaN or infinite scores"
            raise UserError(
                f"{self.source}: gives {answer} for {len(features)} sampled frames. Train or "
                "export it again."
            )
        return scores

    def check_features(self, width: int, extractor: Mapping[str, Any] | None = None) -> None:
        """Refuses features that the selector was not trained on, before any work.

        Args:
          width: D of the features.
          extractor: their record, where they have one.

        Raises:
          UserError: another width, or another record than the training data had.
        """
        if self.input_size not in (None, width):
            raise UserError(
                f"{self.source}: was trained on features of width {self.input_size}, these have "
                f"{width}. "
                "Use a model trained on features of the same network."
            )
        check_extractor(self.extractor, extractor, self.source)

    @abc.abstractmethod
    def _score(self, features: np.ndarray) -> np.ndarray:
        """float32 [n_steps, D] -> [n_steps]."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.method} of {self.source}, width {self.input_size}>"

    def to_dict(self) -> dict[str, Any]:
        """What it is, as plain JSON values."""
        return {"source": self.source, "input_size": self.input_size, **self.metadata}


class KerasSelector(LoadedSelector):
    """A selector whose weights are here: it can be saved, exported and trained further.

    Attributes:
      model: the Keras model.
    """

    def __init__(
        self,
        model: "Selector",
        source: str,
        metadata: Mapping[str, Any] | None = None,
        text: str = "",
    ):
        import tensorflow as tf

        super().__init__(source, model.input_size, metadata, text)
        self.model = model
        # As a graph: an eager time loop is Python's. One trace serves all lengths.
        self._run = tf.function(
            lambda features: model(features, training=False),
            input_signature=[tf.TensorSpec([1, None, model.input_size], tf.float32)],
            autograph=False,
        )

    def _score(self, features: np.ndarray) -> np.ndarray:
        return self._run(features[None]).numpy()[0]

    def save(self, folder: str | pathlib.Path) -> None:
        """Writes it as a selector directory of its own. Raises UserError when the file system
        refuses.
        """
        from tf_dictsum.selectors.files import save_selector

        save_selector(self.model, pathlib.Path(folder), self.metadata)
