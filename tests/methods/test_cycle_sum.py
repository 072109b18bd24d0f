"""Cycle-SUM against numbers re-derived from the paper's equations (float64)."""

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
    lstm,
    run,
    stacked,
)

from tf_dictsum.layers.loops import compiled_loops
from tf_dictsum.methods.cycle_sum.model import CycleSumModel
from tf_dictsum.methods.cycle_sum.rmsprop import RMSprop
from tf_dictsum.selectors.lstm import LstmSelector

pytestmark = pytest.mark.usefixtures("float64")
MODES = ("eager", "graph", "loops", "xla")  # loops: a graph whose time loops are compiled
SLOW_ALONE = [
    pytest.param(m, marks=pytest.mark.slow) if m in ("eager", "xla") else m for m in MODES
]


@pytest.fixture(scope="module")
def golden(shared):
    return Golden(shared, "cycle_sum")


def names(model):
    found = stacked(model.selector.lstm, "selector.lstm")
    found |= dense(model.selector.score, "selector.out")
    for way in ("forward", "backward"):
        generator = getattr(model, f"{way}_generator")
        critic = getattr(model, f"{way}_critic")
        found |= {
            **stacked(generator.encoder.lstm, f"{way}_generator.enc"),
            **dense(generator.encoder.mean, f"{way}_generator.mu"),
            **dense(generator.encoder.variance, f"{way}_generator.logvar"),
            **lstm(generator.decoder.lower, f"{way}_generator.dec.0"),
            **lstm(generator.decoder.upper, f"{way}_generator.dec.1"),
            **dense(generator.decoder.out, f"{way}_generator.out"),
            **stacked(critic.lstm, f"{way}_critic.lstm"),
            **dense(critic.out, f"{way}_critic.out"),
        }
    return found


def make(golden, mode="eager"):
    meta = golden.meta
    with compiled_loops(mode == "loops"):
        selector = LstmSelector(meta["input"], meta["hidden"], 3, dtype="float64")
        model = CycleSumModel(
            selector,
            meta["hidden"],
            meta["sigma"],
            tuple(meta["lambdas"]),
            meta["weight_clip"],
            dtype="float64",
        )
    assign(names(model), golden.group("init/"))
    return model


def mask_of(data):
    return tf.sequence_mask(data["lengths"], data["features"].shape[1])


def losses_of(model, data, noise, detached=False):
    mask = mask_of(data)
    forward = model.forward(data["features"], mask, noise, detached)
    features = tf.where(mask[..., None], data["features"], 0)
    return forward, model.losses_of(forward, features, mask)


@pytest.mark.parametrize("mode", MODES)
def test_forward_and_losses(golden, mode):
    model = make(golden, mode)
    compute = run(lambda data, noise: losses_of(model, data, noise), mode)
    noise = tf.constant(golden["noise"])
    forward, _ = compute(golden.batch(0, 1, padding=4), noise)
    for n in (0, 1):
        length, expected = golden.meta["lengths"][n], golden.group(f"forward/{n}/")
        for name in (
            "scores",
            "summary",
            "original_from_summary",
            "summary_cycle",
            "summary_from_original",
            "original_cycle",
        ):
            close(getattr(forward, name)[n, :length], expected[name], 1e-11, name)
        for name, got in {
            "mu_forward": forward.forward_code.mean,
            "mu_backward": forward.backward_code.mean,
            "logvar_forward": forward.forward_code.log_variance,
            "logvar_backward": forward.backward_code.log_variance,
            "phi_original": forward.forward_critic[0],
            "phi_original_fake": forward.forward_critic[1],
            "critic_original": forward.forward_critic[2],
            "critic_original_fake": forward.forward_critic[3],
            "phi_summary": forward.backward_critic[0],
            "phi_summary_fake": forward.backward_critic[1],
            "critic_summary": forward.backward_critic[2],
            "critic_summary_fake": forward.backward_critic[3],
        }.items():
            close(got[n], expected[name], 1e-11, name)
        one = golden.batch(n, padding=4 + 5 * n)
        _, parts = compute(one, noise[n : n + 1])
        renamed = {"generator": "selector_and_generators", "critic": "critics"}
        for name, value in parts.items():
            close(value, golden[f"loss/{n}/{renamed.get(name, name)}"], 1e-11, name)


@pytest.mark.parametrize("mode", SLOW_ALONE)
def test_gradients(golden, mode):
    model, data = make(golden, mode), golden.batch(0, padding=4)
    noise = tf.constant(golden["noise"][:1])
    for name, file_name in (
        ("generator", "selector_and_generators"),
        ("critic", "critics"),
        ("cycle_forward", "cycle_forward"),
        ("cycle_backward", "cycle_backward"),
        ("prior_forward", "prior_forward"),
        ("recon_forward", "recon_forward"),
        ("gan_backward", "gan_backward"),
    ):
        gradients = gradients_of(
            names(model),
            lambda name=name: losses_of(model, data, noise, name == "critic")[1][name],
            mode,
        )
        expected = golden.group(f"grad/{file_name}/")
        held = {k: v for k, v in names(model).items() if k in expected}
        close_gradients(held, gradients, expected)


@pytest.mark.parametrize("mode", MODES)
def test_pretraining(golden, mode):
    model, data = make(golden, mode), golden.batch(0)
    noise = tf.constant(golden["noise"][:1, 0])
    compute = lambda: model.pretraining_loss(  # noqa: E731
        data["features"], mask_of(data), noise, "forward"
    )
    close(run(compute, mode)(), golden["pretrain/loss"], 1e-11)
    gradients = gradients_of(names(model), compute, mode)
    expected = golden.group("pretrain/grad/")
    held = {k: v for k, v in names(model).items() if k in expected}
    close_gradients(held, gradients, expected)


@pytest.mark.parametrize("mode", SLOW_ALONE)
def test_training(golden, mode):
    meta, model = golden.meta, make(golden, mode)
    rmsprop = meta["rmsprop"]
    model.compile(
        **{
            f"{name}_optimizer": RMSprop(meta["lr"], rho=rmsprop["rho"], epsilon=rmsprop["eps"])
            for name in model.groups
        }
    )
    step = run(model.train_step, mode)
    for k, expected in enumerate(golden["train/losses"]):
        data = golden.batch(k % 2, padding=2 + 5 * (k % 2))  # one length: one program
        data["noise"] = tf.constant(golden["train/noise"][k][None])
        logs = step(data)
        close([logs[n] for n in ("generator_1", "generator_2", "critic_3")], expected, 1e-9)
        if k == 0:
            close_variables(names(model), golden.group("train/after_first_iteration/"), 1e-9)
    close_variables(names(model), golden.group("train/final/"), 1e-9)


def test_weight_count():
    model = CycleSumModel(LstmSelector(1024, 300, 3))
    assert sum(np.prod(v.shape) for v in model.trainable_variables) == 22_350_851


def test_each_update_moves_its_own_variables():
    model = CycleSumModel(LstmSelector(5, 4, 1, dtype="float64"), 4, dtype="float64")
    model.compile(**{f"{name}_optimizer": RMSprop(0.0) for name in model.groups})
    x = tf.random.stateless_uniform([2, 9, 5], [1, 2], dtype=tf.float64)
    for variable in model.trainable_variables:
        variable.assign(tf.clip_by_value(variable, -0.5, 0.5))
    for name, group in model.groups.items():
        getattr(model, f"{name}_optimizer").learning_rate.assign(1e-3)
        before = {id(v): v.numpy().copy() for v in model.trainable_variables}
        model.train_step({"features": x, "lengths": tf.constant([9, 6])})
        moved = {id(v) for v in model.trainable_variables if (v.numpy() != before[id(v)]).any()}
        # A critic's output bias cancels in D(o) - D(ô): no gradient reaches it.
        still = {id(c.out.bias) for c in (model.forward_critic, model.backward_critic)}
        assert moved == {id(v) for v in group} - still
        assert all(np.abs(v).max() <= 0.5 for v in model.trainable_variables)
        getattr(model, f"{name}_optimizer").learning_rate.assign(0.0)
