"""M-AVS and A-AVS against numbers of a community tf.keras code (float64)."""

import numpy as np
import pytest
import tensorflow as tf
from golden_methods import (
    Golden,
    assign,
    close,
    close_gradients,
    close_variables,
    float64,  # noqa: F401
    gradients_of,
    run,
    same,
)

from tf_dictsum.layers.loops import compiled_loops
from tf_dictsum.losses.regression import weighted_cross_entropy
from tf_dictsum.methods.adam_variants import KerasAdam
from tf_dictsum.methods.avs import AvsModel
from tf_dictsum.selectors.avs import AvsSelector

pytestmark = pytest.mark.usefixtures("float64")
KINDS = {"m_avs": "multiplicative", "a_avs": "additive"}
MODES = ("eager", "graph", "loops", "xla")  # loops: a graph whose time loops are compiled


@pytest.fixture(scope="module")
def golden(shared):
    return Golden(shared, "avs")


def cell(layer, prefix):
    return {
        f"{prefix}/lstm_cell/{name}": same(getattr(layer, name))
        for name in ("kernel", "recurrent_kernel", "bias")
    }


def names(model):
    selector = model.selector
    forward, backward = selector.encoder.cells
    found = {
        **cell(forward, "bidirectional/forward_lstm"),
        **cell(backward, "bidirectional/backward_lstm"),
        "dense_2/kernel": same(selector.score.kernel),
        "dense_2/bias": same(selector.score.bias),
    }
    if selector.attention == "additive":
        return found | {
            **cell(selector.decoder, "here"),
            "bahdanau_attention/dense/kernel": same(selector.query),
            "bahdanau_attention/dense_1/kernel": same(selector.keys),
            "bahdanau_attention/additive_attention/scale": same(selector.scale),
        }
    return found | {
        **cell(selector.decoder, "lstm_1"),
        "luong_attention/dense/kernel": same(selector.keys),
        "dense_1/kernel": same(selector.mix.kernel),
        "dense_1/bias": same(selector.mix.bias),
    }


def make(golden, kind, loss="mse", mode="eager"):
    meta = golden.meta
    with compiled_loops(mode == "loops"):
        selector = AvsSelector(meta["input"], meta["decoder_units"], KINDS[kind], dtype="float64")
    model = AvsModel(selector, loss, dtype="float64")
    assign(names(model), golden.group(f"{kind}/init/"))
    return model


def batch(golden, padding=3):
    return golden.batch(0, 1, padding=padding, extras=["label"])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_forward_losses_and_gradients(golden, kind, mode):
    data, length = batch(golden), golden.meta["length"]
    for loss in ("mse", "weighted_bce"):
        model = make(golden, kind, loss, mode)
        value, scores = run(model.training_loss, mode)(data)
        close(scores[:, :length], golden[f"{kind}/forward/scores"], 1e-11)
        assert not scores[:, length:].numpy().any()
        close(value, golden[f"{kind}/loss/{loss}"], 1e-11)
        gradients = gradients_of(names(model), lambda m=model: m.training_loss(data)[0], mode)
        close_gradients(names(model), gradients, golden.group(f"{kind}/grad/{loss}/"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", KINDS)
def test_training(golden, kind, mode):
    model = make(golden, kind, "weighted_bce", mode)
    model.compile(selector_optimizer=KerasAdam(golden.meta["lr"], epsilon=1e-7))
    step = run(model.train_step, mode)
    for expected in golden[f"{kind}/train/losses"]:
        close(step(batch(golden))["error"], expected, 1e-9)
    close_variables(names(model), golden.group(f"{kind}/train/final/"), 1e-9)


def test_weight_counts():
    assert AvsSelector(1024).count_params() == 1_641_985
    assert AvsSelector(1024, attention="additive").count_params() == 1_838_593
    with pytest.raises(ValueError, match="expected 'multiplicative' or 'additive'"):
        AvsSelector(4, attention="dot")


def test_cross_entropy_of_videos_of_different_lengths():
    """Every video's positives are weighted by its own length: p is 1.5 here."""
    scores = np.array([[0.2, 0.7, 0.9], [0.4, 0.6, 0.0]])
    labels = np.array([[0.0, 1, 1], [1, 0, 0]])
    mask = np.array([[True] * 3, [True, True, False]])
    expected = [
        np.mean([-1.5 * np.log(0.8), -1.5 * np.log(0.7), -1.5 * np.log(0.9)]),
        np.mean([-0.5 * np.log(0.4), -1.5 * np.log(0.4)]),
    ]
    got = weighted_cross_entropy(*(tf.constant(a) for a in (scores, labels, mask)))
    np.testing.assert_allclose(got, expected, rtol=1e-5)
