"""Our LSTM against keras.layers.LSTM: outputs, states and every gradient, in every mode."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum.layers.lstm import LSTM

TIME, SIZE, UNITS = 7, 3, 4
MODES = ("eager", "graph", "xla")


def run(function, mode, *args):
    if mode != "eager":
        function = tf.function(function, jit_compile=mode == "xla", autograph=False)
    return function(*args)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 2e-5)])
def test_equals_keras(mode, batch, reverse, masked, started, dtype, tolerance):
    if dtype == "float32" and mode == "graph":
        return  # the graph mode is covered in float64
    rng = np.random.default_rng(batch)
    x = tf.constant(rng.normal(size=(batch, TIME, SIZE)), dtype)
    lengths = np.array([TIME, 3, 1][:batch])
    mask = tf.constant(np.arange(TIME) < lengths[:, None]) if masked else None
    state = (
        tuple(tf.constant(rng.normal(size=(batch, UNITS)), dtype) for _ in range(2))
        if started
        else None
    )
    ours = LSTM(UNITS, reverse=reverse, dtype=dtype, bias_initializer="glorot_uniform")
    ours.build(x.shape)
    reference = keras.layers.LSTM(
        UNITS,
        return_sequences=True,
        return_state=True,
        go_backwards=reverse,
        zero_output_for_mask=True,
        dtype=dtype,
        use_cudnn=False,
    )
    reference.build(x.shape)
    reference.set_weights(ours.get_weights())
    weights = tf.constant(rng.normal(size=(batch, TIME, UNITS)), dtype)

    def compute(layer, is_reference, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs, h, c = layer(x, mask=mask, initial_state=list(state) if state else None)
            if (
                is_reference and reverse
            ):  # Keras leaves reversed outputs in the order in which they came
                outputs = tf.reverse(outputs, [1])
            loss = (
                tf.reduce_sum(outputs * weights) + tf.reduce_sum(h * h) + tf.reduce_sum(tf.sin(c))
            )
        return outputs, h, c, tape.gradient(loss, [x, *layer.trainable_variables])

    got = run(lambda x: compute(ours, False, x), mode, x)
    want = compute(reference, True, x)
    for a, b in zip(tf.nest.flatten(got), tf.nest.flatten(want), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_equations_in_numpy():
    layer = LSTM(UNITS, dtype="float64")
    x = np.random.default_rng(0).normal(size=(2, TIME, SIZE))
    outputs, h, c = layer(tf.constant(x))
    w, u, b = layer.get_weights()
    state, cell = np.zeros((2, UNITS)), np.zeros((2, UNITS))
    for t in range(TIME):
        i, f, g, o = np.split(x[:, t] @ w + state @ u + b, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-v)) for v in (i, f, o))
        cell = f * cell + i * np.tanh(g)
        state = o * np.tanh(cell)
        np.testing.assert_allclose(outputs[:, t], state, rtol=1e-12)
    np.testing.assert_allclose(h, state)
    np.testing.assert_allclose(c, cell)


@pytest.mark.parametrize("mode", ["eager", "graph"])
def test_second_order_is_refused(mode):
    layer = LSTM(UNITS)
    x = tf.ones([1, TIME, SIZE])

    def second(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(x)
                loss = tf.reduce_sum(layer(x)[0] ** 2)
            gradient = inner.gradient(loss, x)
        return outer.gradient(gradient, x)

    with pytest.raises(LookupError, match="first-order gradients only"):
        run(second, mode, x)


def test_config_round_trip_and_bad_length():
    layer = LSTM(UNITS, reverse=True, kernel_initializer="zeros")
    copy = LSTM.from_config(layer.get_config())
    assert (copy.units, copy.reverse, copy.unit_forget_bias) == (UNITS, True, True)
    assert layer.compute_output_shape((2, TIME, SIZE)) == ((2, TIME, UNITS), (2, UNITS), (2, UNITS))
    with pytest.raises(ValueError, match="at least one time step"):
        layer.call(tf.zeros([1, 0, SIZE])) if layer.built else layer(tf.zeros([1, 0, SIZE]))


def test_unit_forget_bias():
    layer = LSTM(2)
    layer.build((None, None, 3))
    np.testing.assert_array_equal(layer.bias, [0, 0, 1, 1, 0, 0, 0, 0])
