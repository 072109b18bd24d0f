"""CA-SUM against numbers of the public code (float64)."""

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

from tf_dictsum.methods.adam_variants import AdamL2
from tf_dictsum.methods.ca_sum import CaSumModel
from tf_dictsum.selectors.ca_sum import CaSumSelector

pytestmark = pytest.mark.usefixtures("float64")


@pytest.fixture(scope="module")
def golden(shared):
    return Golden(shared, "ca_sum")


def names(model):
    selector = model.selector
    return {
        **dense(selector.key, "attention.Wk"),
        **dense(selector.query, "attention.Wq"),
        **dense(selector.value, "attention.Wv"),
        **dense(selector.attended, "attention.out"),
        **dense(selector.hidden, "linear_1"),
        **dense(selector.score, "linear_2"),
        "norm_y.weight": same(selector.norm_attended.gamma),
        "norm_y.bias": same(selector.norm_attended.beta),
        "norm_linear.weight": same(selector.norm_hidden.gamma),
        "norm_linear.bias": same(selector.norm_hidden.beta),
    }


def make(golden, clip=0.0, dropout=0.0):
    meta = golden.meta
    selector = CaSumSelector(meta["input"], meta["block"], dtype="float64")
    model = CaSumModel(selector, meta["reg_factor"], dropout, clip, dtype="float64")
    assign(names(model), golden.group("init/"))
    return model


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("numbers", [(0,), (0, 1)])
def test_forward_and_loss(golden, mode, numbers):
    model, data = make(golden), golden.batch(*numbers, padding=5)
    mask = tf.sequence_mask(data["lengths"], data["features"].shape[1])
    losses, scores = run(model.training_loss, mode)(data)
    blocks, attended = run(model.selector.attend, mode)(data["features"], mask)
    for row, n in enumerate(numbers):
        length = int(data["lengths"][row])
        close(scores[row, :length], golden[f"forward/{n}/scores"], 1e-11)
        assert not scores[row, length:].numpy().any()
        close(blocks[row, :length, :length], golden[f"forward/{n}/attention"], 1e-11)
        close(attended[row, :length], golden[f"forward/{n}/attention_output"], 1e-11)
        close(losses[row], golden[f"loss/{n}/length"], 1e-11)


@pytest.mark.parametrize("mode", MODES)
def test_gradients(golden, mode):
    model, data = make(golden), golden.batch(0, padding=5)
    gradients = gradients_of(names(model), lambda: model.training_loss(data)[0][0], mode)
    close_gradients(names(model), gradients, golden.group("grad/length/"))


@pytest.mark.parametrize("mode", MODES)
def test_training(golden, mode):
    meta, model = golden.meta, make(golden, golden.meta["clip_norm"])
    optimizer = AdamL2(meta["lr"], epsilon=meta["adam_eps"], l2=meta["weight_decay"])
    model.compile(selector_optimizer=optimizer)
    step = run(model.train_step, mode)
    for k, expected in enumerate(golden["train/losses"]):
        logs = step(golden.batch(0, 1, padding=3))
        close(logs["length"], expected.mean(), 1e-9)
        close(logs["gradient_norm_selector"], golden["train/grad_norm_before_clip"][k], 1e-9)
    close_variables(names(model), golden.group("train/final/"), 1e-9)


def test_weight_count_and_initial_biases():
    selector = CaSumSelector(1024)
    assert selector.count_params() == 5_251_073
    for bias in (selector.hidden.bias, selector.score.bias, selector.norm_hidden.beta):
        np.testing.assert_allclose(bias.numpy(), 0.1)


@pytest.mark.parametrize("time", [1, 5, 60])
def test_a_video_within_one_block_has_scores_and_gradients(time):
    """Where the public code gives NaN."""
    model = CaSumModel(CaSumSelector(4, dtype="float64"), dropout=0.0, dtype="float64")
    x = tf.random.stateless_normal([1, time, 4], [3, 4], dtype=tf.float64)
    with tf.GradientTape() as tape:
        losses, scores = model.training_loss({"features": x, "lengths": tf.constant([time])})
    assert np.isfinite(scores).all()
    for gradient in tape.gradient(losses, model.trainable_variables):
        assert np.isfinite(gradient).all()


def test_dropout_is_of_training_only(golden):
    model, data = make(golden, dropout=0.5), golden.batch(0)
    first, second = (model.training_loss(data)[1].numpy() for _ in range(2))
    assert (first != second).any()
    close(model(data["features"])[0], golden["forward/0/scores"], 1e-11)
    data["dropout_masks"] = [1.0, 1.0]
    close(model.training_loss(data)[1][0], golden["forward/0/scores"], 1e-11)
