import dataclasses

import numpy as np
import pytest

from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.metrics.averages import average
from tf_dictsum.metrics.evaluation import (
    COUNTS,
    METRICS,
    VideoMeasures,
    evaluate_video,
    headline_metric,
)
from tf_dictsum.metrics.fscore import f_scores
from tf_dictsum.metrics.rank import rank_correlation
from tf_dictsum.metrics.representation import representation_error
from tf_dictsum.shots.selection import select_shots
from tf_dictsum.util.errors import UserError


def make_video(key, seed, n_steps=40):
    rng = np.random.default_rng(seed)
    n_frames = 15 * n_steps - 4
    cuts = np.r_[0, np.sort(rng.choice(np.arange(1, n_frames), 12, replace=False)), n_frames]
    return Video(
        key,
        rng.gamma(1, 1, (n_steps, 8)).astype(np.float32),
        np.arange(0, n_frames, 15),
        n_frames,
        np.stack([cuts[:-1], cuts[1:] - 1], axis=1),
        user_summary=rng.random((4, n_frames)) < 0.15,
        user_scores=rng.integers(1, 6, (4, n_frames)).astype(np.float32),
    )


def make_dataset(name="SumMe"):
    return Dataset(
        name, "file.h5", {f"video_{i}": make_video(f"video_{i}", i) for i in range(1, 6)}
    )


def make_scores(dataset):
    return {
        key: np.random.default_rng(int(key[-1])).random(video.n_steps).tolist()
        for key, video in dataset.videos.items()
    }


def test_a_video_gets_every_measure():
    video = make_video("video_1", 1)
    scores = np.random.default_rng(0).random(video.n_steps)
    result = evaluate_video(scores, video)
    summary = select_shots(scores, video)
    precision, recall, f = f_scores(summary.frames, video.user_summary)
    assert (result.f_max, result.f_avg) == pytest.approx((f.max(), f.mean()))
    assert (result.precision, result.recall) == pytest.approx((precision.mean(), recall.mean()))
    correlation = rank_correlation(scores, video)
    assert (result.kendall_tau, result.spearman_rho) == (
        correlation.kendall_tau,
        correlation.spearman_rho,
    )
    assert result.representation_error == pytest.approx(
        representation_error(video.features, summary.frames[video.picks])
    )
    assert result.selected_shots == summary.selected_shots
    assert result.summary_frames == summary.frames.sum() <= summary.budget
    assert result.selected_steps == summary.frames[video.picks].sum()
    assert all(type(value) is float for value in result.metrics().values())


def test_many_rows_are_single_videos():
    video = make_video("video_1", 1)
    rows = np.random.default_rng(0).random((3, video.n_steps))
    measures = VideoMeasures(video, "greedy")
    results = measures.results(rows, measures.choose(rows))
    for row, result in zip(rows, results, strict=True):
        single = evaluate_video(row, video, "greedy")
        assert result.selected_shots == single.selected_shots
        assert result.metrics() == pytest.approx(single.metrics())


def test_what_cannot_be_computed_is_none():
    full = make_video("video_1", 1)
    bare = Video("video_1", None, full.picks, full.n_frames, full.change_points)
    result = evaluate_video(np.ones(full.n_steps), bare)
    assert {result.metrics()[name] for name in METRICS} == {None}
    assert result.selected_shots
    empty = evaluate_video(np.zeros(full.n_steps), full)  # zero scores: the knapsack takes nothing
    assert empty.representation_error is None
    assert empty.f_max == 0
    assert empty.undefined == 4


def test_summary_of_another_length():
    video = make_video("video_1", 1)
    with pytest.raises(
        UserError, match=r"video_1: the summary has 596 frames but user_summary has 595"
    ):
        evaluate_video(
            np.ones(40), dataclasses.replace(video, user_summary=video.user_summary[:, 1:])
        )


def test_average_leaves_out_what_is_missing():
    videos = {"a": {"f_max": 10.0}, "b": {"f_max": None}, "c": {"f_max": 40.0}}
    mean = average(videos, [["a", "b"], ["c"], ["b"]], (*METRICS, *COUNTS))
    assert mean == {name: 25.0 if name == "f_max" else None for name in (*METRICS, *COUNTS)}


@pytest.mark.parametrize(
    ("name", "metric"),
    [("TVSum", "f_avg"), ("my_tvsum", "f_avg"), ("SumMe", "f_max"), ("demo", "f_max")],
)
def test_headline(name, metric):
    assert headline_metric(make_dataset(name)) == metric
