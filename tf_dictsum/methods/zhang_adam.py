"""The optimizer of the public vsLSTM code."""

from typing import Any

import keras
import tensorflow as tf

__all__ = ["ZhangAdam"]

DECAY = 1 - 1e-8  # of the first moment's share, per update


@keras.saving.register_keras_serializable("tf_dictsum")
class ZhangAdam(keras.optimizers.Adam):
    """Adam as in github.com/kezhang-cs/Video-Summarization-with-LSTM.

    Its step counter i is 2 at the first update, and the new gradient's share of the first moment
    grows:
    m = r g + (1 − r) m with r = 1 − 0.9 (1 − 1e-8)^(i−1); v as usual; the step is
    lr √(1 − .999^i) / (1 − .9^i) · m / (√v + 1e-8).
    """

    def __init__(self, learning_rate: Any = 1e-3, **kwargs: Any):
        super().__init__(learning_rate, **{"epsilon": 1e-8, **kwargs})

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype

        def constant(value: float) -> tf.Tensor:
            return tf.constant(value, dtype)

        i = tf.cast(self.iterations, dtype) + 2
        lr = tf.cast(learning_rate, dtype) * tf.sqrt(1 - tf.pow(constant(self.beta_2), i))
        lr /= 1 - tf.pow(constant(self.beta_1), i)
        share = 1 - constant(self.beta_1) * tf.pow(constant(DECAY), i - 1)
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        g = tf.cast(gradient, dtype)
        self.assign(m, share * g + (1 - share) * m)
        self.assign(v, constant(1 - self.beta_2) * g * g + constant(self.beta_2) * v)
        root = tf.sqrt(tf.convert_to_tensor(v)) + constant(self.epsilon)
        self.assign_sub(variable, lr * tf.convert_to_tensor(m) / root)
