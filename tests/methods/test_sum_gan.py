"""SUM-GAN against numbers of the community code and of the paper's equations (float64)."""

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
from tf_dictsum.losses.determinantal import negative_log_likelihood
from tf_dictsum.losses.variational import repelling_loss
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.methods.sum_gan.model import Objective, SumGanModel, highest

pytestmark = pytest.mark.usefixtures("float64")
MODES = ("eager", "graph", "loops", "xla")  # loops: a graph whose time loops are compiled
SLOW_ALONE = [
    pytest.param(m, marks=pytest.mark.slow) if m in ("eager", "xla") else m for m in MODES
]
UPDATES = {
    "selector": "selector_and_encoder",
    "decoder": "decoder",
    "discriminator": "discriminator",
}


@pytest.fixture(scope="module")
def golden(shared):
    return Golden(shared, "sum_gan")


def names(model):
    decoder = model.decoder
    return {
        **dense(model.scorer.compress, "0"),
        **stacked(model.scorer.selector, "1.s_lstm.lstm"),
        **dense(model.scorer.score, "1.s_lstm.out.0"),
        **stacked(model.encoder.lstm, "1.vae.e_lstm.lstm"),
        **dense(model.encoder.mean, "1.vae.e_lstm.linear_mu"),
        **dense(model.encoder.variance, "1.vae.e_lstm.linear_var"),
        **lstm(decoder.lower, "1.vae.d_lstm.lstm_cell.layers.0"),
        **lstm(decoder.upper, "1.vae.d_lstm.lstm_cell.layers.1"),
        **dense(decoder.out, "1.vae.d_lstm.out"),
        **stacked(model.discriminator.lstm, "2.cLSTM.lstm"),
        **dense(model.discriminator.out, "2.out.0"),
    }


def make(golden, mode="eager", **objective):
    meta = golden.meta
    goal = Objective(sigma=meta["sigma"], **objective)
    with compiled_loops(mode == "loops"):
        model = SumGanModel(meta["input"], meta["hidden"], objective=goal, dtype="float64")
    assign(names(model), golden.group("init/"))
    return model


def mask_of(data):
    return tf.sequence_mask(data["lengths"], data["features"].shape[1])


@pytest.mark.parametrize("mode", MODES)
def test_forward_and_losses(golden, mode):
    model, data = make(golden, mode), golden.batch(0, 1, padding=4)
    mask, noise = mask_of(data), tf.constant(golden["noise"])

    def compute(features, mask, noise):
        forward = model.forward(features, mask, noise)
        return forward, model.losses_of(forward, mask)

    forward, _ = run(compute, mode)(data["features"], mask, noise)
    for n in (0, 1):
        length, expected = int(data["lengths"][n]), golden.group(f"forward/{n}/")
        for name, got in {
            "compressed": forward.compressed[n, :length],
            "scores": forward.scores[n, :length],
            "mu": forward.code.mean[n],
            "log_variance": forward.code.log_variance[n],
            "reconstruction": forward.reconstruction[n, :length],
            "reconstruction_unweighted": forward.third[n, :length],
            "phi_original": forward.phi[0][n],
            "phi_reconstruction": forward.phi[1][n],
            "phi_unweighted": forward.phi[2][n],
            "p_original": tf.sigmoid(forward.logits[0][n]),
            "p_reconstruction": tf.sigmoid(forward.logits[1][n]),
            "p_unweighted": tf.sigmoid(forward.logits[2][n]),
        }.items():
            close(got, expected[name], 1e-11, name)
        one = golden.batch(n, padding=4)
        _, parts = run(compute, mode)(one["features"], mask_of(one), noise[n : n + 1])
        renamed = {
            "reconstruction": "recon",
            "prior": "prior",
            "sparsity": "sparsity",
            "gan": "gan",
        }
        for name, file_name in renamed.items():
            close(parts[name], golden[f"loss/{n}/{file_name}"], 1e-11, name)
        for name, total in model.totals(parts).items():
            close(total, golden[f"loss/{n}/{UPDATES[name]}"], 1e-11, name)


def total_of(model, data, noise, name, random_scores=None):
    mask = mask_of(data)
    forward = model.forward(data["features"], mask, noise, random_scores)
    parts = model.losses_of(forward, mask)
    return {**parts, **model.totals(parts)}[name]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", UPDATES)
def test_gradients(golden, mode, name):
    model, data = make(golden, mode), golden.batch(0, padding=4)
    noise = tf.constant(golden["noise"][:1])
    gradients = gradients_of(names(model), lambda: total_of(model, data, noise, name), mode)
    close_gradients(names(model), gradients, golden.group(f"grad/{UPDATES[name]}/"))


@pytest.mark.parametrize("mode", MODES)
def test_the_papers_losses(golden, mode):
    model = make(golden, mode, recon_norm="l2sq", third="random")
    data, noise = golden.batch(0), tf.constant(golden["paper/noise"][None])
    random_scores = tf.constant(golden["paper/random_scores"][None])

    def compute():
        forward = model.forward(data["features"], mask_of(data), noise, random_scores)
        return forward, model.losses_of(forward, mask_of(data))

    forward, parts = run(compute, mode)()
    close(forward.third[0], golden["paper/forward/reconstruction_random"], 1e-11)
    close(tf.sigmoid(forward.logits[2][0]), golden["paper/forward/p_random"], 1e-11)
    expected = golden.group("paper/loss/")
    close(parts["reconstruction"], expected["recon_squared"], 1e-11)
    close(parts["sparsity"], expected["sparsity_squared"], 1e-11)
    close(parts["prior"], expected["prior"], 1e-11)
    close(parts["gan"], expected["gan"], 1e-11)
    for name, file_name in {"reconstruction": "recon_squared", "gan": "gan"}.items():
        gradients = gradients_of(
            names(model),
            lambda name=name: total_of(model, data, noise, name, random_scores),
            mode,
        )
        close_gradients(names(model), gradients, golden.group(f"paper/grad/{file_name}/"))


@pytest.mark.parametrize("mode", SLOW_ALONE)
def test_training(golden, mode):
    meta, model = golden.meta, make(golden, mode)
    rates = dict.fromkeys(UPDATES, meta["lr"]) | {"discriminator": meta["discriminator_lr"]}
    model.compile(
        **{f"{k}_optimizer": Adam(rate, epsilon=meta["adam_eps"]) for k, rate in rates.items()}
    )
    step = run(model.train_step, mode)
    for k, expected in enumerate(golden["train/losses"]):
        data = golden.batch(k % 2, padding=3 + 8 * (k % 2))  # one length: one program
        data["noise"] = tf.constant(golden["train/noise"][k][None])
        logs = step(data)
        close([logs[f"{name}_total"] for name in UPDATES], expected, 1e-9)
    close_variables(names(model), golden.group("train/final/"), 1e-9)


@pytest.mark.parametrize("padding", [0, 3])
def test_repelling_and_determinantal_terms(golden, padding):
    e, s = golden["pieces/e"], golden["pieces/s"]
    mask = tf.sequence_mask([len(s)], len(s) + padding)
    picked = np.zeros(len(s))
    picked[golden["pieces/selected"]] = 1
    pad = [(0, padding)]
    e = tf.Variable(np.pad(e, [*pad, (0, 0)], constant_values=2.0)[None])
    s = tf.Variable(np.pad(s, pad, constant_values=0.5)[None])
    picked = tf.constant(np.pad(picked, pad)[None])
    with tf.GradientTape(persistent=True) as tape:
        rep = repelling_loss(e, mask)[0]
        dpp = negative_log_likelihood(e * s[..., None], picked, mask, jitter=0.0)[0]
    close(rep, golden["pieces/rep"], 1e-11)
    close(dpp, golden["pieces/dpp"], 1e-9)
    real = mask[0].numpy()
    close(tape.gradient(rep, e)[0][real], golden["pieces/grad/rep/e"], 1e-11)
    close(tape.gradient(dpp, e)[0][real], golden["pieces/grad/dpp/e"], 1e-9)
    close(tape.gradient(dpp, s)[0][real], golden["pieces/grad/dpp/s"], 1e-9)


def test_weight_count():
    assert SumGanModel(1024, 500).count_params() == 23_305_502 - 20_000  # two biases are one


def test_highest_scores():
    scores = tf.constant([[0.1, 0.9, 0.3, 0.8] + [0.0] * 16, [0.2, 0.1, 5.0, 5.0] + [5.0] * 16])
    chosen = highest(scores, tf.sequence_mask([20, 2], 20))
    np.testing.assert_array_equal(chosen[:, :4], [[0, 1, 1, 1], [1, 0, 0, 0]])
    np.testing.assert_array_equal(tf.reduce_sum(chosen, axis=1), [3, 1])


@pytest.mark.parametrize(
    "objective",
    [{}, {"third": "random", "recon_norm": "l2sq"}, {"regulariser": "rep"}, {"regulariser": "dpp"}],
)
def test_each_update_moves_its_own_variables(objective):
    model = SumGanModel(5, 4, objective=Objective(**objective), dtype="float64")
    rates = dict.fromkeys(UPDATES, 0.0)
    model.compile(**{f"{name}_optimizer": Adam(rate) for name, rate in rates.items()})
    x = tf.random.stateless_uniform([2, 9, 5], [1, 2], dtype=tf.float64)
    data = {"features": x, "lengths": tf.constant([9, 6])}
    for name in UPDATES:
        optimizer = getattr(model, f"{name}_optimizer")
        optimizer.learning_rate.assign(1e-3)
        before = {id(v): v.numpy().copy() for v in model.trainable_variables}
        assert all(np.isfinite(value) for value in model.train_step(data).values())
        moved = {id(v) for v in model.trainable_variables if (v.numpy() != before[id(v)]).any()}
        assert moved == {id(v) for v in model.groups[name]}
        optimizer.learning_rate.assign(0.0)
