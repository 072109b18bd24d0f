"""Adam with PyTorch's placement of epsilon."""

from typing import Any

import keras

__all__ = ["Adam"]


@keras.saving.register_keras_serializable("tf_dictsum")
class Adam(keras.optimizers.Adam):
    """Adam as torch.optim.Adam computes it: θ −= lr · m̂ / (√v̂ + ε).

    keras.optimizers.Adam adds ε to the square root of the *uncorrected* second moment, which in the first steps makes
    it up to 1/√(1 − β₂) ≈ 32 times larger: visible where gradients are small, as they are here.
    """

    @staticmethod
    def _constant(value: float, like: Any) -> Any:
        return keras.ops.zeros_like(like) + value  # ops.cast(0.9, "float64") would round to float32 first

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        ops = keras.ops
        rate, gradient = ops.cast(learning_rate, variable.dtype), ops.cast(gradient, variable.dtype)
        step = ops.cast(self.iterations + 1, variable.dtype)
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        self.assign_add(m, (gradient - m) * (1 - self.beta_1))
        self.assign_add(v, (ops.square(gradient) - v) * (1 - self.beta_2))
        m_hat = m / (1 - ops.power(self._constant(self.beta_1, step), step))
        v_hat = v / (1 - ops.power(self._constant(self.beta_2, step), step))
        self.assign_sub(variable, rate * m_hat / (ops.sqrt(v_hat) + self.epsilon))
