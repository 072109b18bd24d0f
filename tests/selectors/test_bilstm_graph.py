"""Packing, the time loop and the exported scorer, against naive numpy and against the trainer's
own scorer.
"""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.selectors.bilstm import BiLSTMSelector
from tf_dictsum.selectors.bilstm_graph.module import BiLSTMModule
from tf_dictsum.selectors.bilstm_graph.packed import Packing

WIDTH, UNITS = 6, 5
lengths_of = st.lists(st.integers(0, 9), max_size=5)


@given(lengths_of, st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_packing(lengths, extra):
    time = max(lengths, default=0) + extra
    packing = Packing.of(tf.constant(lengths, tf.int32), tf.constant(time))
    order = sorted(range(len(lengths)), key=lambda n: -lengths[n])
    frames = [(t, n) for t in range(max(lengths, default=0)) for n in order if lengths[n] > t]
    assert packing.frames.numpy().tolist() == [n * time + t for t, n in frames]
    assert packing.active.numpy().tolist() == [
        sum(length > t for length in lengths) for t in range(max(lengths, default=0))
    ]
    mirrored = [frames.index((lengths[n] - 1 - t, n)) for t, n in frames]
    assert packing.mirror.numpy().tolist() == mirrored
    x = np.random.default_rng(0).random((len(lengths), time, 2), np.float32)
    packed = packing.pack(tf.constant(x)).numpy()
    assert packed.tolist() == [x[n, t].tolist() for t, n in frames]
    inside = np.arange(time) < np.array(lengths, int).reshape(-1, 1)
    np.testing.assert_array_equal(packing.unpack(packed[:, 0]), np.where(inside, x[..., 0], 0))


@pytest.fixture(scope="module", params=[True, False], ids=["bidirectional", "unidirectional"])
def pair(request):
    scorer = BiLSTMSelector(WIDTH, UNITS, Initializers(seed=3), request.param, name="scorer")
    signature = [tf.TensorSpec([None, None, WIDTH]), tf.TensorSpec([None], tf.int32)]
    return scorer, tf.function(
        BiLSTMModule(scorer).__call__, input_signature=signature, autograph=False
    )


@given(lengths_of.filter(len), st.integers(0, 3), st.booleans())
@settings(max_examples=30, deadline=None)
def test_scores_are_the_scorers_at_any_length_and_padding(pair, lengths, extra, first_element):
    scorer, exported = pair
    time = max(lengths) + extra
    features = np.random.default_rng(time).random((len(lengths), time, WIDTH), np.float32)
    for video, length in zip(features, lengths, strict=True):
        video[length:] = (
            video.flat[0] if first_element and video.size else np.nan
        )  # what lies there must not matter
    found = exported(features, np.array(lengths, np.int32))
    for n, length in enumerate(lengths):
        expected = scorer(features[n : n + 1, :length])[0] if length else np.zeros(0)
        np.testing.assert_allclose(found["scores"][n, :length], expected, rtol=0, atol=1e-6)
    assert not np.any(
        [
            row[length:]
            for row, length in zip(found["scores"].numpy(), lengths, strict=True)
            if length < time and row[length:].any()
        ]
    )
    assert found["lengths"].numpy().tolist() == lengths


@pytest.mark.parametrize(
    ("given", "used"), [([9, 2], [4, 2]), ([-3, 4], [0, 4]), ([2**31 - 1, -(2**31)], [4, 0])]
)
def test_lengths_outside_are_taken_as_the_nearest(pair, given, used):
    features = np.random.default_rng(1).random((2, 4, WIDTH), np.float32)
    found, expected = (pair[1](features, np.array(lengths, np.int32)) for lengths in (given, used))
    assert found["lengths"].numpy().tolist() == used
    np.testing.assert_array_equal(found["scores"], expected["scores"])


def test_no_frames_and_no_videos(pair):
    for batch, time in ((1, 0), (2, 0), (0, 4), (0, 0)):
        found = pair[1](np.zeros((batch, time, WIDTH), np.float32), np.zeros(batch, np.int32))
        assert found["scores"].shape == (batch, time)


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_of_lengths_is_refused(pair, count):
    with pytest.raises(tf.errors.InvalidArgumentError):
        pair[1](np.zeros((2, 4, WIDTH), np.float32), np.zeros(count, np.int32))


@pytest.mark.slow
def test_full_size_long_video():
    scorer = BiLSTMSelector(1024, 500, Initializers(seed=1), name="scorer")
    exported = tf.function(BiLSTMModule(scorer).__call__, autograph=False)
    features = np.random.default_rng(0).random((2, 1300, 1024), np.float32)
    lengths = np.array([1300, 640], np.int32)
    together, alone = (
        exported(features, lengths)["scores"],
        exported(features[:1], lengths[:1])["scores"],
    )
    for n, length in enumerate(lengths):
        expected = scorer(features[n : n + 1, :length])[0]
        np.testing.assert_allclose(together[n, :length], expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(alone[0], together[0], rtol=0, atol=1e-6)
