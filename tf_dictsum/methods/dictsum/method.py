"""SUM-GAN-AAE with the dictionary loss (ICIP 2021)."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from tf_dictsum.config import Config
from tf_dictsum.data.batches import make_batches
from tf_dictsum.data.video import Video
from tf_dictsum.methods.dictsum.pretraining import ParallelEncoder
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.methods.sum_gan_aae.method import SumGanAae
from tf_dictsum.util.errors import UserError

__all__ = ["DictSum", "exchanged"]


def exchanged(hidden: Mapping[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Every video with the h of another one: one random cycle through all of them, so that none keeps its own.

    An ablation: if the dictionary loss helps by what h says about the video, it must stop helping.

    Args:
      hidden: key -> h float32 [N].
      seed: of the cycle.

    Raises:
      UserError: there is only one video.
    """
    keys = list(hidden)
    if len(keys) < 2:
        raise UserError(
            "--parallel_hidden=shuffled gives a video the h of another one: it needs two training videos or more."
        )
    order = np.random.default_rng(seed).permutation(len(keys))
    return {
        keys[one]: hidden[keys[other]] for one, other in zip(order, np.roll(order, 1), strict=True)
    }


class DictSum(SumGanAae):
    """Adds a pretrained, frozen parallel encoder (its h is computed once per video) and the dictionary A."""

    name: ClassVar[str] = "dictsum"

    def __init__(self, config: Config, input_size: int, lengths: Sequence[int] = ()):
        self.parallel_size = config.parallel_size
        super().__init__(config, input_size, lengths)
        self.parallel = ParallelEncoder(config, input_size, self.buckets)

    def _new_optimizers(self) -> dict[str, Any]:
        adam = Adam(
            self.config.dictionary_lr, epsilon=self.config.adam_epsilon, name="adam_dictionary"
        )
        return {**super()._new_optimizers(), "dictionary_optimizer": adam}

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self.parallel.reset(seed)

    def prepare(
        self,
        videos: Sequence[Video],
        folder: pathlib.Path,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        self.parallel.pretrain(videos, folder, callbacks)
        hidden = self.parallel.encode(videos)
        if self.config.parallel_hidden == "shuffled":
            hidden = exchanged(hidden, self.seed)
        self.batches = make_batches(videos, self.config.batch_size, self.buckets, hidden)

    def prepare_steps(self, videos: Sequence[Video]) -> int:
        return 0 if self.config.parallel_encoder else self.config.pretrain_epochs * len(videos)
