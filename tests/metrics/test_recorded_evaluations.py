"""Agreement with evaluations recorded by other people's code, and with published rows, on the real annotations."""

import os
import pathlib
import time

import numpy as np
import pytest

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.splits import load_splits
from tf_dictsum.files import read_json
from tf_dictsum.metrics.baselines import constant_baseline, human_baseline, random_baseline
from tf_dictsum.metrics.evaluation import evaluate_dataset, evaluate_video

SHARED = os.environ.get("TF_DICTSUM_SHARED")
pytestmark = pytest.mark.skipif(not SHARED, reason="TF_DICTSUM_SHARED does not name the folder with annotations and recorded evaluations")


@pytest.fixture(scope="module")
def recorded():
    return read_json(pathlib.Path(SHARED, "golden", "recorded_evaluations.json"))


@pytest.fixture(scope="module")
def summe():
    return load_dataset(str(pathlib.Path(SHARED, "data", "summe_annotations.h5")), need_features=False)


@pytest.fixture(scope="module")
def tvsum():
    return load_dataset(str(pathlib.Path(SHARED, "data", "tvsum_annotations.h5")), need_features=False)


def test_summe(recorded, summe):
    videos = recorded["summe_sum_gan_aae"]["videos"]
    assert len(videos) == 5
    for key, row in videos.items():
        result = evaluate_video(row["scores"], summe.videos[key])
        assert result.f_max == pytest.approx(row["f_max"], abs=1e-6), key
        assert list(result.selected_shots) == row["selected_shots"], key
        assert result.summary_frames == row["summary_frames"], key


def test_tvsum(recorded, tvsum):
    videos = recorded["tvsum_dr_dsn"]["videos"]
    assert len(videos) == 10
    for key, row in videos.items():
        result = evaluate_video(row["scores"], tvsum.videos[key])
        found = np.array([result.f_avg, result.precision, result.recall]) / 100
        np.testing.assert_allclose(found, [row["f"], row["precision"], row["recall"]], atol=1e-6, rtol=0, err_msg=key)
        assert result.summary_frames == row["summary_frames"], key


def test_people_and_constant_scores_on_summe(summe):
    human = human_baseline(summe).mean
    assert human["f_max"] == pytest.approx(54.33, abs=0.005)
    assert human["f_avg"] == pytest.approx(31.07, abs=0.005)
    assert human["kendall_tau"] == pytest.approx(0.210, abs=0.0005)
    assert constant_baseline(summe).mean["f_max"] == pytest.approx(40.64, abs=0.005)


def test_people_and_constant_scores_on_tvsum(tvsum):
    human = human_baseline(tvsum).mean
    assert human["f_avg"] == pytest.approx(53.84, abs=0.005)
    assert human["f_max"] == pytest.approx(77.54, abs=0.005)
    assert human["kendall_tau"] == pytest.approx(0.177, abs=0.0005)
    assert human["spearman_rho"] == pytest.approx(0.204, abs=0.0005)
    assert constant_baseline(tvsum).mean["f_avg"] == pytest.approx(56.58, abs=0.005)


def test_released_splits(summe, tvsum):
    for dataset, name, metric, constant, human in ((summe, "summe", "f_max", 45.8, 55.1), (tvsum, "tvsum", "f_avg", 58.9, 55.0)):
        splits = load_splits(str(pathlib.Path(SHARED, "data", "splits", f"{name}_released.json")), dataset.videos, dataset.source)
        assert constant_baseline(dataset, splits=splits).mean[metric] == pytest.approx(constant, abs=0.05)
        assert human_baseline(dataset, splits=splits).mean[metric] == pytest.approx(human, abs=0.05)


def test_random_scores_per_pick(summe):
    row = random_baseline(summe)
    assert row.mean["f_max"] == pytest.approx(40.3, abs=1.5)  # one draw's mean has a standard deviation of 1.4, that of 20 of 0.3


def test_fifty_videos_take_seconds(tvsum):
    scores = {key: np.random.default_rng(0).random(video.n_steps) for key, video in tvsum.videos.items()}
    start = time.process_time()
    evaluate_dataset(scores, tvsum)
    assert time.process_time() - start < 3
