import dataclasses

import numpy as np
import pytest
from dataset_means import dataset_means

from tf_dictsum.baselines.columns import BASELINES, NOTES
from tf_dictsum.baselines.rows import baselines_of
from tf_dictsum.baselines.settings import EvaluationSettings
from tf_dictsum.baselines.table import best_of_draws
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.evaluation import evaluate_video
from tf_dictsum.metrics.fscore import f_scores
from tf_dictsum.report.build import build_report
from tf_dictsum.report.rows import remarks, verdicts
from tf_dictsum.report.systems import System
from tf_dictsum.report.users import user_tables
from tf_dictsum.shots.selection import select_shots
from tf_dictsum.util.errors import UserError

SPLITS = [Split((), ("video_2", "video_4")), Split((), ("video_6", "video_2", "video_7"))]
FEW = EvaluationSettings(random_draws=6, best_of=3)


def single(scores, name="mine"):
    return System(name, (None,), ((scores,),))


def test_a_systems_numbers_are_means_over_videos_and_splits(dataset, random_scores):
    scores = random_scores(dataset)
    report = build_report(dataset, SPLITS, [single(scores)], FEW)
    expected = dataset_means(scores, dataset, SPLITS)
    found = report.systems[0].epochs[0]
    assert {name: found.mean[name] for name in expected if name in found.mean} == pytest.approx(
        expected
    )
    assert [fold.keys for fold in report.folds] == [split.test_keys for split in SPLITS]
    assert report.videos == ("video_2", "video_4", "video_6", "video_7")
    assert (
        found.folds[1]["video_7"].f_single
        == evaluate_video(
            scores["video_7"], dataset.videos["video_7"], protocols=["single"]
        ).f_single
    )


def test_rows_are_on_the_same_folds(dataset, random_scores):
    report = build_report(dataset, SPLITS, [single(random_scores(dataset))], FEW)
    assert list(report.baselines) == [*BASELINES, "best_of_random"]
    assert set(report.baselines) == set(NOTES) - {"untrained"}
    for row in report.baselines.values():
        assert set(row.videos) in (set(report.videos), set())
    plain = baselines_of(dataset, dict(enumerate(SPLITS)), draws=6).rows["random"]
    assert report.baselines["random"].mean["f_max"] == pytest.approx(plain.mean["f_max"])
    assert report.baselines["random"].sd["f_max"] == pytest.approx(plain.sd["f_max"])


def test_splits_with_scores_of_their_own(dataset, random_scores):
    scores = [random_scores(dataset, seed) for seed in (1, 2)]
    report = build_report(
        dataset, SPLITS, [System("mine", (None,), ((scores[0], scores[1]),))], FEW
    )
    each = [
        dataset_means(s, dataset, [split])["f_avg"] for s, split in zip(scores, SPLITS, strict=True)
    ]
    assert report.systems[0].epochs[0].mean["f_avg"] == pytest.approx(np.mean(each))
    both = [evaluate_video(s["video_2"], dataset.videos["video_2"]).f_avg for s in scores]
    assert report.systems[0].epochs[0].videos()["video_2"]["f_avg"] == pytest.approx(np.mean(both))


def test_the_best_epoch_is_taken_per_split_and_named(dataset, random_scores):
    epochs = [random_scores(dataset, seed) for seed in range(5)]
    report = build_report(
        dataset, SPLITS, [System("mine", (0, 1, 2, 3, 4), tuple((s,) for s in epochs))], FEW
    )
    system = report.systems[0]
    f = np.array(
        [[dataset_means(s, dataset, [split])["f_max"] for split in SPLITS] for s in epochs]
    )
    assert system.best_epochs == tuple(f.argmax(axis=0))
    assert system.best["f_max"] == pytest.approx(f.max(axis=0).mean())
    assert [epoch.mean["f_max"] for epoch in system.epochs] == pytest.approx(f.mean(axis=1))
    assert (
        build_report(dataset, SPLITS, [system.source], EvaluationSettings(random_draws=9)).best_of
        == 5
    )  # as many looks as epochs
    assert build_report(dataset, SPLITS, [single(epochs[0])], FEW).systems[0].best is None


def test_best_of_random_is_the_mean_over_all_ways_to_look():
    import itertools

    rng = np.random.default_rng(0)
    columns = {
        key: {"f_max": rng.random(7), "representation_error": rng.random(7)} for key in "abc"
    }
    groups = [["a", "b"], ["c"]]
    found = best_of_draws(columns, groups, 3)
    per_group = {
        n: [np.mean([columns[k][n] for k in group], axis=0) for group in groups]
        for n in ("f_max", "representation_error")
    }
    for name, best in (("f_max", max), ("representation_error", min)):
        expected = np.mean(
            [
                np.mean([best(c) for c in itertools.combinations(values, 3)])
                for values in per_group[name]
            ]
        )
        assert found.mean[name] == pytest.approx(expected)
    spread = [
        np.var([max(c) for c in itertools.combinations(values, 3)]) for values in per_group["f_max"]
    ]
    assert found.sd["f_max"] == pytest.approx(np.sqrt(sum(spread)) / 2)
    assert best_of_draws(columns, groups, 4).sd["f_max"] is None
    assert found.mean["kendall_tau"] is None
    with pytest.raises(ValueError, match="best of 8 needs at least as many draws, not 7"):
        best_of_draws(columns, groups, 8)


def test_performance_over_random_and_ratios(dataset, random_scores):
    report = build_report(dataset, SPLITS, [single(random_scores(dataset))], FEW)
    chance, system = report.baselines["random_per_frame"].videos, report.systems[0]
    ratios = [
        100
        * np.mean([r.f_avg for r in results.values()])
        / np.mean([chance[key]["f_avg"] for key in results])
        for results in system.epochs[0].folds
    ]
    assert system.relative["por_f_avg"] == pytest.approx(np.mean(ratios))
    assert report.relative["random_per_frame"]["por_f_max"] == pytest.approx(100)
    greedy = report.baselines["greedy"].videos
    ratios = [
        np.mean(
            [
                r.representation_error / greedy[key]["representation_error"]
                for key, r in results.items()
            ]
        )
        for results in system.epochs[0].folds
    ]
    assert system.relative["representation_error_vs_greedy"] == pytest.approx(np.mean(ratios))
    assert report.relative["greedy"]["representation_error_vs_greedy"] == pytest.approx(1)
    assert report.relative["random"]["dispersion_vs_random"] == pytest.approx(1)
    assert report.relative["greedy"]["representation_error_vs_random"] < 1


def test_people_one_by_one(dataset, random_scores):
    scores = random_scores(dataset)
    report = build_report(dataset, SPLITS, [single(scores)], FEW)
    tables = user_tables(report, report.systems[0])
    assert [(table.key, table.split) for table in tables][:3] == [
        ("video_2", 0),
        ("video_4", 0),
        ("video_6", 1),
    ]
    video = dataset.videos["video_6"]
    assert tables[2].f == pytest.approx(
        f_scores(select_shots(scores["video_6"], video).frames, video.user_summary)[2]
    )
    assert np.mean(tables[2].kendall_tau) == pytest.approx(
        report.systems[0].epochs[0].folds[1]["video_6"].kendall_tau
    )


def test_a_user_against_itself_gives_100(dataset):
    """The summary that a user made is what their scores select."""
    video = dataset.videos["video_2"]
    summary = select_shots(video.gtscore, video)
    own = Dataset(
        "own",
        "own.h5",
        {
            "video_2": dataclasses.replace(
                video, user_summary=summary.frames[None], user_scores=None
            )
        },
    )
    assert (
        build_report(own, None, [single({"video_2": video.gtscore})], FEW)
        .systems[0]
        .epochs[0]
        .mean["f_max"]
        == 100
    )


def test_monotone_transforms_leave_rank_correlation_alone(dataset, random_scores):
    scores = random_scores(dataset)
    bent = {key: np.exp(3 * values) - 40 for key, values in scores.items()}
    a, b = (
        build_report(dataset, None, [single(s)], FEW).systems[0].epochs[0].mean
        for s in (scores, bent)
    )
    assert (a["kendall_tau"], a["spearman_rho"]) == (b["kendall_tau"], b["spearman_rho"])


def test_against_random_scores_in_words(dataset, random_scores):
    report = build_report(
        dataset,
        None,
        [
            single(random_scores(dataset)),
            single({k: v.gtscore for k, v in dataset.videos.items()}, "gt"),
        ],
        FEW,
    )
    assert set(report.systems[0].against_random) == {"f_max", "kendall_tau", "representation_error"}
    lines = verdicts(report)
    assert any("mine is not distinguishable from random on this set" in line for line in lines)
    assert any(
        line.startswith("Kendall tau: gt is better than random on this set") for line in lines
    )
    test = report.systems[1].against_random["f_max"]
    assert test.b == pytest.approx(report.baselines["random"].mean["f_max"])


def test_odd_videos_are_said(dataset, random_scores):
    videos = dict(dataset.videos)
    users = videos["video_4"].user_summary.copy()
    users[1] = False
    videos["video_4"] = dataclasses.replace(videos["video_4"], user_summary=users)
    whole = np.array([[0, videos["video_6"].n_frames - 1]])
    videos["video_6"] = dataclasses.replace(videos["video_6"], change_points=whole)
    scores = random_scores(dataset)
    scores["video_2"] = np.zeros_like(scores["video_2"])
    report = build_report(Dataset("odd", "odd.h5", videos), None, [single(scores)], FEW)
    text = "\n".join(remarks(report))
    assert (
        "mine: EMPTY summary for video_2, video_6 (no shot fits the budget, or no score is above 0)"
        in text
    )
    assert "1 user summary keeps no frame (in video_4), so every F against it is 0." in text
    assert (
        "shots are longer than the budget and can never be selected (in video_2, video_4, video_6"
        in text
    )
    assert report.too_long["video_6"] == (1, 1)
    assert (
        "mine: rank correlation undefined (constant values) for 5 pairs of video and annotator, "
        "counted as 0." in text
    )
    result = report.systems[0].epochs[0].folds[0]["video_6"]
    assert (result.f_max, result.representation_error, result.reconstruction_residual) == (
        0,
        None,
        None,
    )
    assert report.empty_users == {"video_4": (1,)}


def test_fewer_looks_than_epochs_are_said(dataset, random_scores):
    system = System("mine", (0, 1, 2), tuple((random_scores(dataset, seed),) for seed in range(3)))
    report = build_report(dataset, None, [system], EvaluationSettings(random_draws=2))
    assert (
        "random, best of 2: fewer looks than the 3 epochs have; random_draws=3 gives as many."
        in remarks(report)
    )


def test_videos_without_shots_are_left_out_and_said(dataset, random_scores, caplog):
    videos = {
        **dataset.videos,
        "video_4": dataclasses.replace(dataset.videos["video_4"], change_points=None),
    }
    report = build_report(Dataset("x", "x.h5", videos), None, [single(random_scores(dataset))], FEW)
    assert "video_4" not in report.videos
    assert (
        "x.h5: no change_points, so there are no shots to select: video_4; going on without them"
        in caplog.text
    )
    bare = {key: dataclasses.replace(video, change_points=None) for key, video in videos.items()}
    with pytest.raises(
        UserError,
        match=r"x\.h5: no video left to evaluate: none has change_points, so there are no "
        r"shots to select",
    ):
        build_report(Dataset("x", "x.h5", bare), None, [single(random_scores(dataset))], FEW)


def test_only_videos_that_all_systems_have(dataset, random_scores):
    scores = random_scores(dataset)
    less = {key: scores[key] for key in ("video_2", "video_6")}
    report = build_report(dataset, SPLITS, [single(scores), single(less)], FEW)
    assert [fold.keys for fold in report.folds] == [("video_2",), ("video_6", "video_2")]
    with pytest.raises(UserError, match="the scores have no video in common"):
        build_report(dataset, None, [single(less), single({"video_4": scores["video_4"]})], FEW)


def test_without_annotations_the_headline_is_the_representation_error(dataset, random_scores):
    bare = {
        k: dataclasses.replace(v, user_summary=None, user_scores=None, gtscore=None)
        for k, v in dataset.videos.items()
    }
    report = build_report(
        Dataset("films", "films.h5", bare), None, [single(random_scores(dataset))], FEW
    )
    assert report.headline == "representation_error"
    assert list(report.baselines) == [
        "random",
        "random_per_frame",
        "constant",
        "beginning",
        "middle",
        "ending",
        "uniform",
        "k_medoids",
        "greedy",
        "best_of_random",
    ]
    assert report.systems[0].relative["por_f_max"] is None


def test_without_features_there_are_no_rows_of_features(summe_like, random_scores):
    bare = {k: dataclasses.replace(v, features=None) for k, v in summe_like.videos.items()}
    report = build_report(
        Dataset("SumMe", "s.h5", bare), None, [single(random_scores(summe_like))], FEW
    )
    assert not {"k_medoids", "greedy"} & report.baselines.keys()
    assert report.systems[0].epochs[0].mean["tau_summe_b"] is not None


def test_no_draws_no_random_rows(dataset, random_scores):
    report = build_report(
        dataset, None, [single(random_scores(dataset))], EvaluationSettings(random_draws=0)
    )
    assert not {"random", "random_per_frame", "best_of_random"} & report.baselines.keys()
    assert report.systems[0].against_random == {}


@pytest.mark.parametrize("rule", ["knapsack", "greedy", "top"])
@pytest.mark.parametrize("ratio", [0.1, 0.4])
def test_rule_and_budget_hold_for_systems_and_baselines(dataset, random_scores, rule, ratio):
    scores = random_scores(dataset)
    report = build_report(
        dataset,
        None,
        [single(scores)],
        EvaluationSettings(selection=rule, budget_ratio=ratio, random_draws=3, protocols=("f",)),
    )
    for key, result in report.systems[0].epochs[0].folds[0].items():
        assert (
            result.selected_shots
            == select_shots(scores[key], dataset.videos[key], rule=rule, ratio=ratio).selected_shots
        )
    sizes = [
        video["summary_percent"]
        for name, row in report.baselines.items()
        if name != "human"
        for video in row.videos.values()
    ]
    assert max(sizes) <= 100 * ratio + 1e-9
