"""SUM-GAN-AAE: the baseline of the dictionary paper (Apostolidis et al., MMM 2020)."""

import pathlib
from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from tf_dictsum.config import Config
from tf_dictsum.data.batches import Batch, make_batches, training_stream
from tf_dictsum.data.video import Video
from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.loops import compiled_loops
from tf_dictsum.methods.base import Method
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.methods.sum_gan_aae.model import Summarizer
from tf_dictsum.methods.variables import named_variables, reset_optimizer

__all__ = ["SumGanAae"]


class SumGanAae(Method):
    """Selector, encoder, decoder and discriminator, without a dictionary."""

    name: ClassVar[str] = "sum_gan_aae"
    parallel_size: int | None = None

    def __init__(self, config: Config, input_size: int, lengths: Sequence[int] = ()):
        super().__init__(config, input_size, lengths)
        self.seed = config.seed
        self.batches: list[Batch] = []
        with compiled_loops(self.xla == "loops"):
            self.model = self._new_model(self.seed)
        self.model.compile(jit_compile=self.xla == "on", **self._new_optimizers())
        self._score = tf.function(
            self._score_padded,
            jit_compile=self.xla == "on",
            input_signature=[tf.TensorSpec([1, None, input_size]), tf.TensorSpec([1], tf.int32)],
            autograph=False,
        )

    def _new_model(self, seed: int) -> Summarizer:
        config = self.config
        return Summarizer(
            self.input_size,
            config.hidden_size,
            self.parallel_size,
            config.objective,
            Initializers(config.init, seed),
            config.selector == "bidirectional",
            name="summarizer",
        )

    def _new_optimizers(self) -> dict[str, Any]:
        config = self.config
        rates = {
            "selector": config.learning_rate,
            "decoder": config.learning_rate,
            "discriminator": config.discriminator_lr,
        }
        return {
            f"{name}_optimizer": Adam(rate, epsilon=config.adam_epsilon, name=f"adam_{name}")
            for name, rate in rates.items()
        }

    @property
    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """Name -> optimizer."""
        names = [
            "selector",
            "decoder",
            "discriminator",
            *(["dictionary"] if self.parallel_size else []),
        ]
        return {name: getattr(self.model, f"{name}_optimizer") for name in names}

    @property
    def variables(self) -> dict[str, Any]:
        values = named_variables("model", self.model.trainable_variables)
        for name, optimizer in self.optimizers.items():
            values |= named_variables(f"adam_{name}", optimizer.variables)
        if self.model.history_of_gradients is not None:
            values |= named_variables("left_gradients", self.model.history_of_gradients.values)
        return values

    def reset(self, seed: int) -> None:
        self.seed = seed
        fresh = self._new_model(seed)
        for variable, value in zip(
            self.model.trainable_variables, fresh.trainable_variables, strict=True
        ):
            variable.assign(value)
        for optimizer in self.optimizers.values():
            reset_optimizer(optimizer)
        if self.model.history_of_gradients is not None:
            for variable in self.model.history_of_gradients.values:
                variable.assign(keras.ops.zeros_like(variable))

    def prepare(
        self,
        videos: Sequence[Video],
        folder: pathlib.Path,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        self.batches = make_batches(videos, self.config.batch_size, self.buckets)

    def fit(
        self, *, first_epoch: int, epochs: int, callbacks: Sequence[keras.callbacks.Callback]
    ) -> None:
        stream = training_stream(self.batches, first_epoch, epochs, self.seed, self.config.shuffle)
        self.model.fit(
            stream,
            initial_epoch=first_epoch,
            epochs=epochs,
            steps_per_epoch=len(self.batches),
            callbacks=list(callbacks),
            shuffle=False,  # the stream has its order
            verbose=0,
        )

    def steps_per_epoch(self, videos: Sequence[Video]) -> int:
        return -(-len(videos) // self.config.batch_size)

    def _score_padded(self, features: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        return self.model.scorer(features, mask=tf.sequence_mask(lengths, tf.shape(features)[1]))

    def score(self, videos: Sequence[Video]) -> dict[str, np.ndarray]:
        scores = {}
        for batch in make_batches(videos, 1, self.buckets):
            padded = self._score(tf.constant(batch.features), tf.constant(batch.lengths))
            scores[batch.keys[0]] = padded.numpy()[0, : batch.lengths[0]]
        return scores

    @property
    def selector(self) -> keras.Model:
        return self.model.scorer

    @property
    def learning_rates(self) -> dict[str, float]:
        return {name: float(optimizer.learning_rate) for name, optimizer in self.optimizers.items()}
