"""Adam with PyTorch's `weight_decay`, and Adam with Keras' placement of epsilon."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.methods.optimizers import Adam

__all__ = ["AdamL2", "KerasAdam"]


@keras.saving.register_keras_serializable("tf_dictsum")
class AdamL2(Adam):
    """torch.optim.Adam(weight_decay=l2): Adam on g + l2 · w (which is not AdamW).

    Gradients are clipped before the term is added, as where torch.nn.utils.clip_grad_norm_ precedes
    the step.

    Args:
      l2: weight of w; other arguments as `Adam`.
    """

    def __init__(self, *args: Any, l2: float = 0.0, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.l2 = l2

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if self.l2:
            gradient = gradient + self._constant(self.l2, gradient) * variable
        super().update_step(gradient, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "l2": self.l2}


@keras.saving.register_keras_serializable("tf_dictsum")
class KerasAdam(Adam):
    """keras.optimizers.Adam, which adds ε to √v; its constants are not rounded to float32 on the
    way."""

    def _epsilon(self, power_2: Any) -> Any:
        return tf.zeros_like(power_2) + self.epsilon
