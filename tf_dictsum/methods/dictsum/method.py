"""SUM-GAN-AAE with the dictionary loss (ICIP 2021)."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from tf_dictsum.data.batches import Extra
from tf_dictsum.data.video import Video
from tf_dictsum.layers.loops import compiled_loops
from tf_dictsum.methods.dictsum.model import DictionarySummarizer
from tf_dictsum.methods.dictsum.pretraining import WEIGHTS, ParallelEncoder
from tf_dictsum.methods.dictsum.settings import DictSumSettings
from tf_dictsum.methods.logs import Log
from tf_dictsum.methods.salience.settings import SalienceSettings
from tf_dictsum.methods.salience.teacher import targets
from tf_dictsum.methods.setup import Setup
from tf_dictsum.methods.sum_gan_aae.method import SumGanAae
from tf_dictsum.util.errors import UserError

__all__ = ["DictSum", "exchanged"]


def exchanged(hidden: Mapping[str, np.ndarray], seed: int) -> dict[str, np.ndarray]:
    """Every video with the h of another one: one random cycle through all of them, so that none
    keeps its own.

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
            "parallel_hidden=shuffled gives a video the h of another one: it needs two training "
            "videos or more."
        )
    order = np.random.default_rng(seed).permutation(len(keys))
    return {
        keys[one]: hidden[keys[other]] for one, other in zip(order, np.roll(order, 1), strict=True)
    }


class DictSum(SumGanAae):
    """Adds a pretrained, frozen parallel encoder (its h is computed once per video) and the
    dictionary A.
    """

    name: ClassVar[str] = "dictsum"
    Settings = DictSumSettings
    logs: ClassVar[Mapping[str, Log]] = {
        **SumGanAae.logs,
        "dictionary": Log("loss/dictionary", "dict"),
        "dictionary_to_reconstruction": Log("dictionary/loss_over_reconstruction"),
        "dictionary_norm": Log("dictionary/norm"),
        "salience": Log("loss/salience", "sal"),
        "parallel_loss": Log("loss/parallel_loss", "loss"),
    }

    settings: DictSumSettings
    model: DictionarySummarizer

    def __init__(self, settings: DictSumSettings, setup: Setup):
        with compiled_loops(setup.jit == "loops"):  # of one size they have the same loops
            super().__init__(settings, setup)
            self.parallel = ParallelEncoder(settings.parallel, setup)

    def build(self, seed: int) -> DictionarySummarizer:
        return DictionarySummarizer(self.setup.input_size, self.settings, seed, name="summarizer")

    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        adam = self._adam("dictionary", self.settings.dictionary_lr)
        return {**super().optimizers(), "dictionary": adam}

    @classmethod
    def shared_files(cls, settings: DictSumSettings) -> Mapping[str, Any]:
        return {WEIGHTS: settings.parallel.identity()}

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
        super().prepare(videos, folder, callbacks)

    def extras(self, videos: Sequence[Video]) -> Mapping[str, Extra]:
        """h of every video, by the parallel encoder as it is now; salience where it has a
        weight.
        """
        hidden = self.parallel.encode(videos)
        if self.settings.parallel_hidden == "shuffled":
            hidden = exchanged(hidden, self.seed)
        joined = {"hidden": Extra(hidden)}
        if self.settings.salience_weight:
            joined["salience"] = Extra(targets(videos, SalienceSettings()), per_step=True)
        return joined

    def prepare_steps(self, videos: Sequence[Video]) -> int:
        given = self.settings.parallel_encoder
        return 0 if given else self.settings.pretrain_epochs * len(videos)
