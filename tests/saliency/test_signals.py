"""Signals against plain numpy, and what must not change them."""

import numpy as np
import pytest

from tf_dictsum.saliency.blend import blend, collection_salience, video_salience
from tf_dictsum.saliency.change import change
from tf_dictsum.saliency.collection import collection_distance, collection_frames
from tf_dictsum.saliency.direction import along, direction
from tf_dictsum.saliency.length import vector_length
from tf_dictsum.saliency.novelty import shot_novelty, shot_pace
from tf_dictsum.saliency.position import middle
from tf_dictsum.saliency.ranks import ranks
from tf_dictsum.saliency.rarity import rarity
from tf_dictsum.saliency.smoothing import smooth


@pytest.fixture
def video():
    """Features [40, 6] and times half a second apart."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(40, 6)).astype(np.float32) + 1, 0.5 * np.arange(40)


SIGNALS = {
    "change": change,
    "rarity": rarity,
    "length": vector_length,
    "video": video_salience,
    "collection": lambda x, t: collection_distance(x, t, np.ones((5, x.shape[1]), np.float32)),
    "content": lambda x, t: collection_salience(x, t, np.ones(x.shape[1], np.float32)),
    "along": lambda x, t: along(x, t, np.ones(x.shape[1], np.float32)),
    "novelty": lambda x, t: shot_novelty(x, t, np.arange(len(x)) // 4),
}


def test_change_is_the_mean_distance_to_both_sides(video):
    x, t = video
    away = lambda i, j: np.linalg.norm(x[i] - x[j])  # noqa: E731
    expected = [
        np.mean([away(i, j) for j in (i - 2, i + 2) if 0 <= j < len(x)]) for i in range(len(x))
    ]
    np.testing.assert_allclose(change(x, t, lag=1.0), expected, rtol=1e-6)


def test_change_takes_the_frame_nearest_in_time(video):
    x = video[0][:5]
    t = np.array([0.0, 0.4, 1.1, 2.0, 2.9])
    assert change(x, t)[0] == pytest.approx(np.linalg.norm(x[0] - x[2]))  # 1.0 s: 1.1 s
    sides = [np.linalg.norm(x[2] - x[j]) for j in (0, 3)]  # 0.1 s: 0.0 s; 2.1 s: 2.0 s
    assert change(x, t)[2] == pytest.approx(np.mean(sides))


def test_change_compares_neighbours_where_frames_are_far_apart(video):
    x, t = video[0][:4], 10.0 * np.arange(4)
    steps = np.linalg.norm(np.diff(x, axis=0), axis=1)
    expected = [steps[0], (steps[0] + steps[1]) / 2, (steps[1] + steps[2]) / 2, steps[2]]
    np.testing.assert_allclose(change(x, t), expected, rtol=1e-6)


def test_change_of_a_video_shorter_than_the_lag(video):
    x, t = video[0][:2], np.array([0.0, 0.5])
    np.testing.assert_allclose(change(x, t), np.linalg.norm(x[0] - x[1]), rtol=1e-6)


@pytest.mark.parametrize("gap", [0.0, 2.0])
def test_rarity_is_the_mean_distance_to_the_nearest_share(video, gap):
    x, t = video
    expected = []
    for i in range(len(x)):
        away = np.linalg.norm(x[i] - x, axis=1)
        far = np.sort(away[np.abs(t - t[i]) > gap])
        expected.append(far[: round(0.1 * len(x))].mean())
    np.testing.assert_allclose(rarity(x, t, gap=gap), expected, rtol=1e-5)


def test_rarity_of_a_long_video_uses_an_even_sample():
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(3000, 4)), np.arange(3000.0)
    few = rarity(x, t, most=300)
    assert np.corrcoef(ranks(few), ranks(rarity(x, t, most=3000)))[0, 1] > 0.97
    sample = np.linspace(0, 2999, 300).round().astype(int)
    away = np.sort(np.linalg.norm(x[7] - x[sample], axis=1))
    assert few[7] == pytest.approx(away[:30].mean(), rel=1e-5)


def test_rarity_where_every_other_frame_is_too_near_in_time(video):
    x, t = video
    np.testing.assert_array_equal(rarity(x, t, gap=1e9), 0)


@pytest.mark.parametrize("share", [0.0, 1.1, -1.0])
def test_a_share_is_a_share(video, share):
    with pytest.raises(ValueError, match=r"share must be in \(0, 1\], not"):
        rarity(*video, share=share)


def test_length_and_what_was_normalised(video):
    x, t = video
    np.testing.assert_allclose(vector_length(x, t), np.linalg.norm(x, axis=1), rtol=1e-6)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    assert vector_length(unit.astype(np.float16), t) is None
    assert vector_length(np.zeros((3, 2)), t[:3]) is None


def test_smoothing_is_a_normalised_gaussian_mean(video):
    t = np.cumsum(np.random.default_rng(1).uniform(0.2, 0.9, 40))
    x = video[0][:, 0]
    weights = np.exp(-0.5 * ((t[:, None] - t) / 1.5) ** 2)
    weights[np.abs(t[:, None] - t) > 6.0 + 1e-6] = 0
    np.testing.assert_allclose(smooth(x, t, 1.5), weights @ x / weights.sum(axis=1), rtol=1e-6)
    np.testing.assert_array_equal(smooth(x, t, 0.0), x)
    np.testing.assert_allclose(smooth(np.full(40, 3.0), t), 3.0)


def test_collection_distance(video):
    x, t = video
    others = np.random.default_rng(9).normal(size=(50, 6)).astype(np.float32)
    away = np.sort(np.linalg.norm(x[:, None] - others, axis=2), axis=1)
    result = collection_distance(x, t, others, share=0.1)
    np.testing.assert_allclose(result, away[:, :5].mean(axis=1), rtol=1e-5)


def test_collection_frames_are_spread_over_the_videos():
    frames = collection_frames([np.arange(100.0)[:, None], 1000 + np.arange(3.0)[:, None]], 10)
    assert frames[:, 0].tolist() == [0, 25, 50, 74, 99, 1000, 1001, 1002]
    with pytest.raises(ValueError, match="a collection needs at least one video"):
        collection_frames([])


def test_the_direction_is_the_mean_covariance_with_the_ranks(video):
    x, _ = video
    target = np.random.default_rng(2).random(40)
    parts = [np.cov(a.T, b, bias=True)[-1, :-1] for a, b in ((x, target), (x[:9], target[:9]))]
    expected = np.sum(parts, axis=0) / np.linalg.norm(np.sum(parts, axis=0))
    made = direction([(x, target), (x[:9], target[:9])])
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(along(x, np.arange(40), made), x @ made, rtol=1e-5)


@pytest.mark.parametrize("videos", [[], [(np.ones((3, 2)), np.full(3, 0.5))]])
def test_there_is_no_direction_without_differences(videos):
    with pytest.raises(ValueError, match="a direction needs videos whose frames differ"):
        direction(videos)


def test_novelty_of_shots(video):
    x, t = video
    shots = np.repeat([0, 1, 2], [10, 20, 10])
    means = np.stack([x[shots == i].mean(axis=0) for i in range(3)])
    away = np.linalg.norm(means[:, None] - means, axis=2) + np.diag([np.inf] * 3)
    np.testing.assert_allclose(shot_novelty(x, t, shots), away.min(axis=1)[shots], rtol=1e-5)
    np.testing.assert_array_equal(shot_novelty(x, t, np.zeros(40, int)), 0)
    assert shot_pace(t, shots)[[0, 10, 39]].tolist() == [-5.0, -10.0, -4.5]


def test_middle_is_highest_in_the_middle():
    assert middle(np.array([3.0, 4.0, 7.0])).tolist() == [0.0, 0.25, 0.0]
    assert middle(np.array([3.0])).tolist() == [0.5]


def test_blend_adds_ranks_and_leaves_out_what_is_not_there():
    rows = {"a": np.array([1.0, 9.0, 5.0]), "b": None, "c": np.array([3.0, 2.0, 1.0])}
    np.testing.assert_allclose(blend(rows, {"a": 1, "b": 1, "c": 0}), [1 / 6, 5 / 6, 3 / 6])
    assert blend(rows, {"a": 1, "c": 2}).argmax() == 0 or rows["a"] is not None
    with pytest.raises(ValueError, match="no signal to blend"):
        blend(rows, {"b": 1})


def test_ranks_share_ties():
    np.testing.assert_allclose(ranks([5, 1, 5, 0]), [0.75, 0.375, 0.75, 0.125])


@pytest.mark.parametrize("name", SIGNALS)
def test_one_finite_number_per_frame_also_for_one_frame(video, name):
    for n in (40, 1):
        found = SIGNALS[name](video[0][:n], video[1][:n])
        if found is not None:
            assert found.shape == (n,)
            assert np.isfinite(found).all()


@pytest.mark.parametrize("name", [n for n in SIGNALS if n != "length"])
def test_a_constant_video_has_constant_scores(name):
    found = SIGNALS[name](np.full((20, 6), 2.0), np.arange(20.0))
    np.testing.assert_allclose(found, found[0])


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused(video, name, bad):
    x = video[0].copy()
    x[3, 2] = bad
    with pytest.raises(ValueError, match="features hold NaN or infinite values"):
        SIGNALS[name](x, video[1])


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([0.0, 1.0], r"features \(3, 6\) need one time per row, not \(2,\)"),
        ([0.0, 1.0, 1.0], "times must be finite and rise"),
        ([0.0, 1.0, np.nan], "times must be finite and rise"),
    ],
)
def test_times_that_do_not_fit(video, times, message):
    with pytest.raises(ValueError, match=message):
        change(video[0][:3], np.array(times))


@pytest.mark.parametrize("name", ["change", "rarity", "length", "video"])
def test_scale_and_rotation_of_the_features_do_not_matter(video, name):
    x, t = video
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))[0]
    plain, moved = (ranks(SIGNALS[name](rows, t)) for rows in (x, 3 * (x @ turn)))
    np.testing.assert_allclose(plain, moved, atol=1.1 / 40)  # rounding may swap near-equal frames
    np.testing.assert_array_equal(
        SIGNALS[name](x, t), SIGNALS[name](x, t + 100)
    )  # nor when the video begins


@pytest.mark.parametrize("name", ["change", "rarity", "length", "video"])
def test_backwards_gives_the_same_backwards(video, name):
    x, t = video
    forwards, backwards = SIGNALS[name](x, t), SIGNALS[name](x[::-1], (t[-1] - t)[::-1])
    np.testing.assert_allclose(forwards, backwards[::-1], rtol=1e-5)
