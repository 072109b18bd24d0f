import dataclasses
import itertools

import numpy as np
import pytest

from tf_dictsum.baselines.table import constant_baseline, human_baseline, random_baseline
from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.metrics.evaluation import METRICS, evaluate_dataset
from tf_dictsum.metrics.fscore import f_scores
from tf_dictsum.metrics.rank import kendall_tau_b


@pytest.fixture(scope="module")
def dataset():
    return demo_dataset()


def without_annotations(dataset):
    videos = {
        k: Video(k, v.features, v.picks, v.n_frames, v.change_points)
        for k, v in dataset.videos.items()
    }
    return Dataset(dataset.name, dataset.source, videos)


def test_random_depends_on_its_seed_only(dataset):
    row = random_baseline(dataset, draws=3, seed=1)
    assert row == random_baseline(dataset, draws=3, seed=1)
    assert row.mean != random_baseline(dataset, draws=3, seed=2).mean
    assert row.draws == 3
    assert all(row.sd[name] > 0 for name in METRICS)
    assert abs(row.mean["kendall_tau"]) < 0.1


def test_a_videos_draws_do_not_depend_on_the_other_videos(dataset):
    keys = list(dataset.videos)[:2]
    both = random_baseline(dataset, keys, draws=2).mean
    each = [random_baseline(dataset, [key], draws=2).mean for key in keys]
    assert both["f_avg"] == pytest.approx(np.mean([mean["f_avg"] for mean in each]))


def test_videos_of_one_length_get_different_draws(dataset):
    video = dataset.videos["video_1"]
    twins = Dataset(
        "demo", "demo", {key: dataclasses.replace(video, key=key) for key in ("a", "b")}
    )
    assert (
        random_baseline(twins, ["a"], draws=2).mean != random_baseline(twins, ["b"], draws=2).mean
    )


def test_one_draw_has_no_deviation(dataset):
    assert set(random_baseline(dataset, draws=1).sd.values()) == {None}
    with pytest.raises(ValueError, match="at least 1"):
        random_baseline(dataset, draws=0)


def test_constant_is_the_evaluation_of_equal_scores(dataset):
    splits = [
        Split((), tuple(list(dataset.videos)[:3])),
        Split((), tuple(list(dataset.videos)[3:5])),
    ]
    scores = {key: [0.3] * video.n_steps for key, video in dataset.videos.items()}
    assert (
        constant_baseline(dataset, splits=splits).mean
        == evaluate_dataset(scores, dataset, splits=splits).mean
    )


def test_humans_are_compared_with_the_others(dataset):
    key = next(iter(dataset.videos))
    video = dataset.videos[key]
    users = range(len(video.user_summary))
    others = [
        [
            f_scores(video.user_summary[i], video.user_summary[j][None])[2][0]
            for j in users
            if j != i
        ]
        for i in users
    ]
    row = human_baseline(dataset, [key])
    assert row.mean["f_max"] == pytest.approx(np.mean([max(f) for f in others]))
    assert row.mean["f_avg"] == pytest.approx(np.mean(others))
    at_picks = video.user_scores[:, video.picks]
    pairs = [
        kendall_tau_b(at_picks[i], at_picks[j])[0, 0] for i, j in itertools.combinations(users, 2)
    ]
    assert row.mean["kendall_tau"] == pytest.approx(np.mean(pairs))
    assert row.mean["representation_error"] is None


def test_without_annotations(dataset):
    bare = without_annotations(dataset)
    assert human_baseline(bare) is None
    row = random_baseline(bare, draws=2)
    assert row.mean["f_max"] is None
    assert row.mean["representation_error"] > 0
    assert constant_baseline(bare).mean["representation_error"] > 0
