"""What the dictionary method hands to training."""

import numpy as np
import pytest

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
