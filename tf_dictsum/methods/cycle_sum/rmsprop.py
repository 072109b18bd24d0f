"""RMSProp with ε outside of the root."""

from typing import Any

import keras
import tensorflow as tf

__all__ = ["RMSprop"]


@keras.saving.register_keras_serializable("tf_dictsum")
class RMSprop(keras.optimizers.RMSprop):
    """v = ρ v + (1 − ρ) g²; w −= lr g / (√v + ε). keras.optimizers.RMSprop has √(v + ε)."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        rho = tf.constant(self.rho, dtype)
        velocity = self._velocities[self._get_variable_index(variable)]
        g = tf.cast(gradient, dtype)
        moved = rho * tf.convert_to_tensor(velocity) + (1 - rho) * g * g
        self.assign(velocity, moved)
        step = tf.cast(learning_rate, dtype) * g / (tf.sqrt(moved) + self.epsilon)
        self.assign_sub(variable, step)
