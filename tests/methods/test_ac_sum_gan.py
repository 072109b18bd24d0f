"""AC-SUM-GAN against numbers of the public layers in the order of its solver (float64)."""

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

from tf_dictsum.layers.fragments import fragment_means, fragment_numbers
from tf_dictsum.layers.loops import compiled_loops
from tf_dictsum.losses.actor_critic import returns_of
from tf_dictsum.methods.ac_sum_gan.model import AcSumGanModel
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.selectors.ac_sum_gan import AcSumGanSelector

pytestmark = pytest.mark.usefixtures("float64")
MODES = ("eager", "graph", "loops", "xla")  # loops: a graph whose time loops are compiled
SLOW_ALONE = [
    pytest.param(m, marks=pytest.mark.slow) if m in ("eager", "xla") else m for m in MODES
]


@pytest.fixture(scope="module")
def golden(shared):
    return Golden(shared, "ac_sum_gan")


def names(model):
    decoder, scorer = model.decoder, model.scorer
    found = {
        **dense(scorer.compress, "compress"),
        **stacked(scorer.selector, "summarizer.s_lstm.lstm"),
        **dense(scorer.score, "summarizer.s_lstm.out.0"),
        **stacked(model.encoder.lstm, "summarizer.vae.e_lstm.lstm"),
        **dense(model.encoder.mean, "summarizer.vae.e_lstm.linear_mu"),
        **dense(model.encoder.variance, "summarizer.vae.e_lstm.linear_var"),
        **lstm(decoder.lower, "summarizer.vae.d_lstm.lstm_cell.layers.0"),
        **lstm(decoder.upper, "summarizer.vae.d_lstm.lstm_cell.layers.1"),
        **dense(decoder.out, "summarizer.vae.d_lstm.out"),
        **stacked(model.discriminator.lstm, "discriminator.cLSTM.lstm"),
        **dense(model.discriminator.out, "discriminator.out.0"),
    }
    for name, layers in (("actor", model.agent.actor), ("critic", model.critic)):
        for number, layer in enumerate(layers.linear, start=1):
            found |= dense(layer, f"{name}.linear{number}")
    return found


def make(golden, mode="eager", clip=0.0):
    meta = golden.meta
    with compiled_loops(mode == "loops"):
        selector = AcSumGanSelector(
            meta["input"],
            meta["hidden"],
            meta["fragments"],
            meta["picks"],
            (10, 12, 10),
            dtype="float64",
        )
        model = AcSumGanModel(selector, (10, 12, 10, 7), meta["sigma"], clip, dtype="float64")
    assign(names(model), golden.group("init/"))
    return model


def batch(golden, *numbers, padding=4, updates=4):
    """With the file's own picks and noise for every update."""
    data = golden.batch(*numbers, padding=padding)
    time = data["features"].shape[1]
    fragments = np.full((len(numbers), time), -1, np.int32)
    for row, n in enumerate(numbers):
        for number, (first, last) in enumerate(golden[f"fragments/{n}"]):
            fragments[row, first : last + 1] = number
    chosen = list(numbers)
    actions = np.repeat(golden["actions"][chosen][:, None], updates, axis=1)
    noise = np.repeat(golden["noise"][chosen][:, None], updates, axis=1)
    return data | {
        "fragments": tf.constant(fragments),
        "actions": tf.constant(actions.astype(np.int32)),
        "noise": tf.constant(noise),
        "noise_actor": tf.constant(golden["noise_actor"][chosen]),
    }


@pytest.mark.parametrize("mode", MODES)
def test_forward(golden, mode):
    model, data = make(golden, mode), batch(golden, 0, 1)

    def compute(data):
        forward = model.forward(data, 0)
        scores, compressed, numbers, episode = model.episode(data, 3)
        rewards = model.rewards(data, scores, compressed, numbers, episode)
        values = model.critic(episode.states)[..., 0]
        return forward, episode, rewards, returns_of(rewards, 0.99), values

    forward, episode, rewards, returns, values = run(compute, mode)(data)
    for n in (0, 1):
        length, expected = int(data["lengths"][n]), golden.group(f"forward/{n}/")
        for name, got in {
            "compressed": forward.compressed[n, :length],
            "scores": forward.scores[n, :length],
            "weighted_scores": forward.weighted[n, :length],
            "mu": forward.code.mean[n],
            "log_variance": forward.code.log_variance[n],
            "reconstruction": forward.reconstruction[n, :length],
            "phi_original": forward.phi[0][n],
            "phi_reconstruction": forward.phi[1][n],
            "p_original": forward.p[0][n],
            "p_reconstruction": forward.p[1][n],
            "states": episode.states[n],
            "action_probabilities": episode.probabilities[n],
            "values": values[n],
            "rewards": rewards[n],
            "returns": returns[n],
        }.items():
            close(got, expected[name], 1e-11, name)


def loss_of(model, data, name):
    if name == "actor_sparsity_critic":
        parts, _ = model.policy_losses(data)
        return parts["actor"] + parts["sparsity"] + parts["critic"]
    number = ("encoder", "decoder", "discriminator").index(name)
    return model.losses_of(model.forward(data, number))[name]


@pytest.mark.parametrize("mode", MODES)
def test_losses(golden, mode):
    model = make(golden, mode)
    compute = run(
        lambda data: model.losses_of(model.forward(data, 0)) | model.policy_losses(data)[0], mode
    )
    for n in (0, 1):
        parts = compute(batch(golden, n, padding=4 + 17 * n))
        for name in ("encoder", "decoder", "discriminator", "actor", "sparsity", "critic"):
            close(parts[name], golden[f"loss/{n}/{name}"], 1e-11, name)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["encoder", "decoder", "discriminator", "actor_sparsity_critic"])
def test_gradients(golden, mode, name):
    model, data = make(golden, mode), batch(golden, 0)
    gradients = gradients_of(names(model), lambda: loss_of(model, data, name), mode)
    close_gradients(names(model), gradients, golden.group(f"grad/{name}/"))


@pytest.mark.parametrize("mode", SLOW_ALONE)
def test_training(golden, mode):
    meta, model = golden.meta, make(golden, mode, golden.meta["clip_norm"])
    rates = dict.fromkeys(model.groups, meta["lr"])
    rates["discriminator"] = meta["discriminator_lr"]
    model.compile(
        **{f"{k}_optimizer": Adam(rate, epsilon=meta["adam_eps"]) for k, rate in rates.items()}
    )
    step = run(model.train_step, mode)
    columns = ("encoder_total", "decoder_total", "discriminator_total", *meta["losses_columns"][3:])
    for k, expected in enumerate(golden["train/losses"]):
        data = batch(golden, 0, 1, padding=3)
        data["actions"] = tf.constant(golden["train/actions"][k].swapaxes(0, 1).astype(np.int32))
        data["noise"] = tf.constant(golden["train/noise"][k].swapaxes(0, 1))
        data["noise_actor"] = tf.constant(golden["train/noise_actor"][k])
        logs = step(data)
        close([logs[name] for name in columns], expected, 1e-9)
    close_variables(names(model), golden.group("train/final/"), 1e-9)


@pytest.mark.parametrize(("length", "count"), [(47, 20), (30, 20), (40, 20), (7, 20), (1, 3)])
def test_fragments(golden, length, count):
    numbers = fragment_numbers(tf.constant([length]), tf.constant(60), count)[0, :length].numpy()
    sizes = np.bincount(numbers, minlength=count)
    assert (np.diff(numbers) >= 0).all()
    assert sizes.max() - sizes.min() <= 1
    assert sizes.sum() == length  # the public code leaves the last of 30 frames out
    np.testing.assert_array_equal(np.sort(sizes)[::-1], np.sort(sizes)[::-1])
    if (length, count) == (47, 20):
        first = np.searchsorted(numbers, np.arange(count))
        np.testing.assert_array_equal(first, golden["fragments/0"][:, 0])
    means = fragment_means(
        tf.range(60, dtype=tf.float64)[None],
        tf.constant(np.pad(numbers, (0, 60 - length)))[None],
        tf.sequence_mask([length], 60),
        count,
    )[0]
    for number in range(count):
        inside = np.flatnonzero(numbers == number)
        assert means[number] == (inside.mean() if len(inside) else 0)


def test_scoring_draws_nothing(golden):
    model, data = make(golden), batch(golden, 0, 1)
    mask = tf.sequence_mask(data["lengths"], data["features"].shape[1])
    once, again = (model.selector(data["features"], mask=mask).numpy() for _ in range(2))
    np.testing.assert_array_equal(once, again)
    alone = model.selector(data["features"][1:, :30]).numpy()
    np.testing.assert_allclose(once[1, :30], alone[0], rtol=1e-12)
    assert not once[1, 30:].any()


def test_weight_count():
    model = AcSumGanModel(AcSumGanSelector(1024))
    biases = 4 * 512 * (4 + 2 + 2 + 2)  # PyTorch has two per gate
    assert sum(np.prod(v.shape) for v in model.trainable_variables) == 26_748_991 - biases


def test_each_update_moves_its_own_variables():
    model = AcSumGanModel(
        AcSumGanSelector(5, 4, 6, 2, (3,), dtype="float64"), (3,), dtype="float64"
    )
    model.compile(**{f"{name}_optimizer": Adam(0.0) for name in model.groups})
    x = tf.random.stateless_uniform([2, 9, 5], [1, 2], dtype=tf.float64)
    data = {"features": x, "lengths": tf.constant([9, 6])}
    for name, group in model.groups.items():
        optimizer = getattr(model, f"{name}_optimizer")
        optimizer.learning_rate.assign(1e-3)
        before = {id(v): v.numpy().copy() for v in model.trainable_variables}
        assert all(np.isfinite(value) for value in model.train_step(data).values())
        moved = {id(v) for v in model.trainable_variables if (v.numpy() != before[id(v)]).any()}
        assert moved == {id(v) for v in group}
        optimizer.learning_rate.assign(0.0)
