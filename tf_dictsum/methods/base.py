"""What a summarization method is to the training loop."""

import abc
import pathlib
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from tf_dictsum.config import Config
from tf_dictsum.data.batches import padded_lengths
from tf_dictsum.data.video import Video
from tf_dictsum.methods.xla import xla_mode

__all__ = ["Method"]


class Method(abc.ABC):
    """A method that learns to score frames: one file in `methods/`, registered in `methods/registry.py`.

    One object serves all splits and seeds of a process, so that what was traced and compiled for the first serves
    the others: `reset` puts it back to untrained weights.

    Args:
      config: the run's configuration.
      input_size: D, width of the features.
      lengths: sampled frames of every video that will be seen; with XLA they decide which lengths are compiled.
    """

    name: ClassVar[str]

    def __init__(self, config: Config, input_size: int, lengths: Sequence[int] = ()):
        self.config = config
        self.input_size = input_size
        self.xla = xla_mode(config)
        self.buckets = padded_lengths(lengths) if config.use_xla and lengths else ()

    @abc.abstractmethod
    def reset(self, seed: int) -> None:
        """Untrained weights and optimizers, as `seed` has it."""

    @abc.abstractmethod
    def prepare(
        self,
        videos: Sequence[Video],
        folder: pathlib.Path,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        """Everything before the first epoch, such as pretraining on the training `videos`; keeps and resumes its own files in `folder`."""

    @abc.abstractmethod
    def fit(
        self, *, first_epoch: int, epochs: int, callbacks: Sequence[keras.callbacks.Callback]
    ) -> None:
        """Trains epochs first_epoch .. epochs - 1 on the prepared videos."""

    @abc.abstractmethod
    def score(self, videos: Sequence[Video]) -> dict[str, np.ndarray]:
        """Key -> scores float32 [n_steps] in [0, 1]."""

    @property
    @abc.abstractmethod
    def variables(self) -> dict[str, Any]:
        """Name -> variable: all that a checkpoint must hold to carry on exactly, optimizers and seeds included."""

    @property
    @abc.abstractmethod
    def selector(self) -> keras.Model:
        """What scores a video: the part that is exported."""

    @property
    @abc.abstractmethod
    def learning_rates(self) -> dict[str, float]:
        """Name -> present learning rate."""

    @abc.abstractmethod
    def steps_per_epoch(self, videos: Sequence[Video]) -> int:
        """Updates that one epoch over `videos` takes."""

    def prepare_steps(self, videos: Sequence[Video]) -> int:
        """Most updates that `prepare` takes, for the progress bar."""
        return 0
