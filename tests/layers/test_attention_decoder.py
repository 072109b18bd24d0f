"""The attention decoder against a plain loop of its equations, differentiated by TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum.layers.attention_decoder import AttentionDecoder
from tf_dictsum.layers.initializers import Initializers

TIME, UNITS = 6, 4


def cell(x, h, c, kernel, recurrent, bias):
    i, f, g, o = tf.split(x @ kernel + h @ recurrent + bias, 4, axis=-1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c


def plain(decoder, memory, state):
    """One sequence at a time, as the public code describes it: memory [time, H], state [1, H]
    each.
    """
    d = decoder
    h1, c1, h2, c2 = state
    fed, outputs = tf.zeros_like(h1), []
    for _ in range(len(memory)):
        query = tf.concat([h1, h2], 1) @ d.query_kernel.value + d.query_bias.value
        attention = tf.nn.softmax(tf.reduce_sum(memory * query, axis=1))
        context = tf.reduce_sum(attention[:, tf.newaxis] * memory, axis=0, keepdims=True)
        h1, c1 = cell(
            tf.concat([fed, context], 1),
            h1,
            c1,
            d.lower_kernel.value,
            d.lower_recurrent_kernel.value,
            d.lower_bias.value,
        )
        h2, c2 = cell(
            h1, h2, c2, d.upper_kernel.value, d.upper_recurrent_kernel.value, d.upper_bias.value
        )
        fed = h2 @ d.feedback_kernel.value + d.feedback_bias.value
        outputs.append(h2)
    return tf.concat(outputs[::-1], axis=0)


@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
@pytest.mark.parametrize("lengths", [[6], [1], [6, 2, 5], [1, 1]])
@pytest.mark.parametrize("kind", ["torch", "keras"])
def test_equals_plain_equations(mode, lengths, kind):
    rng = np.random.default_rng(1)
    decoder = AttentionDecoder(UNITS, Initializers(kind, 3), dtype="float64")
    mask = tf.constant(np.arange(TIME) < np.array(lengths)[:, None])
    memory = (
        tf.constant(rng.normal(size=(len(lengths), TIME, UNITS)))
        * tf.cast(mask, tf.float64)[:, :, tf.newaxis]
    )
    state = [tf.constant(rng.normal(size=(len(lengths), UNITS))) for _ in range(4)]
    weights = tf.constant(rng.normal(size=(len(lengths), TIME, UNITS)))
    sources = [memory, *state]

    def ours():
        with tf.GradientTape() as tape:
            tape.watch(sources)
            outputs = decoder(memory, tuple(state), mask=None if lengths == [TIME] else mask)
            loss = tf.reduce_sum(outputs * weights)
        return outputs, tape.gradient(loss, [*sources, *decoder.trainable_variables])

    def reference():
        with tf.GradientTape() as tape:
            tape.watch(sources)
            rows = [
                plain(decoder, memory[n, :length], [s[n : n + 1] for s in state])
                for n, length in enumerate(lengths)
            ]
            outputs = tf.stack([tf.pad(row, [[0, TIME - len(row)], [0, 0]]) for row in rows])
            loss = tf.reduce_sum(outputs * weights)
        return outputs, tape.gradient(loss, [*sources, *decoder.trainable_variables])

    ours = ours if mode == "eager" else tf.function(ours, jit_compile=mode == "xla")
    got, want = tf.nest.flatten(ours()), tf.nest.flatten(reference())
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(
            a, b if b is not None else np.zeros(a.shape), rtol=1e-9, atol=1e-12
        )


def test_initial_weights_follow_pytorch_rules():
    decoder = AttentionDecoder(100, Initializers("torch", 0))
    limit = 1 / np.sqrt(100)
    kernel = decoder.lower_kernel.numpy()
    assert abs(kernel).max() <= limit
    assert abs(kernel.std() - limit / np.sqrt(3)) < 0.002
    assert abs(decoder.query_kernel.numpy()).max() <= 1 / np.sqrt(200)
    bias = decoder.upper_bias.numpy()  # the sum of two uniform draws
    assert limit < abs(bias).max() <= 2 * limit
    assert abs(bias.std() - limit * np.sqrt(2 / 3)) < 0.01


def test_unknown_init():
    with pytest.raises(ValueError, match="init is 'jax'; expected 'torch', 'keras' or 'xavier'"):
        Initializers("jax")
