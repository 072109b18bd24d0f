"""What every selector gives: a config that rebuilds it, and a graph to serve."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum.layers.attention_decoder import AttentionDecoder
from tf_dictsum.layers.dictionary import Dictionary
from tf_dictsum.layers.discriminator import Discriminator
from tf_dictsum.layers.loops import compiled_loops
from tf_dictsum.layers.stacked_lstm import StackedLSTM
from tf_dictsum.selectors.base import Selector
from tf_dictsum.selectors.bilstm import BiLSTMSelector

WIDTH = 6


@keras.saving.register_keras_serializable("tests")
class Linear(Selector):
    """One product per frame, so that what is padding shows."""

    def __init__(self, input_size, bias=0.5, **kwargs):
        super().__init__(input_size, **kwargs)
        self.bias = bias
        self.kernel = self.add_weight(shape=(input_size,), initializer="ones", name="kernel")
        self.built = True

    def call(self, features, mask=None):
        scores = tf.linalg.matvec(features, tf.convert_to_tensor(self.kernel)) + self.bias
        return scores if mask is None else tf.where(mask, scores, tf.zeros_like(scores))

    def get_config(self):
        return {**super().get_config(), "bias": self.bias}


@pytest.mark.parametrize(
    "make",
    [
        lambda: BiLSTMSelector(WIDTH, 4, "keras", bidirectional=False, seed=3),
        lambda: BiLSTMSelector(WIDTH, 4, seed=3),
        lambda: StackedLSTM(WIDTH, 4, bidirectional=True, seed=3),
        lambda: StackedLSTM(WIDTH, 4, "keras", reverse=True, seed=3),
        lambda: AttentionDecoder(4, "keras", seed=3),
        lambda: Discriminator(4, seed=3, dtype="float64"),
        lambda: Dictionary(4, 5, seed=3),
        lambda: Linear(WIDTH, 0.25),
    ],
)
def test_a_config_rebuilds_the_layer(make):
    layer = make()
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer))
    assert type(again) is type(layer)
    assert again.get_config() == layer.get_config()
    assert [w.dtype for w in again.weights] == [w.dtype for w in layer.weights]
    for a, b in zip(again.get_weights(), layer.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)  # the seed is part of a config


def test_layers_of_a_stack():
    stack = StackedLSTM(WIDTH, 4, bidirectional=True)
    assert [[lstm.reverse for lstm in layer] for layer in stack.layers] == [[False, True]] * 2
    assert [layer[0].kernel.shape[0] for layer in stack.layers] == [WIDTH, 8]
    assert [len(layer) for layer in StackedLSTM(WIDTH, 4, reverse=True).layers] == [1, 1]


def exported(selector):
    module = selector.export_module()
    signature = [tf.TensorSpec([None, None, WIDTH]), tf.TensorSpec([None], tf.int32)]
    return tf.function(module.__call__, input_signature=signature, autograph=False)


def test_the_generic_graph():
    selector = Linear(WIDTH)
    selector.kernel.assign(np.arange(WIDTH))
    run = exported(selector)
    selector.kernel.assign(np.zeros(WIDTH))  # the module has weights of its own
    features = np.random.default_rng(0).random((3, 5, WIDTH), np.float32)
    features[1, 2:] = np.nan
    answer = run(features, np.array([9, 2, -1], np.int32))
    assert answer["lengths"].numpy().tolist() == [5, 2, 0]
    expected = features @ np.arange(WIDTH, dtype=np.float32) + 0.5
    expected[1, 2:] = expected[2] = 0
    np.testing.assert_allclose(answer["scores"], expected, rtol=1e-6)
    for batch, time in ((1, 0), (0, 4)):
        empty = run(np.zeros((batch, time, WIDTH), np.float32), np.zeros(batch, np.int32))
        assert empty["scores"].shape == (batch, time)
    with pytest.raises(tf.errors.InvalidArgumentError, match="one entry for every video"):
        run(features, np.array([5], np.int32))


def test_the_generic_graph_holds_nothing_of_xla():
    """Even of a selector whose loops are compiled, and even where the BiLSTM's own graph is not
    used.
    """
    with compiled_loops(True):
        selector = BiLSTMSelector(WIDTH, 4, seed=1)
    module = Selector.export_module(selector)
    signature = [tf.TensorSpec([None, None, WIDTH]), tf.TensorSpec([None], tf.int32)]
    run = tf.function(module.__call__, input_signature=signature, autograph=False)
    graph = run.get_concrete_function().graph.as_graph_def()
    assert "XlaMustCompile" not in str(graph)
    features = np.random.default_rng(0).random((2, 7, WIDTH), np.float32)
    lengths = np.array([7, 4], np.int32)
    found, fast = run(features, lengths), exported(selector)(features, lengths)
    np.testing.assert_allclose(found["scores"], fast["scores"], atol=1e-6)
    assert run(np.zeros((2, 0, WIDTH), np.float32), lengths)["scores"].shape == (2, 0)


def test_a_selector_that_does_not_score():
    with pytest.raises(NotImplementedError, match="Selector does not say how it scores"):
        Selector(WIDTH).call(tf.zeros([1, 2, WIDTH]))
