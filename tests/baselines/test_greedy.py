import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tf_dictsum.baselines.greedy import greedy_shots
from tf_dictsum.data.video import Video
from tf_dictsum.metrics.representation import representation_error
from tf_dictsum.shots.shots import Shots


def video_of(lengths, features):
    ends = np.cumsum(lengths)
    return Video(
        "v",
        features,
        np.arange(len(features)) * 10,
        int(ends[-1]) * 10,
        np.stack([ends - lengths, ends], axis=1) * 10 - [0, 1],
    )


def error_of(video, shots, chosen):
    return representation_error(video.features, shots.at(chosen[None], video.picks)[0])


def test_takes_one_shot_of_every_place():
    places = np.array([[0.0, 9.0], [9.0, 0.0], [0.0, 0.0]])
    lengths = np.full(6, 4)
    features = np.repeat(places[[0, 0, 1, 0, 2, 1]], 4, axis=0)
    video = video_of(lengths, features)
    shots = Shots(video, ratio=0.5)  # three of six shots
    chosen = greedy_shots(video.features, video.picks, shots)
    assert chosen.sum() == 3
    assert error_of(video, shots, chosen) == 0


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.15, 0.3, 0.5]))
def test_fits_the_budget_and_is_near_the_best_choice(seed, ratio):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 6, 7)
    video = video_of(lengths, rng.random((lengths.sum(), 3)))
    shots = Shots(video, ratio)
    chosen = greedy_shots(video.features, video.picks, shots)
    assert chosen @ shots.lengths <= shots.budget
    fitting = [
        np.array(c)
        for c in itertools.product([False, True], repeat=7)
        if any(c) and np.array(c) @ shots.lengths <= shots.budget
    ]
    if fitting:
        best, worst = (pick(error_of(video, shots, c) for c in fitting) for pick in (min, max))
        assert error_of(video, shots, chosen) <= best + 0.5 * (worst - best) + 1e-9
    else:
        assert not chosen.any()


def test_blocks_do_not_matter(monkeypatch):
    from tf_dictsum.baselines import greedy

    rng = np.random.default_rng(3)
    video = video_of(np.full(8, 5), rng.random((40, 4)))
    whole = greedy_shots(video.features, video.picks, Shots(video, 0.3))
    monkeypatch.setattr(greedy, "_BLOCK", 1)
    np.testing.assert_array_equal(
        greedy_shots(video.features, video.picks, Shots(video, 0.3)), whole
    )
