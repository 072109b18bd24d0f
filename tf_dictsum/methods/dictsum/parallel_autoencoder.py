"""The parallel LSTM autoencoder: pretrained on raw features, then frozen; its encoding h is what A
e must predict.
"""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.lstm import project
from tf_dictsum.layers.stacked_lstm import StackedLSTM
from tf_dictsum.methods.steppers import apply_clipped

__all__ = ["ParallelAutoencoder"]

LEAKY_SLOPE = 0.01  # the paper author's parallel autoencoder


class ParallelAutoencoder(keras.Model):
    """Two-layer LSTM encoder over raw X; two-layer LSTM decoder that reads h at every step and runs
    backwards.

    The decoder starts from the encoder's final states. Output: Linear, then LeakyReLU(0.01) (pool5
    features are not negative) or nothing.

    Args:
      input_size: D, width of the features; units: N, width of h.
      initializers: where the initial weights come from.
      dropout: rate between the encoder's layers while training (0.2 in the paper author's code); h
        never sees it.
      output: "leaky_relu" or "linear".
      seed: of the dropout.
      loss: squared error summed over the steps and features of a video ("sum", the author's) or
        their mean ("mean").
      clip: largest global gradient norm; 0: no clipping.

    Call arguments:
      features: float [batch, time, D]; mask: bool [batch, time] or None; training: bool.

    Returns:
      (h float [batch, N], reconstruction float [batch, time, D], zero where masked).
    """

    def __init__(
        self,
        input_size: int,
        units: int,
        initializers: Initializers,
        dropout: float = 0.2,
        output: str = "leaky_relu",
        seed: int = 0,
        loss: str = "sum",
        clip: float = 5.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = True
        if output not in ("leaky_relu", "linear"):
            raise ValueError(f"output is {output!r}; expected 'leaky_relu' or 'linear'.")
        self.output_activation = output
        self.error, self.clip = loss, clip
        self.encoder = StackedLSTM(
            input_size, units, initializers, name="encoder", dtype=self.dtype_policy
        )
        self.decoder = StackedLSTM(
            units, units, initializers, reverse=True, name="decoder", dtype=self.dtype_policy
        )
        self.out = keras.layers.Dense(
            input_size, name="out", dtype=self.dtype_policy, **initializers.dense(units)
        )
        self.out.build((None, units))
        self.dropout = keras.layers.Dropout(dropout, seed=seed, dtype=self.dtype_policy)
        self.built = True

    def encode(
        self, features: tf.Tensor, mask: tf.Tensor | None = None, training: bool = False
    ) -> list[tuple[tf.Tensor, tf.Tensor]]:
        """Final (h, c) of both layers; the last h [batch, N] is the paper's h."""
        lower, upper = self.encoder.cells
        outputs, *lower_state = lower(features, mask=mask)
        _, *upper_state = upper(self.dropout(outputs, training=training), mask=mask)
        return [tuple(lower_state), tuple(upper_state)]

    def call(
        self, features: tf.Tensor, mask: tf.Tensor | None = None, training: bool = False
    ) -> tuple[tf.Tensor, tf.Tensor]:
        states = self.encode(features, mask, training)
        hidden = states[-1][0]
        # The decoder's input is the same at every step: project it once, repeat the projection.
        lower, upper = self.decoder.cells
        z = project(hidden, tf.convert_to_tensor(lower.kernel), tf.convert_to_tensor(lower.bias))
        z = z[tf.newaxis] + tf.zeros([tf.shape(features)[1], 1, 1], z.dtype)
        outputs, _, _ = lower.recur(z, mask, states[0])
        outputs, _, _ = upper(outputs, mask=mask, initial_state=states[1])
        rebuilt = project(
            outputs, tf.convert_to_tensor(self.out.kernel), tf.convert_to_tensor(self.out.bias)
        )
        if self.output_activation == "leaky_relu":
            rebuilt = tf.maximum(rebuilt, LEAKY_SLOPE * rebuilt)
        if mask is not None:
            rebuilt = tf.where(mask[:, :, tf.newaxis], rebuilt, tf.zeros_like(rebuilt))
        return hidden, rebuilt

    @tf.autograph.experimental.do_not_convert
    def train_step(self, data: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """One Adam step on {"features": [batch, time, D], "lengths": int32 [batch]}; the optimizer
        is `compile`'s.
        """
        features, lengths = data["features"], data["lengths"]
        mask = tf.sequence_mask(lengths, tf.shape(features)[1])
        with tf.GradientTape() as tape:
            _, rebuilt = self(features, mask=mask, training=True)
            difference = tf.where(
                mask[:, :, tf.newaxis], rebuilt - features, tf.zeros_like(features)
            )
            errors = tf.reduce_sum(tf.square(difference), axis=[1, 2])
            if self.error == "mean":
                errors = errors / tf.cast(lengths * features.shape[-1], errors.dtype)
            loss = tf.reduce_mean(errors)
        variables = self.trainable_variables
        norm = apply_clipped(self.optimizer, tape.gradient(loss, variables), variables, self.clip)
        return {"parallel_loss": loss, "gradient_norm_parallel": norm}
