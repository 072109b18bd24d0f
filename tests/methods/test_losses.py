"""Every loss: a literal value, its shape, its padding, its gradient where it is zero."""

import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum import losses


def test_literals():
    a, b = tf.constant([[3.0, 0.0], [1.0, 1.0]]), tf.constant([[0.0, 4.0], [1.0, 1.0]])
    np.testing.assert_allclose(losses.reconstruction_loss(a, b), [5, 0])
    np.testing.assert_allclose(losses.reconstruction_loss(a, b, "l2sq"), [25, 0])
    np.testing.assert_allclose(losses.dictionary_loss(a, b), [5, 0])
    p = tf.constant([0.25, 1.0])
    np.testing.assert_allclose(losses.generator_loss(p), [0.5625, 0])
    np.testing.assert_allclose(losses.original_loss(p), [0.5625, 0])
    np.testing.assert_allclose(losses.summary_loss(p), [0.0625, 1])


def test_sparsity_counts_real_steps_only():
    scores = tf.constant([[0.5, 0.1, 99.0], [0.2, 0.2, 0.2]])
    mask = tf.constant([[True, True, False], [True, True, True]])
    np.testing.assert_allclose(losses.sparsity_loss(scores, mask, 0.15), [0.15, 0.05], rtol=1e-6)


@pytest.mark.parametrize("kind", ["l2", "l2sq"])
def test_gradient_at_zero_is_finite(kind):
    x = tf.zeros([2, 3])
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = losses.norm(x, kind)
    np.testing.assert_array_equal(tape.gradient(value, x), np.zeros([2, 3]))


def test_unknown_norm():
    with pytest.raises(ValueError, match="expected 'l2' or 'l2sq'"):
        losses.norm(tf.ones([1, 2]), "l1")
