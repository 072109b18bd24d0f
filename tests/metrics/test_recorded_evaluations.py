"""Agreement with evaluations recorded by other people's code, and with published rows."""

import os
import pathlib
import time

import numpy as np
import pytest

from tf_dictsum.baselines.settings import EvaluationSettings
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.splits import load_splits
from tf_dictsum.metrics.evaluation import evaluate_video
from tf_dictsum.report.build import build_report
from tf_dictsum.util.files import read_json

SHARED = os.environ.get("TF_DICTSUM_SHARED")
pytestmark = pytest.mark.skipif(
    not SHARED,
    reason="TF_DICTSUM_SHARED does not name the folder with annotations and recorded evaluations",
)


@pytest.fixture(scope="module")
def recorded():
    return read_json(pathlib.Path(SHARED, "golden", "recorded_evaluations.json"))


@pytest.fixture(scope="module")
def summe():
    return load_dataset(
        str(pathlib.Path(SHARED, "data", "summe_annotations.h5")), need_features=False
    )


@pytest.fixture(scope="module")
def tvsum():
    return load_dataset(
        str(pathlib.Path(SHARED, "data", "tvsum_annotations.h5")), need_features=False
    )


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
        np.testing.assert_allclose(
            found, [row["f"], row["precision"], row["recall"]], atol=1e-6, rtol=0, err_msg=key
        )
        assert result.summary_frames == row["summary_frames"], key


ALL = ("f", "single", "rank", "summe_b", "summe_c")


def rows_of(dataset, name, draws=0, protocols=ALL):
    """Rows of the command's table on the released splits, and on all videos."""
    splits = load_splits(
        str(pathlib.Path(SHARED, "data", "splits", f"{name}_released.json")),
        dataset.videos,
        dataset.source,
    )
    settings = EvaluationSettings(protocols=protocols, random_draws=draws)
    return build_report(dataset, splits, [], settings).baselines, build_report(
        dataset, None, [], settings
    ).baselines


def test_all_rows_on_summe(summe):
    released, every = rows_of(summe, "summe")
    found = {
        name: (every[name].mean["f_max"], released[name].mean["f_max"])
        for name in ("human", "constant", "oracle")
    }
    np.testing.assert_allclose(
        list(found.values()), [[54.33, 55.11], [40.64, 45.79], [64.25, 68.86]], atol=0.005
    )
    assert every["human"].mean["f_avg"] == pytest.approx(31.07, abs=0.005)
    # Variants A, B and C of people's rank correlation: B against the mean of the others, field-wide
    # .296 / .329.
    names = ("kendall_tau", "spearman_rho", "tau_summe_b", "rho_summe_b")
    np.testing.assert_allclose(
        [every["human"].mean[n] for n in names], [0.210, 0.210, 0.296, 0.329], atol=0.0005
    )
    assert every["oracle"].mean["f_single"] == pytest.approx(100)


def test_all_rows_on_tvsum(tvsum):
    released, every = rows_of(tvsum, "tvsum")
    found = {
        name: (every[name].mean["f_avg"], released[name].mean["f_avg"])
        for name in ("human", "constant", "oracle")
    }
    np.testing.assert_allclose(
        list(found.values()), [[53.84, 55.01], [56.58, 58.87], [63.65, 64.16]], atol=0.0051
    )
    assert every["human"].mean["f_max"] == pytest.approx(77.54, abs=0.005)
    assert (
        every["human"].mean["kendall_tau"],
        every["human"].mean["spearman_rho"],
    ) == pytest.approx((0.177, 0.204), abs=0.0005)
    assert every["human"].mean["tau_summe_b"] is None


def test_random_scores_on_summe(summe):
    released, every = rows_of(summe, "summe", draws=150)
    assert every["random"].mean["f_max"] == pytest.approx(40.4, abs=0.4)
    assert every["random_per_frame"].mean["f_max"] == pytest.approx(40.6, abs=0.5)
    # Variant C leaks the prior of the shots; A and B do not.
    assert every["random"].mean["tau_summe_c"] == pytest.approx(0.098, abs=0.006)
    assert every["random"].mean["rho_summe_c"] == pytest.approx(0.109, abs=0.006)
    assert abs(every["random"].mean["kendall_tau"]) < 0.003
    assert abs(every["random"].mean["tau_summe_b"]) < 0.004
    assert released["random"].mean["f_max"] == pytest.approx(44.5, abs=0.6)
    assert released["random"].sd["f_max"] == pytest.approx(2.0, abs=0.5)
    assert released["random_per_frame"].mean["f_max"] == pytest.approx(45.2, abs=0.6)
    assert released["best_of_random"].mean["f_max"] == pytest.approx(
        53.3, abs=1
    )  # best of 100, per pick


def test_random_scores_on_tvsum(tvsum):
    released, every = rows_of(tvsum, "tvsum", draws=100, protocols=("f",))
    assert every["random"].mean["f_avg"] == pytest.approx(54.5, abs=0.2)
    assert every["random_per_frame"].mean["f_avg"] == pytest.approx(56.4, abs=0.2)
    assert every["random"].mean["f_max"] == pytest.approx(76.2, abs=0.4)
    assert released["random"].mean["f_avg"] == pytest.approx(56.4, abs=0.4)
    assert released["random_per_frame"].mean["f_avg"] == pytest.approx(58.6, abs=0.3)
    assert released["best_of_random"].mean["f_avg"] == pytest.approx(60.1, abs=0.5)
    ranked = build_report(
        tvsum, None, [], EvaluationSettings(protocols=("rank",), random_draws=10, best_of=10)
    ).baselines["random"]
    assert abs(ranked.mean["kendall_tau"]) < 0.004


@pytest.mark.parametrize(("name", "metric"), [("summe", "f_max"), ("tvsum", "f_avg")])
def test_non_overlapping_splits_test_every_video_once(name, metric, summe, tvsum):
    dataset = {"summe": summe, "tvsum": tvsum}[name]
    splits = load_splits(
        str(pathlib.Path(SHARED, "data", "splits", f"{name}_nonoverlapping.json")),
        dataset.videos,
        dataset.source,
    )
    report = build_report(dataset, splits, [], EvaluationSettings(protocols=("f",), random_draws=0))
    assert sorted(key for fold in report.folds for key in fold.keys) == sorted(dataset.videos)
    assert report.baselines["constant"].mean[metric] == pytest.approx(
        {"summe": 40.64, "tvsum": 56.58}[name], abs=0.05
    )


def test_fifty_videos_take_seconds(tvsum):
    scores = {
        key: np.random.default_rng(0).random(video.n_steps) for key, video in tvsum.videos.items()
    }
    start = time.process_time()
    for key, video in tvsum.videos.items():
        evaluate_video(scores[key], video)
    assert time.process_time() - start < 3
