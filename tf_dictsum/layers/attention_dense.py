"""Linear layers of the attention scorers (VASNet, CA-SUM), as their public code starts them."""

import keras
import tensorflow as tf

from tf_dictsum.layers.lstm import project

__all__ = ["linear", "xavier_dense"]


def xavier_dense(
    inputs: int, outputs: int, name: str, seed: int, dtype: keras.DTypePolicy, bias: bool = False
) -> keras.layers.Dense:
    """A built layer: Xavier uniform with gain √2, bias 0.1 where it has one."""
    layer = keras.layers.Dense(
        outputs,
        use_bias=bias,
        kernel_initializer=keras.initializers.VarianceScaling(2.0, "fan_avg", "uniform", seed=seed),
        bias_initializer=keras.initializers.Constant(0.1),
        name=name,
        dtype=dtype,
    )
    layer.build((None, inputs))
    return layer


def linear(layer: keras.layers.Dense, x: tf.Tensor) -> tf.Tensor:
    """x float [batch, time, inputs] -> [batch, time, outputs], as one matrix product."""
    bias = tf.convert_to_tensor(layer.bias) if layer.use_bias else None
    return project(x, tf.convert_to_tensor(layer.kernel), bias)
