"""ACGAN against numbers re-derived from the paper's equations (float64)."""

import numpy as np
import pytest
import tensorflow as tf
from golden_methods import (
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
    stacked,
)

from tf_dictsum.methods.acgan import AcganModel
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.selectors.acgan import AcganSelector, condition_of

pytestmark = pytest.mark.usefixtures("float64")
MODES = ("eager", "graph", "xla")
SLOW_ALONE = [pytest.param(m, marks=pytest.mark.slow) if m == "xla" else m for m in MODES]


@pytest.fixture(scope="module")
def golden(shared):
    return Golden(shared, "acgan")


def names(model):
    found = {}
    for name, network in (
        ("generator", model.selector.network),
        ("discriminator", model.discriminator),
    ):
        attention = network.attention
        found |= {
            f"{name}.attention.query": same(attention.query),
            f"{name}.attention.key": same(attention.key),
            f"{name}.attention.value": same(attention.value),
            f"{name}.attention.output": same(attention.output_kernel),
            **stacked(network.lstm, f"{name}.lstm"),
            **dense(network.hidden, f"{name}.fc1"),
            **dense(network.out, f"{name}.fc2"),
        }
    return found


def make(golden):
    meta = golden.meta
    selector = AcganSelector(
        meta["input"], meta["hidden"], meta["fc"], meta["heads"], dtype="float64"
    )
    model = AcganModel(selector, dtype="float64")
    assign(names(model), golden.group("init/"))
    return model


@pytest.mark.parametrize("mode", MODES)
def test_forward_and_losses(golden, mode):
    model, data = make(golden), golden.batch(0, 1, padding=4)
    mask = tf.sequence_mask(data["lengths"], data["features"].shape[1])

    def compute(data):
        network = model.selector.network
        attended, weights = network.attention(data["features"], mask=mask)
        scores, condition = model.selector.score_and_condition(data["features"], mask)
        real = model.judge(data["features"], condition.vector, mask)
        fake = model.judge(data["features"] * scores[..., None], condition.vector, mask)
        return attended, weights, scores, condition, tf.sigmoid(real), tf.sigmoid(fake)

    attended, weights, scores, condition, p_real, p_fake = run(compute, mode)(data)
    for n in (0, 1):
        length, expected = int(data["lengths"][n]), golden.group(f"forward/{n}/")
        close(attended[n, :length], expected["self_attended"], 1e-11)
        close(weights[n, :, :length, :length], expected["attention"], 1e-11)
        close(scores[n, :length], expected["scores"], 1e-11)
        close(condition.vector[n], expected["condition"], 1e-11)
        np.testing.assert_array_equal(
            np.flatnonzero(condition.chosen[n]), expected["condition_rows"]
        )
        close(p_real[n], expected["p_real"], 1e-11)
        close(p_fake[n], expected["p_fake"], 1e-11)
        parts, _ = run(lambda d: model.losses_of(d, "generator"), mode)(golden.batch(n, padding=4))
        for name in ("generator", "discriminator"):
            close(parts[name], golden[f"loss/{n}/{name}"], 1e-11)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_gradients(golden, mode, name):
    model, data = make(golden), golden.batch(0, padding=4)
    gradients = gradients_of(names(model), lambda: model.losses_of(data, name)[0][name], mode)
    moved = {k: v for k, v in names(model).items() if k.startswith(name)}
    expected = {k: v for k, v in golden.group(f"grad/{name}/").items() if k.startswith(name)}
    close_gradients(moved, gradients, expected)


@pytest.mark.parametrize("mode", SLOW_ALONE)
def test_training(golden, mode):
    meta, model = golden.meta, make(golden)
    model.compile(
        **{f"{k}_optimizer": Adam(meta["lr"], epsilon=meta["adam_eps"]) for k in model.groups}
    )
    step = run(model.train_step, mode)
    for k, expected in enumerate(golden["train/losses"]):
        logs = step(golden.batch(k % 2, padding=3 + 7 * (k % 2)))  # one length: one program
        close([logs[name] for name in meta["losses_columns"]], expected, 1e-9)
    close_variables(names(model), golden.group("train/final/"), 1e-9)


def test_weight_count():
    model = AcganModel(AcganSelector(1024))
    for network in (model.selector, model.discriminator):
        assert network.count_params() == 9_046_529


def test_the_condition_of_short_videos_is_one_row():
    x = tf.constant([[[1.0], [3], [2], [9]], [[4.0], [3], [9], [9]]], tf.float64)
    condition = condition_of(x, tf.sequence_mask([3, 2], 4))
    np.testing.assert_array_equal(condition.vector, [[3], [4]])
    twenty = condition_of(tf.ones([1, 20, 2]), tf.ones([1, 20], tf.bool))
    assert int(tf.reduce_sum(tf.cast(twenty.chosen, tf.int32))) == 3  # 0.15 · 20, not 2.999..


def test_each_update_moves_its_own_variables():
    model = AcganModel(AcganSelector(6, 4, 3, 2, dtype="float64"), dtype="float64")
    model.compile(**{f"{name}_optimizer": Adam(0.0) for name in model.groups})
    x = tf.random.stateless_uniform([2, 9, 6], [1, 2], dtype=tf.float64)
    for name, group in model.groups.items():
        getattr(model, f"{name}_optimizer").learning_rate.assign(1e-3)
        before = {id(v): v.numpy().copy() for v in model.trainable_variables}
        model.train_step({"features": x, "lengths": tf.constant([9, 6])})
        moved = {id(v) for v in model.trainable_variables if (v.numpy() != before[id(v)]).any()}
        assert moved == {id(v) for v in group}
        getattr(model, f"{name}_optimizer").learning_rate.assign(0.0)
