"""`evaluate` as a notebook calls it."""

import json

import numpy as np
import pytest
from dataset_means import dataset_means

from tf_dictsum.baselines.settings import EvaluationSettings
from tf_dictsum.data.splits import Split
from tf_dictsum.report.evaluation import evaluate
from tf_dictsum.util.errors import UserError

SPLITS = [Split((), ("video_2", "video_4")), Split((), ("video_6", "video_2"))]
FEW = EvaluationSettings(random_draws=3)


def test_means_over_videos_and_over_splits(dataset, random_scores):
    scores = random_scores(dataset)
    for splits in (None, SPLITS):
        mean = evaluate(dataset, scores, splits=splits, settings=FEW).systems[0].epochs[0].mean
        expected = dataset_means(scores, dataset, splits)
        assert {name: mean[name] for name in expected} == pytest.approx(expected)


def test_forms_of_a_report(dataset, random_scores):
    report = evaluate(dataset, {"a<b>": random_scores(dataset)}, settings=FEW)
    found = report.to_dict()
    json.dumps(found, allow_nan=False)
    assert found["system"] == "a<b>"
    assert report.to_markdown().startswith("# Evaluation on small")
    assert str(report) == report.to_text()
    assert report.to_csv().startswith("row,name,epoch")
    html = report._repr_html_()
    assert "<th>a&lt;b&gt;</th>" in html
    assert f"<td>{report.baselines['middle'].mean['kendall_tau']:.3f}</td>" in html
    assert html.count("<table>") == html.count("</table>") == 4
    assert "small: knapsack over shot means" in html


def test_several_systems_lists_and_no_system(dataset, random_scores):
    first, second = random_scores(dataset), random_scores(dataset, seed=2)
    both = evaluate(dataset, {"one": first, "two": second}, settings=FEW)
    assert [system.name for system in both.systems] == ["one", "two"]
    lists = {key: values.tolist() for key, values in first.items()}
    alone = evaluate(dataset, lists, settings=FEW)
    assert alone.systems[0].epochs[0].mean == both.systems[0].epochs[0].mean
    rows = evaluate(dataset, settings=FEW)
    assert rows.systems == ()
    assert rows.baselines["human"].mean == both.baselines["human"].mean


def test_shared_videos_only_when_asked(dataset, random_scores):
    scores = random_scores(dataset)
    less = {key: scores[key] for key in ("video_2", "video_6")}
    with pytest.raises(UserError, match=r"no scores for videos to evaluate: video_4, .*allow_miss"):
        evaluate(dataset, less, settings=FEW)
    assert evaluate(dataset, less, settings=FEW, allow_missing=True).videos == (
        "video_2",
        "video_6",
    )
    report = evaluate(dataset, less, splits=[Split((), ("video_2",))], settings=FEW)
    assert report.videos == ("video_2",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"video_99": np.ones(3)}, r"scores: videos that small\.h5 does not have: video_99"),
        ({"video_2": np.ones(3)}, r"scores: video_2: scores of shape \(3,\), but the dataset has"),
        ({"video_2": None}, r"scores: video_2: entry 1 is nan; all scores must be finite"),
        ({"video_2": {"video_2": [1.0]}}, r"video_2 maps videos to scores and video_4 does not"),
    ],
)
def test_bad_scores(dataset, random_scores, change, message):
    scores = random_scores(dataset)
    wrong = {**scores, **change}
    if change.get("video_2", 0) is None:
        wrong["video_2"] = scores["video_2"].copy()
        wrong["video_2"][1] = np.nan
    with pytest.raises(UserError, match=message):
        evaluate(dataset, wrong, settings=FEW)


def test_splits_of_another_dataset(dataset):
    with pytest.raises(UserError, match=r"small\.h5: no video named video_77; it has video_2, "):
        evaluate(dataset, splits=[Split((), ("video_77",))], settings=FEW)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"protocols": ("tau",)}, "`protocols`: there is no tau; choose from f, single, rank"),
        ({"selection": "best"}, "selection=best: no such rule; choose from knapsack, greedy, top"),
        ({"budget_ratio": 1.5}, r"budget_ratio=1\.5: the summary's part .* must lie in \(0, 1\]"),
        ({"seed": -1}, "seed=-1: must be 0 or more"),
        ({"best_of": 200}, "best_of=200 needs as many draws; give random_draws=200 or more"),
    ],
)
def test_bad_settings(values, message):
    with pytest.raises(UserError, match=message):
        EvaluationSettings(**values)
