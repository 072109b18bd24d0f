"""What the dictionary method hands to training."""

import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.methods.dictsum.method import DictSum, exchanged
from tf_dictsum.methods.dictsum.settings import DictSumSettings
from tf_dictsum.methods.setup import Setup
from tf_dictsum.util.errors import UserError


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("count", [2, 3, 7])
def test_no_video_keeps_its_own_h(count, seed):
    hidden = {f"video_{n}": np.full(3, n) for n in range(count)}
    other = exchanged(hidden, seed)
    assert other.keys() == hidden.keys()
    assert all((other[key] != hidden[key]).all() for key in hidden)
    assert sorted(int(h[0]) for h in other.values()) == list(
        range(count)
    )  # everybody's h is used once
    assert {k: v.tolist() for k, v in other.items()} == {
        k: v.tolist() for k, v in exchanged(hidden, seed).items()
    }


def test_one_video_has_nobody_to_exchange_with():
    with pytest.raises(UserError, match="needs two training videos"):
        exchanged({"video_1": np.zeros(3)}, 0)


def test_shuffled_h_reaches_the_batches(tmp_path, small_dataset):
    dataset = load_dataset(str(small_dataset(tmp_path / "small.h5", videos=3)))
    videos = list(dataset.videos.values())
    hidden_of = {}
    for kind in ("own", "shuffled"):
        settings = DictSumSettings(
            hidden_size=3, parallel_size=4, pretrain_epochs=0, parallel_hidden=kind
        )
        method = DictSum(settings, Setup(dataset.feature_size))
        method.reset(1)
        method.prepare(videos, tmp_path / kind, [])
        hidden_of[kind] = {b.keys[0]: b.extras["hidden"][0] for b in method.batches}
    again = exchanged(hidden_of["own"], 1)
    for key, hidden in hidden_of["shuffled"].items():
        np.testing.assert_array_equal(hidden, again[key])
        assert (hidden != hidden_of["own"][key]).any()


@pytest.mark.parametrize("update", ["sequential", "joint"])
def test_salience_joins_the_selectors_loss_by_its_weight(tmp_path, small_dataset, update):
    dataset = load_dataset(str(small_dataset(tmp_path / "small.h5", videos=3)))
    videos = list(dataset.videos.values())
    logs = {}
    for weight in (0.0, 2.0):
        settings = DictSumSettings(
            hidden_size=3,
            parallel_size=4,
            pretrain_epochs=0,
            update=update,
            salience_weight=weight,
        )
        method = DictSum(settings, Setup(dataset.feature_size))
        method.reset(1)
        method.prepare(videos, tmp_path / f"{update}{weight}", [])
        data = {name: tf.constant(value) for name, value in method.batches[0].tensors().items()}
        assert ("salience" in data) == (weight > 0)
        logs[weight] = {name: float(v) for name, v in method.model.train_step(data).items()}
    with_it, without = logs[2.0], logs[0.0]
    assert "salience" not in without
    expected = without["selector_total"] + 2 * with_it["salience"]
    assert with_it["selector_total"] == pytest.approx(expected, rel=1e-5)
    scores = method.score(videos[:1])[videos[0].key]
    assert 0 <= with_it["salience"] <= 2
    assert scores.shape == (videos[0].n_steps,)


def test_a_negative_salience_weight():
    with pytest.raises(UserError, match=r"salience_weight=-1\.0"):
        DictSumSettings(salience_weight=-1.0)
