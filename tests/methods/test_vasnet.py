"""VASNet against numbers of the public code (float64)."""

import numpy as np
import pytest
import tensorflow as tf
from golden_methods import (
    MODES,
    Golden,
    assign,
    close,
    close_gradients,
    close_variables,
    dense,
    float64,  # noqa: F401
    gradients_of,
    run,
    same,
)

from tf_dictsum.losses.regression import min_max
from tf_dictsum.methods.adam_variants import AdamL2
from tf_dictsum.methods.vasnet import VasnetModel
from tf_dictsum.selectors.vasnet import VasnetSelector

pytestmark = pytest.mark.usefixtures("float64")
UNUSED = ("kb.", "kc.")  # layers that the public code never calls


@pytest.fixture(scope="module")
def golden(shared):
    return Golden(shared, "vasnet")


def names(model):
    selector = model.selector
    return {
        **dense(selector.key, "att.K"),
        **dense(selector.query, "att.Q"),
        **dense(selector.value, "att.V"),
        **dense(selector.attended, "att.output_linear"),
        **dense(selector.hidden, "ka"),
        **dense(selector.score, "kd"),
        "layer_norm_y.gamma": same(selector.norm_attended.gamma),
        "layer_norm_y.beta": same(selector.norm_attended.beta),
        "layer_norm_ka.gamma": same(selector.norm_hidden.gamma),
        "layer_norm_ka.beta": same(selector.norm_hidden.beta),
    }


def make(golden, dropout=0.0):
    selector = VasnetSelector(golden.meta["input"], golden.meta["hidden"], dtype="float64")
    model = VasnetModel(selector, dropout, dtype="float64")
    assign(names(model), golden.group("init/"), UNUSED)
    return model


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("numbers", [(0,), (1,), (0, 1)])
def test_forward_and_loss(golden, mode, numbers):
    model = make(golden)
    data = golden.batch(*numbers, padding=5, extras=["gtscore"])
    mask = tf.sequence_mask(data["lengths"], data["features"].shape[1])
    loss, scores = run(model.training_loss, mode)(data)
    weights, attended = run(model.selector.attend, mode)(data["features"], mask)
    target = min_max(data["gtscore"], mask)
    for row, n in enumerate(numbers):
        length = int(data["lengths"][row])
        close(scores[row, :length], golden[f"forward/{n}/scores"], 1e-11)
        assert not scores[row, length:].numpy().any()
        close(weights[row, :length, :length], golden[f"forward/{n}/attention"], 1e-11)
        close(attended[row, :length], golden[f"forward/{n}/attention_output"], 1e-11)
        close(target[row, :length], golden[f"target/{n}"], 1e-11)
    close(loss, np.mean([golden[f"loss/{n}/mse"] for n in numbers]), 1e-11)


@pytest.mark.parametrize("mode", MODES)
def test_gradients(golden, mode):
    model = make(golden)
    data = golden.batch(0, padding=5, extras=["gtscore"])
    gradients = gradients_of(names(model), lambda: model.training_loss(data)[0], mode)
    close_gradients(names(model), gradients, golden.group("grad/mse/"))


@pytest.mark.parametrize("mode", MODES)
def test_dropout_by_stored_masks(golden, mode):
    model = make(golden, dropout=0.5)
    data = golden.batch(0, extras=["gtscore"])
    data["dropout_masks"] = [
        tf.constant(golden[f"dropout/0/mask_{name}"][None])
        for name in ("attention", "residual", "ka")
    ]
    loss, scores = run(model.training_loss, mode)(data)
    close(scores[0], golden["dropout/0/scores"], 1e-11)
    close(loss, golden["dropout/0/mse"], 1e-11)
    gradients = gradients_of(names(model), lambda: model.training_loss(data)[0], mode)
    close_gradients(names(model), gradients, golden.group("dropout/0/grad/"))


@pytest.mark.parametrize("mode", MODES)
def test_training(golden, mode):
    meta, model = golden.meta, make(golden)
    optimizer = AdamL2(meta["lr"], epsilon=meta["adam_eps"], l2=meta["weight_decay"])
    model.compile(selector_optimizer=optimizer)
    step = run(model.train_step, mode)
    for k, expected in enumerate(golden["train/losses"]):
        close(step(golden.batch(k % 2, padding=3, extras=["gtscore"]))["error"], expected, 1e-9)
    close_variables(names(model), golden.group("train/final/"), 1e-9)


def test_weight_count():
    assert VasnetSelector(1024).count_params() == 5_249_025


def test_dropout_is_of_training_only_and_resumes_from_its_seed(golden):
    data = golden.batch(0, extras=["gtscore"])
    model = make(golden, dropout=0.5)
    assert len(model.non_trainable_variables) == 1  # the seed, which a checkpoint holds
    before = model.random.state.numpy().copy()
    first, second = (float(model.training_loss(data)[0]) for _ in range(2))
    model.random.state.assign(before)
    assert float(model.training_loss(data)[0]) == first != second
    close(model(data["features"])[0], golden["forward/0/scores"], 1e-11)


def test_equal_values_have_finite_gradients():
    """A black frame: all features, and so the whole row before normalisation, are zero."""
    model = VasnetModel(VasnetSelector(4, 3, dtype="float64"), 0.0, dtype="float64")
    data = {
        "features": tf.zeros([1, 5, 4], tf.float64),
        "lengths": tf.constant([5]),
        "gtscore": tf.ones([1, 5], tf.float64),
    }
    with tf.GradientTape() as tape:
        loss, _ = model.training_loss(data)
    for gradient in tape.gradient(loss, model.trainable_variables):
        assert np.isfinite(gradient).all()
