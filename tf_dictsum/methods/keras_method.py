"""A method that is one Keras model with a training step of its own."""

import abc
import pathlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_dictsum.data.batches import Batch, make_batches, training_stream
from tf_dictsum.data.video import Video
from tf_dictsum.layers.loops import compiled_loops
from tf_dictsum.methods.base import Method
from tf_dictsum.methods.setup import Setup
from tf_dictsum.methods.variables import assign_all, named_variables, reset_optimizer

__all__ = ["KerasMethod"]


class KerasMethod(Method):
    """Resetting, fitting, scoring, checkpointing and counting steps, from `build` and `optimizers`.

    The model that `build` makes has a `selector` (a `Selector`), a `train_step` that takes
    {"features": float32 [batch, time, D], "lengths": int32 [batch], "index": int32 [batch],
    **extras} and returns scalar logs, and a `compile` that takes the optimizers as
    `<name>_optimizer` and builds each on its variables.
    """

    def __init__(self, settings: Any, setup: Setup):
        super().__init__(settings, setup)
        self.seed = 0
        self.batches: list[Batch] = []
        with compiled_loops(setup.jit == "loops"):
            self.model = self.build(self.seed)
        self._optimizers = self.optimizers()
        named = {f"{name}_optimizer": optimizer for name, optimizer in self._optimizers.items()}
        self.model.compile(jit_compile=setup.jit == "on", **named)
        self._score = tf.function(
            self._score_padded,
            jit_compile=setup.jit == "on",
            input_signature=[
                tf.TensorSpec([1, None, setup.input_size]),
                tf.TensorSpec([1], tf.int32),
            ],
            autograph=False,
        )

    @abc.abstractmethod
    def build(self, seed: int) -> Any:
        """A new, untrained model; its weights depend on settings, setup and `seed` alone."""

    @abc.abstractmethod
    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        """New optimizers by name, one for every update of the model; the names appear in logs and
        checkpoints."""

    def begin_epoch(self, epoch: int) -> None:
        """Called before every epoch (from 0), also the first one after a resume: learning-rate
        schedules."""

    @property
    def variables(self) -> dict[str, Any]:
        values = named_variables("model", self.model.trainable_variables)
        values |= named_variables("state", self._state)
        for name, optimizer in self._optimizers.items():
            values |= named_variables(f"adam_{name}", optimizer.variables)
        return values

    @property
    def _state(self) -> list[Any]:
        """The model's variables that no gradient moves (seeds of dropout and sampling, running
        means)."""
        of_optimizers = {id(v) for o in self._optimizers.values() for v in o.variables}
        return [v for v in self.model.non_trainable_variables if id(v) not in of_optimizers]

    def reset(self, seed: int) -> None:
        self.seed = seed
        fresh = self.build(seed)
        assign_all(self.model.trainable_variables, fresh.trainable_variables)
        assign_all(self._state, fresh.non_trainable_variables)
        for optimizer in self._optimizers.values():
            reset_optimizer(optimizer)

    def prepare(
        self,
        videos: Sequence[Video],
        folder: pathlib.Path,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        self.batches = make_batches(
            videos, self.setup.batch_size, self.setup.buckets, self.extras(videos)
        )

    def fit(
        self, *, first_epoch: int, epochs: int, callbacks: Sequence[keras.callbacks.Callback]
    ) -> None:
        stream = training_stream(self.batches, first_epoch, epochs, self.seed, self.setup.shuffle)
        schedule = keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda epoch, logs: self.begin_epoch(epoch)
        )
        self.model.fit(
            stream,
            initial_epoch=first_epoch,
            epochs=epochs,
            steps_per_epoch=len(self.batches),
            callbacks=[schedule, *callbacks],
            shuffle=False,  # the stream has its order
            verbose=0,
        )

    def steps_per_epoch(self, videos: Sequence[Video]) -> int:
        return -(-len(videos) // self.setup.batch_size)

    def _score_padded(self, features: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        mask = tf.sequence_mask(lengths, tf.shape(features)[1])
        return self.model.selector(features, mask=mask)

    def score(self, videos: Sequence[Video]) -> dict[str, np.ndarray]:
        scores = {}
        for batch in make_batches(videos, 1, self.setup.buckets):
            padded = self._score(tf.constant(batch.features), tf.constant(batch.lengths))
            scores[batch.keys[0]] = padded.numpy()[0, : batch.lengths[0]]
        return scores

    @property
    def selector(self) -> keras.Model:
        return self.model.selector

    @property
    def learning_rates(self) -> dict[str, float]:
        return {name: float(o.learning_rate) for name, o in self._optimizers.items()}
