"""The scorer of vsLSTM and dppLSTM."""

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from tf_dictsum.layers.lstm import project
from tf_dictsum.layers.shared_lstm import SharedLSTM
from tf_dictsum.selectors.base import Selector

__all__ = ["DppLstmSelector", "KernelForward"]


class KernelForward(NamedTuple):
    """One forward pass; [batch, ...]."""

    importance: tf.Tensor  # q [batch, time], unbounded
    kernel: tf.Tensor | None  # k [batch, time, kernel_units]; None without a kernel
    video_and_hidden: tf.Tensor  # u [batch, time, D + 2H]
    h0: tf.Tensor  # [batch, H]
    c0: tf.Tensor  # [batch, H]


@keras.saving.register_keras_serializable("tf_dictsum")
class DppLstmSelector(Selector):
    """Zhang et al., "Video Summarization with Long Short-term Memory" (ECCV 2016), as its Theano
    code computes it.

    c0 and h0 = tanh(W · mean_t x + b), one layer each; one LSTM reads both ways with the same
    weights; u_t = (x_t, forward h, backward h); importance q_t and kernel features k_t are MLPs of
    u_t with one sigmoid layer and linear outputs. Scores are q_t (unbounded). With a kernel they
    can be v_t · v_t = q_t² |k_t|², which the published evaluation uses (it also adds max(q) to
    frames that a search for the likeliest set keeps: not here).

    2,230,273 weights at 1024/256 without, 2,689,537 with a kernel of 256.

    Args:
      input_size: D.
      units: H, per direction and of the MLPs' hidden layers.
      kernel_units: width of k; 0: vsLSTM, without a kernel.
      scores: "importance" (q) or "quality" (q² |k|²).
      seed: of the initial weights: 0.02 · U(−1, 1) for every matrix and the LSTM's biases, zero for
        the others.

    Call arguments:
      features: float [batch, time, D]; mask: bool [batch, time] or None.

    Returns:
      scores float [batch, time], zero where masked.
    """

    def __init__(
        self,
        input_size: int,
        units: int = 256,
        kernel_units: int = 0,
        scores: str = "importance",
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(input_size, **kwargs)
        if scores not in ("importance", "quality") or (scores == "quality" and not kernel_units):
            raise ValueError(
                f"scores is {scores!r}; expected 'importance', or 'quality' of a kernel."
            )
        self.units, self.kernel_units, self.scores, self.seed = units, kernel_units, scores, seed
        self._drawn = 0
        self.lstm = SharedLSTM(
            input_size,
            units,
            {
                "kernel_initializer": self._uniform(),
                "recurrent_initializer": self._uniform(),
                "bias_initializer": self._uniform(),
                "unit_forget_bias": False,
            },
            name="lstm",
            dtype=self.dtype_policy,
        )
        width = input_size + 2 * units
        self.initial_c = self._dense("initial_c", input_size, units)
        self.initial_h = self._dense("initial_h", input_size, units)
        self.importance_hidden = self._dense("importance_hidden", width, units)
        self.importance = self._dense("importance", units, 1)
        if kernel_units:
            self.kernel_hidden = self._dense("kernel_hidden", width, units)
            self.kernel = self._dense("kernel", units, kernel_units)
        self.built = True

    def _uniform(self) -> keras.initializers.Initializer:
        self._drawn += 1
        return keras.initializers.RandomUniform(-0.02, 0.02, seed=100 * self.seed + self._drawn)

    def _dense(self, name: str, inputs: int, outputs: int) -> keras.layers.Dense:
        layer = keras.layers.Dense(
            outputs, kernel_initializer=self._uniform(), name=name, dtype=self.dtype_policy
        )
        layer.build((None, inputs))
        return layer

    def forward(self, features: tf.Tensor, mask: tf.Tensor | None = None) -> KernelForward:
        """All that the losses need; padded steps of k and q hold values that do not count."""
        if mask is None:
            mask = tf.ones(tf.shape(features)[:2], tf.bool)
        real = tf.cast(mask, features.dtype)[:, :, tf.newaxis]
        mean = tf.math.divide_no_nan(
            tf.reduce_sum(features * real, axis=1), tf.reduce_sum(real, axis=1)
        )
        c0 = tf.tanh(_linear(self.initial_c, mean))
        h0 = tf.tanh(_linear(self.initial_h, mean))
        hidden = self.lstm(features, (h0, c0), mask=mask)
        u = tf.concat([features, *hidden], axis=-1)
        importance = _linear(self.importance, tf.sigmoid(_linear(self.importance_hidden, u)))
        kernel = None
        if self.kernel_units:
            kernel = _linear(self.kernel, tf.sigmoid(_linear(self.kernel_hidden, u)))
        return KernelForward(importance[..., 0], kernel, u, h0, c0)

    def call(self, features: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        forward = self.forward(features, mask)
        scores = forward.importance
        if self.scores == "quality":
            scores = tf.square(scores) * tf.reduce_sum(tf.square(forward.kernel), axis=-1)
        return scores if mask is None else tf.where(mask, scores, tf.zeros_like(scores))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_units": self.kernel_units,
            "scores": self.scores,
            "seed": self.seed,
        }


def _linear(layer: keras.layers.Dense, x: tf.Tensor) -> tf.Tensor:
    return project(x, tf.convert_to_tensor(layer.kernel), tf.convert_to_tensor(layer.bias))
