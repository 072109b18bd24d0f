import dataclasses
import itertools

import numpy as np
import pytest
from dataset_means import dataset_means

from tf_dictsum.baselines.positions import beginning, ending, middle
from tf_dictsum.baselines.rows import baselines_of
from tf_dictsum.baselines.settings import EvaluationSettings
from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.metrics.evaluation import METRICS
from tf_dictsum.metrics.fscore import f_scores
from tf_dictsum.metrics.rank import kendall_tau_b
from tf_dictsum.util.errors import UserError


@pytest.fixture(scope="module")
def dataset():
    return demo_dataset()


def without_annotations(dataset):
    videos = {
        k: Video(k, v.features, v.picks, v.n_frames, v.change_points)
        for k, v in dataset.videos.items()
    }
    return Dataset(dataset.name, dataset.source, videos)


def one_group(keys):
    return {0: Split((), tuple(keys))}


def rows_on(dataset, keys=None, **more):
    return baselines_of(dataset, one_group(keys or dataset.videos), **more).rows


def test_random_depends_on_its_seed_only(dataset):
    row = rows_on(dataset, draws=3, seed=1)["random"]
    assert row == rows_on(dataset, draws=3, seed=1)["random"]
    assert row.mean != rows_on(dataset, draws=3, seed=2)["random"].mean
    assert row.draws == 3
    assert all(row.sd[name] > 0 for name in METRICS)
    assert abs(row.mean["kendall_tau"]) < 0.1


def test_a_videos_draws_do_not_depend_on_the_other_videos(dataset):
    keys = list(dataset.videos)[:2]
    both = rows_on(dataset, keys, draws=2)["random"].mean
    each = [rows_on(dataset, [key], draws=2)["random"].mean for key in keys]
    assert both["f_avg"] == pytest.approx(np.mean([mean["f_avg"] for mean in each]))


def test_videos_of_one_length_get_different_draws(dataset):
    video = dataset.videos["video_1"]
    twins = Dataset(
        "demo", "demo", {key: dataclasses.replace(video, key=key) for key in ("a", "b")}
    )
    a, b = (rows_on(twins, [key], draws=2)["random"].mean for key in ("a", "b"))
    assert a != b


def test_one_draw_has_no_deviation(dataset):
    assert rows_on(dataset, draws=1)["random"].sd is None
    with pytest.raises(UserError, match="random_draws=-1: must be 0 or more"):
        EvaluationSettings(random_draws=-1)


def test_constant_is_the_evaluation_of_equal_scores(dataset):
    splits = [
        Split((), tuple(list(dataset.videos)[:3])),
        Split((), tuple(list(dataset.videos)[3:5])),
    ]
    scores = {key: [0.3] * video.n_steps for key, video in dataset.videos.items()}
    row = baselines_of(dataset, dict(enumerate(splits)), draws=1).rows["constant"]
    assert row.mean == pytest.approx(dataset_means(scores, dataset, splits))


def test_positions_are_the_evaluations_of_their_scores(dataset):
    rows = rows_on(dataset, draws=1)
    for name, scores_of in (("beginning", beginning), ("middle", middle), ("ending", ending)):
        scores = {key: scores_of(video.n_steps) for key, video in dataset.videos.items()}
        assert rows[name].mean == pytest.approx(dataset_means(scores, dataset))


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
    row = rows_on(dataset, [key], draws=1)["human"]
    assert row.mean["f_max"] == pytest.approx(np.mean([max(f) for f in others]))
    assert row.mean["f_avg"] == pytest.approx(np.mean(others))
    at_picks = video.user_scores[:, video.picks]
    pairs = [
        kendall_tau_b(at_picks[i], at_picks[j])[0, 0] for i, j in itertools.combinations(users, 2)
    ]
    assert row.mean["kendall_tau"] == pytest.approx(np.mean(pairs))
    assert row.mean["representation_error"] is None


def test_without_annotations(dataset):
    rows = rows_on(without_annotations(dataset), draws=2)
    assert "human" not in rows
    assert "oracle" not in rows
    assert rows["random"].mean["f_max"] is None
    assert rows["random"].mean["representation_error"] > 0
    assert rows["constant"].mean["representation_error"] > 0
