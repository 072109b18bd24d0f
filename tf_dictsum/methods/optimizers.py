"""Adam with PyTorch's placement of epsilon."""

from typing import Any

import keras
import tensorflow as tf

__all__ = ["Adam"]


def _handle(variable: Any) -> tf.Tensor:
    """The resource behind a Keras variable, or behind the tf.Variable that Keras hands to an
    update."""
    return variable.handle if isinstance(variable, tf.Variable) else variable.value.handle


@keras.saving.register_keras_serializable("tf_dictsum")
class Adam(keras.optimizers.Adam):
    """Adam as torch.optim.Adam computes it: θ −= lr · m̂ / (√v̂ + ε).

    keras.optimizers.Adam adds ε to the square root of the *uncorrected* second moment, which in the
    first steps makes it up to 1/√(1 − β₂) ≈ 32 times larger: visible where gradients are small, as
    they are here.
    """

    @staticmethod
    def _constant(value: float, like: Any) -> Any:
        return tf.zeros_like(like) + value  # tf.cast(0.9, "float64") would round to float32 first

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        dtype = variable.dtype
        step = tf.cast(self.iterations, dtype) + 1
        power_1, power_2 = (
            tf.pow(self._constant(self.beta_1, step), step),
            tf.pow(self._constant(self.beta_2, step), step),
        )
        index = self._get_variable_index(variable)
        # One fused pass over the weights. TensorFlow's kernel adds ε to √v; with ε √(1 − β₂ᵗ) that
        # is PyTorch's formula.
        tf.raw_ops.ResourceApplyAdam(
            var=_handle(variable),
            m=_handle(self._momentums[index]),
            v=_handle(self._velocities[index]),
            beta1_power=power_1,
            beta2_power=power_2,
            lr=tf.cast(learning_rate, dtype),
            beta1=self._constant(self.beta_1, step),
            beta2=self._constant(self.beta_2, step),
            epsilon=self._epsilon(power_2),
            grad=tf.cast(gradient, dtype),
        )

    def _epsilon(self, power_2: Any) -> Any:
        """What is added to √v; power_2 is β₂ᵗ."""
        return self.epsilon * tf.sqrt(1 - power_2)
