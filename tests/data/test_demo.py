"""The generated dataset: its promises, its planted structure, its consistency."""

import itertools
import time

import numpy as np
import pytest

from tf_dictsum.data import demo
from tf_dictsum.data.demo import demo_dataset

DATA = demo_dataset()
VIDEOS = list(DATA.videos.values())
each_video = pytest.mark.parametrize("video", VIDEOS, ids=lambda v: v.key)


def test_size_name_and_speed():
    begin = time.perf_counter()
    demo_dataset()
    assert time.perf_counter() - begin < 2
    assert (DATA.name, DATA.source, DATA.feature_size) == ("demo", "demo", 64)
    assert list(DATA.videos) == [f"video_{i}" for i in range(1, 13)]
    steps = [v.n_steps for v in VIDEOS]
    assert (min(steps), max(steps)) == (60, 300)
    assert any(v.n_frames % 15 for v in VIDEOS)


def test_same_on_every_call_and_not_shared():
    again = demo_dataset()
    for a, b in zip(VIDEOS, again.videos.values(), strict=True):
        for name in (
            "features",
            "picks",
            "change_points",
            "user_summary",
            "user_scores",
            "gtscore",
            "gtsummary",
        ):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
            assert not np.shares_memory(getattr(a, name), getattr(b, name))


def test_says_that_it_is_generated():
    assert "GENERATED" in demo.__doc__
    assert "not results on videos" in " ".join(demo.__doc__.split())
    assert "generated" in str(DATA.attributes["note"])


@each_video
def test_arrays(video):
    assert video.features.shape == (video.n_steps, 64)
    assert video.features.dtype == np.float32
    assert video.features.min() >= 0
    assert np.isfinite(video.features).all()
    assert video.picks.tolist() == list(range(0, video.n_frames, 15))
    assert video.user_summary.shape == video.user_scores.shape == (5, video.n_frames)
    assert video.user_summary.dtype == bool
    assert set(np.unique(video.user_scores)) <= {1, 2, 3, 4, 5}
    assert video.gtscore.min() >= 0
    assert video.gtscore.max() <= 1


@each_video
def test_shots(video):
    first, last = video.change_points.T
    assert len(first) >= 8
    assert first[0] == 0
    assert last[-1] == video.n_frames - 1
    np.testing.assert_array_equal(first[1:], last[:-1] + 1)
    lengths = last - first + 1
    assert lengths.min() < 0.5 * 0.15 * video.n_frames, "a knapsack must never be empty"
    assert lengths.min() >= 15


@each_video
def test_features_change_at_the_cuts(video):
    cuts = np.searchsorted(video.picks, video.change_points[1:, 0])
    step = np.linalg.norm(np.diff(video.features, axis=0), axis=1)
    at_cut = np.isin(np.arange(1, video.n_steps), cuts)
    assert np.median(step[at_cut]) > 2 * np.median(step[~at_cut])


@each_video
def test_static_stretches_and_returns(video):
    means = []
    still = 0
    for first, last in video.change_points:
        rows = video.features[(video.picks >= first) & (video.picks <= last)]
        means.append(rows.mean(axis=0))
        still = max(still, len(rows) if rows.std(axis=0).mean() < 0.05 else 0)
    assert still >= 8, "a long stretch in which nothing happens"
    distance = np.linalg.norm(np.array(means)[:, None] - np.array(means)[None], axis=-1)
    distant = distance[np.triu_indices(len(means), 2)]
    assert distant.min() < 0.5 * np.median(distant), "some later shot looks like an earlier one"


@each_video
def test_users_agree_but_not_fully(video):
    assert np.abs(video.user_summary.mean(axis=1) - 0.15).max() < 0.02
    f = [
        2 * (a & b).sum() / (a.sum() + b.sum())
        for a, b in itertools.combinations(video.user_summary, 2)
    ]
    assert 0.4 < np.mean(f) < 0.95  # two independent summaries of 15 % would have 0.15
    correlation = np.corrcoef(video.user_scores)[np.triu_indices(5, 1)]
    assert 0.4 < correlation.mean() < 0.95


@each_video
def test_ground_truth_follows_from_the_users(video):
    np.testing.assert_allclose(
        video.gtscore, (video.user_scores.mean(axis=0)[video.picks] - 1) / 4, atol=1e-6
    )
    assert int(video.gtsummary.sum()) == int(0.15 * video.n_steps)
    votes = video.user_summary[:, video.picks].sum(axis=0)
    assert votes[video.gtsummary == 1].min() >= votes[video.gtsummary == 0].max()
    assert (
        video.user_scores[video.user_summary].mean()
        > video.user_scores[~video.user_summary].mean() + 0.5
    )
