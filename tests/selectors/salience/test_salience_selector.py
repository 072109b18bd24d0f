"""Salience as a graph: equal to the numpy functions, whatever the batch."""

import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum.saliency.blend import collection_salience, video_salience
from tf_dictsum.saliency.change import change
from tf_dictsum.saliency.length import vector_length
from tf_dictsum.saliency.position import middle
from tf_dictsum.saliency.ranks import ranks
from tf_dictsum.saliency.rarity import rarity
from tf_dictsum.saliency.smoothing import smooth
from tf_dictsum.selectors.salience import signals
from tf_dictsum.selectors.salience.selector import SalienceSelector

D = 6


def _features(steps: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, steps]).normal(1, 1, size=(steps, D)).astype(np.float32)


def _selector(towards: np.ndarray | None = None, step: float = 0.5, **options) -> SalienceSelector:
    selector = SalienceSelector(D, **options)
    selector.step.assign(step)
    if towards is not None:
        selector.direction.assign(towards)
    return selector


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 60])
@pytest.mark.parametrize("step", [0.2, 0.5, 0.625, 0.8, 3.0])
def test_signals_equal_the_numpy_ones(steps, step):
    x, t = _features(steps), step * np.arange(steps)
    rows, seconds = tf.constant(x), tf.constant(step, tf.float32)
    np.testing.assert_allclose(signals.change(rows, seconds), change(x, t), rtol=1e-5)
    np.testing.assert_allclose(signals.rarity(rows), rarity(x, t), rtol=1e-4)
    np.testing.assert_allclose(signals.middle(rows), middle(t), atol=1e-6)
    row = tf.constant(x[:, 0])
    np.testing.assert_allclose(signals.smooth(row, seconds, 2.5), smooth(row, t, 2.5), rtol=1e-5)
    np.testing.assert_array_equal(signals.smooth(row, seconds, 0.0), row)
    np.testing.assert_allclose(signals.ranks(row), ranks(row), rtol=1e-6)
    length, differ = signals.vector_length(tf.constant(x))
    expected = vector_length(x, t)
    assert float(differ) == (expected is not None)
    np.testing.assert_allclose(length, np.linalg.norm(x, axis=1), rtol=1e-5)


def test_a_long_video_is_compared_with_the_same_sample(monkeypatch):
    monkeypatch.setattr(signals, "MOST", 50)
    x = _features(301)
    found = signals.rarity(tf.constant(x))
    np.testing.assert_allclose(found, rarity(x, np.arange(301), most=50), rtol=1e-4)


def test_ranks_share_ties():
    np.testing.assert_allclose(signals.ranks(tf.constant([5.0, 1, 5, 0])), ranks([5, 1, 5, 0]))


@pytest.mark.parametrize("steps", [1, 2, 40])
@pytest.mark.parametrize("position", [0.0, 0.5])
def test_scores_equal_the_numpy_ones(steps, position):
    x, t = _features(steps), 0.5 * np.arange(steps)
    towards = np.linspace(-1, 1, D).astype(np.float32)
    expected = collection_salience(x, t, towards, position_weight=position)
    found = _selector(towards, position_weight=position)(x[None])[0]
    np.testing.assert_allclose(found, expected, atol=1.5 / steps)  # rounding may swap neighbours
    assert np.abs(found - expected).mean() < 0.1 / steps


def test_without_a_direction_the_video_counts_by_itself():
    x, t = _features(40), 0.5 * np.arange(40)
    np.testing.assert_allclose(_selector()(x[None])[0], video_salience(x, t), atol=1e-6)


def test_features_of_unit_length_need_no_length():
    x, t = _features(40), 0.5 * np.arange(40)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    np.testing.assert_allclose(_selector()(x[None])[0], video_salience(x, t), atol=1e-6)


def test_padding_and_the_batch_change_nothing():
    rows = [_features(n) for n in (30, 12, 1)]
    padded = np.full((4, 33, D), 7.0, np.float32)
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    selector = _selector(np.ones(D, np.float32))
    scores = selector(padded, mask=tf.sequence_mask([30, 12, 1, 0], 33)).numpy()
    for place, row in enumerate(rows):
        np.testing.assert_array_equal(scores[place, : len(row)], selector(row[None])[0])
        assert not scores[place, len(row) :].any()
    assert not scores[3].any()


def test_a_constant_video_has_equal_scores():
    scores = _selector(np.ones(D, np.float32))(np.full((1, 20, D), 0.1, np.float32))
    np.testing.assert_allclose(scores, 0.5)


def test_rebuilt_from_its_config_and_weights():
    selector = _selector(np.ones(D, np.float32), 0.6, position_weight=0.5, smoothing=1.0)
    again = SalienceSelector.from_config(selector.get_config())
    again.set_weights(selector.get_weights())
    x = _features(25)[None]
    np.testing.assert_array_equal(again(x), selector(x))


def test_exported_and_run_in_batches(tmp_path):
    selector = _selector(np.ones(D, np.float32))
    module = selector.export_module()
    signature = tf.function(
        module.__call__,
        input_signature=[tf.TensorSpec([None, None, D]), tf.TensorSpec([None], tf.int32)],
    )
    tf.saved_model.save(module, str(tmp_path), signatures={"serving_default": signature})
    served = tf.saved_model.load(str(tmp_path)).signatures["serving_default"]
    x = np.stack([_features(20, 1), _features(20, 2)])
    found = served(features=tf.constant(x), lengths=tf.constant([20, 9]))["scores"]
    np.testing.assert_allclose(found[0], selector(x[:1])[0], atol=1e-6)
    np.testing.assert_allclose(found[1, :9], selector(x[1:, :9])[0], atol=1e-6)
