"""Pretraining of the parallel autoencoder: first stage of the dictionary method, on training
videos only.
"""

import math
import pathlib
import shutil
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from tf_dictsum.data.batches import make_batches, training_stream
from tf_dictsum.data.video import Video
from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.loops import compiled_loops
from tf_dictsum.methods.dictsum.parallel_autoencoder import ParallelAutoencoder
from tf_dictsum.methods.dictsum.settings import ParallelSettings
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.methods.setup import Setup
from tf_dictsum.methods.variables import assign_all, named_variables, reset_optimizer
from tf_dictsum.util.checkpoints import Checkpointer
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.weights import load_weights, save_weights

__all__ = ["WEIGHTS", "ParallelEncoder", "epochs_without_progress"]

WEIGHTS = "parallel.weights.h5"
SEED_OFFSET = 7919  # so that the parallel autoencoder does not start from the summarizer's draws


def epochs_without_progress(losses: Sequence[float]) -> int:
    """How many of the last `losses` did not improve on the best one before them by at least 0.01
    %.
    """
    best, waited = math.inf, 0
    for loss in losses:
        best, waited = (loss, 0) if loss < best * (1 - 1e-4) else (best, waited + 1)
    return waited


class ParallelEncoder:
    """The parallel autoencoder of one run: pretrains, keeps its files, encodes videos.

    Files in a split's folder: `pretraining/` (checkpoints while it trains, TensorBoard logs) and
    `parallel.weights.h5` when it is done.
    """

    def __init__(self, settings: ParallelSettings, setup: Setup):
        self.settings, self.setup = settings, setup
        self.seed = 0
        with compiled_loops(setup.jit == "loops"):
            self.model = self._new_model(self.seed)
        adam = Adam(settings.pretrain_lr, epsilon=settings.adam_epsilon)
        self.model.compile(optimizer=adam, jit_compile=setup.jit == "on")
        self.model.optimizer.build(self.model.trainable_variables)
        self._encode = tf.function(
            self._encode_padded,
            jit_compile=setup.jit == "on",
            input_signature=[
                tf.TensorSpec([1, None, setup.input_size]),
                tf.TensorSpec([1], tf.int32),
            ],
            autograph=False,
        )

    def _new_model(self, seed: int) -> ParallelAutoencoder:
        settings = self.settings
        return ParallelAutoencoder(
            self.setup.input_size,
            settings.parallel_size,
            Initializers(settings.init, seed + SEED_OFFSET),
            settings.parallel_dropout,
            settings.parallel_output,
            seed=seed,
            loss=settings.pretrain_loss,
            clip=settings.clip,
            name="parallel",
        )

    def reset(self, seed: int) -> None:
        """Untrained weights, fresh Adam and dropout, as `seed` has it."""
        self.seed = seed
        fresh = self._new_model(seed)
        assign_all(self.model.variables, fresh.variables)
        reset_optimizer(self.model.optimizer)

    def pretrain(
        self,
        videos: Sequence[Video],
        folder: pathlib.Path,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        """Trains on `videos`, or takes up what `folder` holds of it, or loads the weights of
        `parallel_encoder`.

        Raises:
          UserError: the given weights do not fit, or a damaged checkpoint.
        """
        given, finished = self.settings.parallel_encoder, folder / WEIGHTS
        if given or finished.exists():
            expected = f"the weights of a parallel encoder of {self.setup.input_size} features and N = {self.settings.parallel_size}"  # noqa: E501
            load_weights(self.model, pathlib.Path(given) if given else finished, expected)
            if not finished.exists():
                save_weights(self.model, finished, record=True)
            elif given:
                values = self.model.get_weights()
                load_weights(self.model, finished, expected)
                if any(
                    (a != b).any() for a, b in zip(values, self.model.get_weights(), strict=True)
                ):
                    raise UserError(
                        f"{given}: not the parallel encoder that {folder} was trained with. "
                        "Resume without `parallel_encoder`, or choose another `run_dir`."
                    )
            return
        losses = tf.Variable(
            np.full(max(1, self.settings.pretrain_epochs), np.nan), trainable=False
        )
        state = named_variables("parallel", self.model.variables) | named_variables(
            "adam", self.model.optimizer.variables
        )
        checkpoints = Checkpointer(
            folder / "pretraining" / "checkpoints", {**state, "losses": losses}
        )
        first = checkpoints.restore() or 0
        watch = _PretrainingWatch(losses, first, checkpoints, self.settings.pretrain_patience)
        if first < self.settings.pretrain_epochs and not watch.plateau(first):
            batches = make_batches(videos, 1, self.setup.buckets)
            stream = training_stream(
                batches, first, self.settings.pretrain_epochs, self.seed, self.setup.shuffle
            )
            self.model.fit(
                stream,
                initial_epoch=first,
                epochs=self.settings.pretrain_epochs,
                steps_per_epoch=len(batches),
                callbacks=[*callbacks, watch],
                shuffle=False,  # the stream has its order
                verbose=0,
            )
        save_weights(self.model, finished, record=True)
        shutil.rmtree(folder / "pretraining" / "checkpoints", ignore_errors=True)

    def _encode_padded(self, features: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        return self.model.encode(features, mask=tf.sequence_mask(lengths, tf.shape(features)[1]))[
            -1
        ][0]

    def encode(self, videos: Sequence[Video]) -> dict[str, np.ndarray]:
        """Key -> h float32 [N] of every video, with dropout off."""
        batches = make_batches(videos, 1, self.setup.buckets)
        return {
            b.keys[0]: self._encode(tf.constant(b.features), tf.constant(b.lengths)).numpy()[0]
            for b in batches
        }


class _PretrainingWatch(keras.callbacks.Callback):
    """Keeps every epoch's mean loss, saves a checkpoint, stops on a plateau of the training
    loss.
    """

    def __init__(self, losses: tf.Variable, first: int, checkpoints: Checkpointer, patience: int):
        super().__init__()
        self.losses, self.first, self.checkpoints, self.patience = (
            losses,
            first,
            checkpoints,
            patience,
        )
        self.steps: list[float] = []

    def plateau(self, epochs: int) -> bool:
        """Whether the losses of the first `epochs` epochs have stopped falling."""
        return (
            bool(self.patience)
            and epochs_without_progress(self.losses.numpy()[:epochs].tolist()) >= self.patience
        )

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self.steps.append(float((logs or {})["parallel_loss"]))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        values = self.losses.numpy()
        values[epoch] = np.mean(self.steps)
        self.steps.clear()
        self.losses.assign(values)
        self.checkpoints.save(epoch + 1)
        if self.plateau(epoch + 1):
            logging.info(
                "pretraining stops after %d epochs: the training loss has stopped falling.",
                epoch + 1,
            )
            self.model.stop_training = True
