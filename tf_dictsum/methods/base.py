"""What a summarization method is to everything around it."""

import abc
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from tf_dictsum.data.batches import Extra
from tf_dictsum.data.video import Video
from tf_dictsum.methods.logs import Criterion, Log
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.methods.setup import Setup

__all__ = ["Method"]


class Method(abc.ABC):
    """A method that scores frames: one file (or folder) in `methods/`, one line in
    `methods/registry.py`.

    It says everything about itself here; nothing outside knows its name. One object serves all
    splits and seeds of a process, so that what was traced and compiled for the first serves the
    others: `reset` puts it back to untrained weights. Most methods are a `KerasMethod`.

    Attributes:
      name: on the command line and in every table.
      Settings: its options.
      needs: what it reads of a training video: "features", supervised methods also "gtscore" or
        "user_summary".
      criterion: how an epoch is chosen without labels; None: the last one is, and every table says
        so.
      logs: the names that its training logs.
      trains: False for a method that only scores; its runs have no epochs but the one before
        training.

    Args:
      settings: of this method.
      setup: of the run.
    """

    name: ClassVar[str]
    Settings: ClassVar[type[MethodSettings]]
    needs: ClassVar[frozenset[str]] = frozenset({"features"})
    criterion: ClassVar[Criterion | None] = None
    logs: ClassVar[Mapping[str, Log]] = {}
    trains: ClassVar[bool] = True

    def __init__(self, settings: Any, setup: Setup):
        self.settings = settings
        self.setup = setup

    @classmethod
    def shared_files(cls, settings: Any) -> Mapping[str, Any]:
        """File in a split's folder -> all that decides its content beside videos, seed and setup.

        Runs for which these are equal can share the file (pretrained weights in a sweep). The
        values' `repr` counts.
        """
        return {}

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
        """All that comes before the first epoch, such as pretraining on the training `videos`;
        keeps and resumes its own files in `folder`."""

    @abc.abstractmethod
    def fit(
        self, *, first_epoch: int, epochs: int, callbacks: Sequence[keras.callbacks.Callback]
    ) -> None:
        """Trains epochs first_epoch .. epochs - 1 on the prepared videos."""

    @abc.abstractmethod
    def score(self, videos: Sequence[Video]) -> dict[str, np.ndarray]:
        """Key -> scores float32 [n_steps]."""

    @property
    @abc.abstractmethod
    def variables(self) -> dict[str, Any]:
        """Name -> variable: all that a checkpoint must hold to carry on exactly, optimizers and
        seeds included."""

    @property
    @abc.abstractmethod
    def selector(self) -> keras.Model:
        """What scores a video: the part that is saved and exported."""

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

    def extras(self, videos: Sequence[Video]) -> Mapping[str, Extra]:
        """What joins the training batches beside features and lengths: targets, h, noise."""
        return {}

    @classmethod
    def supervised(cls) -> bool:
        """Whether it reads what people marked."""
        return bool(cls.needs - {"features"})
