"""Adam against PyTorch's formula, written out in numpy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum.methods.optimizers import Adam


@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
def test_equals_torch_formula(mode):
    rng = np.random.default_rng(0)
    start, gradients = (
        rng.normal(size=5),
        rng.normal(size=(6, 5)) * 1e-6,
    )  # small: where epsilon's place shows
    variable = keras.Variable(start, dtype="float64")
    optimizer = Adam(0.5, epsilon=1e-8)
    optimizer.build([variable])

    def apply(g):
        optimizer.apply([g], [variable])

    apply = apply if mode == "eager" else tf.function(apply, jit_compile=mode == "xla")
    m = v = np.zeros(5)
    value = start.copy()
    for step, g in enumerate(gradients, 1):
        apply(tf.constant(g))
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        value -= 0.5 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
        np.testing.assert_allclose(variable.numpy(), value, rtol=1e-9)
