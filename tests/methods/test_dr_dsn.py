"""DR-DSN against numbers of the public code (float64)."""

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
    stacked,
)

from tf_dictsum.losses.rewards import diversity, length_penalty, representativeness
from tf_dictsum.methods.adam_variants import AdamL2
from tf_dictsum.methods.dr_dsn import DrDsnModel
from tf_dictsum.selectors.lstm import LstmSelector

pytestmark = pytest.mark.usefixtures("float64")


@pytest.fixture(scope="module")
def golden(shared):
    return Golden(shared, "dr_dsn")


def names(model):
    return stacked(model.selector.lstm, "rnn") | dense(model.selector.score, "fc")


def make(golden, clip=0.0):
    meta = golden.meta
    selector = LstmSelector(meta["input"], meta["hidden"], dtype="float64")
    model = DrDsnModel(selector, 2, meta["episodes"], meta["beta"], clip, dtype="float64")
    assign(names(model), golden.group("init/"))
    return model


def padded(actions, data):
    """actions [episodes, T] of a file as [1, episodes, padded time]."""
    time, length = data["features"].shape[1], int(data["lengths"][0])
    return tf.constant(np.pad(actions[:, :length], [(0, 0), (0, time - length)])[None])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("numbers", [(0,), (0, 1)])
def test_forward_and_length_penalty(golden, mode, numbers):
    model = make(golden)
    data = golden.batch(*numbers, padding=5)
    mask = tf.sequence_mask(data["lengths"], data["features"].shape[1])
    scores = run(lambda x, m: model.selector(x, mask=m), mode)(data["features"], mask)
    hidden, _ = run(lambda x, m: model.selector.lstm(x, mask=m), mode)(data["features"], mask)
    penalty = run(length_penalty, mode)(scores, mask)
    for row, n in enumerate(numbers):
        length = int(data["lengths"][row])
        close(scores[row, :length], golden[f"forward/{n}/probs"], 1e-11)
        assert not scores[row, length:].numpy().any()
        close(hidden[row, :length], golden[f"forward/{n}/hidden"], 1e-11)
        close(golden.meta["beta"] * penalty[row], golden[f"loss/{n}/length"], 1e-11)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n", [0, 1])
def test_rewards(golden, mode, n):
    data = golden.batch(n, padding=5)
    mask = tf.sequence_mask(data["lengths"], data["features"].shape[1])
    actions = padded(golden[f"reward/{n}/actions"], data)

    def rewards(features, actions, mask, far):
        rep = representativeness(features, actions, mask)
        return (diversity(features, actions, far) + rep) / 2

    for name, far in (("value", 20), ("value_far_not_ignored", None)):
        got = run(lambda *a, far=far: rewards(*a, far), mode)(data["features"], actions, mask)
        close(got[0], golden[f"reward/{n}/{name}"], 1e-11, name)


def test_rewards_of_one_pick_and_of_none():
    x = tf.constant([[[1.0, 0], [0, 0], [3, 4]]])
    mask = tf.constant([[True, True, True]])
    actions = tf.constant([[[0.0, 0, 0], [1, 0, 0]]])
    np.testing.assert_array_equal(diversity(x, actions), [[0, 0]])
    mean = np.mean([0, 1, 4 + 16])
    np.testing.assert_allclose(representativeness(x, actions, mask), [[0, np.exp(-mean)]], 1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_cost_and_gradients(golden, mode):
    model = make(golden)
    model.baselines.assign([float(golden["cost/baseline"]), 9.0])
    data = golden.batch(0, padding=5)
    data["actions"] = padded(golden["cost/actions"], data)
    cost, rewards, _ = run(model.cost, mode)(data)
    close(cost, golden["cost/value"], 1e-11)
    close(rewards[0], golden["cost/rewards"], 1e-11)
    gradients = gradients_of(names(model), lambda: model.cost(data)[0], mode)
    close_gradients(names(model), gradients, golden.group("grad/cost/"))
    norm = np.sqrt(sum(np.sum(np.square(g)) for g in gradients.values()))
    close(norm, golden["grad_norm/cost"], 1e-11)


@pytest.mark.parametrize("mode", MODES)
def test_training(golden, mode):
    meta = golden.meta
    model = make(golden, meta["clip_norm"])
    optimizer = AdamL2(meta["lr"], epsilon=meta["adam_eps"], l2=meta["weight_decay"])
    model.compile(selector_optimizer=optimizer)
    step = run(model.train_step, mode)
    for k in range(meta["steps"]):
        data = golden.batch(k % 2, padding=3)
        data["actions"] = padded(golden["train/actions"][k], data)
        logs = step(data)
        close(logs["cost"], golden["train/costs"][k], 1e-9)
        close(logs["reward"], golden["train/rewards"][k].mean(), 1e-9)
        close(logs["gradient_norm_selector"], golden["train/grad_norm_before_clip"][k], 1e-9)
        close(model.baselines.numpy(), golden["train/baselines_after"][k], 1e-9)
    close_variables(names(model), golden.group("train/final/"), 1e-9)


def test_weight_count():
    assert LstmSelector(1024).count_params() == 2_624_001  # two of PyTorch's biases are one here


def test_draws_follow_the_probabilities_and_resume_from_their_seed(golden):
    model = make(golden)
    scores = tf.constant([[0.0, 1.0, 0.3]], tf.float64)
    before = model.random.state.numpy().copy()
    drawn = np.concatenate([model.draw(scores)[0] for _ in range(400)])
    np.testing.assert_allclose(drawn.mean(axis=0), [0, 1, 0.3], atol=0.05)
    model.random.state.assign(before)
    np.testing.assert_array_equal(model.draw(scores)[0], drawn[: golden.meta["episodes"]])
    data = golden.batch(0)
    close(model(data["features"])[0], golden["forward/0/probs"], 1e-11)  # no draw in scoring
