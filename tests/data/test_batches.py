"""Batches, their order and their padding."""

import numpy as np
import pytest

from tf_dictsum.data.batches import (
    Extra,
    epoch_order,
    make_batches,
    padded_lengths,
    training_stream,
)
from tf_dictsum.data.video import Video


def videos(*lengths):
    return [
        Video(f"v{n}", np.full((length, 2), n + 1, np.float32), np.arange(length), length)
        for n, length in enumerate(lengths)
    ]


def test_batch_of_one_keeps_the_order_and_pads_to_buckets():
    batches = make_batches(videos(30, 10, 31), 1, (16, 32))
    assert [b.keys for b in batches] == [("v0",), ("v1",), ("v2",)]
    assert [b.features.shape for b in batches] == [(1, 32, 2), (1, 16, 2), (1, 32, 2)]
    assert [b.lengths.tolist() for b in batches] == [[30], [10], [31]]
    assert not batches[0].features[0, 30:].any()
    assert (batches[0].features[0, :30] == 1).all()


def test_larger_batches_join_similar_lengths():
    hidden = Extra({f"v{n}": np.full(3, n, np.float32) for n in range(5)})
    batches = make_batches(videos(30, 10, 31, 12, 5), 2, (), {"hidden": hidden})
    assert [set(b.keys) for b in batches] == [{"v0", "v2"}, {"v1", "v3"}, {"v4"}]
    assert batches[0].features.shape == (2, 31, 2)
    np.testing.assert_array_equal(batches[1].extras["hidden"][:, 0], [3, 1])
    np.testing.assert_array_equal(batches[1].index, [3, 1])


def test_what_is_given_per_step_is_padded_like_the_features():
    made = videos(3, 5)
    targets = Extra({v.key: np.arange(v.n_steps) + 1.0 for v in made}, per_step=True)
    (batch,) = make_batches(made, 2, (), {"targets": targets})
    assert batch.tensors()["targets"].tolist() == [[1, 2, 3, 4, 5], [1, 2, 3, 0, 0]]
    (element,) = training_stream([batch], 0, 1, 0, False).as_numpy_iterator()
    assert element["targets"].shape == (2, 5)
    assert element["index"].tolist() == [1, 0]


def test_padded_lengths_are_few():
    rng = np.random.default_rng(0)
    lengths = rng.integers(60, 650, 25).tolist()
    padded = padded_lengths(lengths)
    assert all(p % 8 == 0 for p in padded)
    assert len(padded) <= 12
    total = sum(min(p for p in padded if p >= length) for length in lengths)
    assert total <= 1.13 * sum(lengths)


def test_order_depends_on_seed_and_epoch_only():
    assert epoch_order(4, 7, 0, False).tolist() == [0, 1, 2, 3]
    shuffled = epoch_order(50, 3, 1, True)
    assert sorted(shuffled) == list(range(50))
    np.testing.assert_array_equal(shuffled, epoch_order(50, 3, 1, True))
    assert (shuffled != epoch_order(50, 4, 1, True)).any()


@pytest.mark.parametrize("batch_size", [1, 2])
def test_stream_starts_at_an_epoch(batch_size):
    batches = make_batches(videos(4, 5, 6), batch_size)
    whole = [
        b["lengths"].tolist() for b in training_stream(batches, 0, 3, 9, True).as_numpy_iterator()
    ]
    rest = [
        b["lengths"].tolist() for b in training_stream(batches, 1, 3, 9, True).as_numpy_iterator()
    ]
    assert whole[len(batches) :] == rest
    assert len(whole) == 3 * len(batches)
