"""SUM-GAN-AAE with the dictionary term (ICIP 2021, equation 2)."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum import losses
from tf_dictsum.layers.dictionary import Dictionary
from tf_dictsum.losses.correlation import correlation_loss
from tf_dictsum.methods.dictsum.settings import DictSumSettings
from tf_dictsum.methods.steppers import apply_clipped
from tf_dictsum.methods.sum_gan_aae.forward import Data, Forward, Logs
from tf_dictsum.methods.sum_gan_aae.model import Summarizer

__all__ = ["DictionarySummarizer"]


class DictionarySummarizer(Summarizer):
    """Adds λ ‖h − A e‖ to the selector's loss, and A's own update.

    Batches also hold "hidden": float [batch, N], the frozen parallel encoder's h, and with a
    salience_weight "salience": float [batch, time].

    Args:
      input_size: D, width of the features.
      settings: as of SUM-GAN-AAE, and N, λ and the kind of dictionary.
      seed: of the initial weights.
    """

    settings: DictSumSettings

    def __init__(
        self,
        input_size: int,
        settings: DictSumSettings | None = None,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(input_size, settings, seed, **kwargs)
        self.dictionary = Dictionary(
            self.settings.hidden_size,
            self.settings.parallel_size,
            self.initializers,
            name="dictionary",
            dtype=self.dtype_policy,
        )

    @classmethod
    def default_settings(cls) -> DictSumSettings:
        return DictSumSettings()

    def compile(
        self, *, dictionary_optimizer: keras.optimizers.Optimizer | None = None, **kwargs: Any
    ) -> None:
        super().compile(**kwargs)
        if dictionary_optimizer is None:
            raise ValueError("a summarizer with a dictionary needs a dictionary_optimizer.")
        self.dictionary_optimizer = dictionary_optimizer
        dictionary_optimizer.build(self.dictionary.trainable_variables)

    def selector_loss(
        self, forward: Forward, data: Data, mask: tf.Tensor
    ) -> tuple[tf.Tensor, Logs]:
        """L_recon + L_sparsity + λ L_dict, and with a weight 1 - correlation with the salience."""
        total, logs = super().selector_loss(forward, data, mask)
        loss = self._dictionary_loss(forward.encoding, tf.stop_gradient(data["hidden"]))
        ratio = tf.math.divide_no_nan(loss, logs["reconstruction"])
        logs |= {"dictionary": loss, "dictionary_to_reconstruction": ratio}
        if self.settings.dict_weight:
            total = total + self.settings.dict_weight * loss
        if self.settings.salience_weight:
            unlike = tf.reduce_mean(correlation_loss(forward.scores, data["salience"], mask))
            total = total + self.settings.salience_weight * unlike
            logs["salience"] = unlike
        return total, {**logs, "selector_total": total}

    def update_others(self, forward: Forward, data: Data) -> Logs:
        """A's update by L_dict and its own Adam, unless it is frozen."""
        matrix = tf.convert_to_tensor(self.dictionary.matrix)
        if self.settings.dictionary == "frozen":
            return {"dictionary_norm": tf.norm(matrix)}
        with tf.GradientTape() as tape:
            loss = self._dictionary_loss(tf.stop_gradient(forward.encoding), data["hidden"])
        variables = self.dictionary.trainable_variables
        gradients = tape.gradient(loss, variables)
        clip = self.settings.clip
        norm = apply_clipped(self.dictionary_optimizer, gradients, variables, clip)
        size = tf.norm(tf.convert_to_tensor(self.dictionary.matrix))
        return {"gradient_norm_dictionary": norm, "dictionary_norm": size}

    def _dictionary_loss(self, encoding: tf.Tensor, hidden: tf.Tensor) -> tf.Tensor:
        """L_dict = ‖h − A e‖, mean over the batch."""
        guess = self.dictionary(encoding)
        return tf.reduce_mean(losses.dictionary_loss(hidden, guess, self.settings.dict_norm))
