import json

import numpy as np
import pytest

from tf_dictsum.baselines.settings import EvaluationSettings
from tf_dictsum.metrics.statistics import paired_test
from tf_dictsum.report.as_json import as_json
from tf_dictsum.report.build import build_report
from tf_dictsum.report.compare import compare_files, pair
from tf_dictsum.report.evaluation_files import evaluated_systems
from tf_dictsum.report.systems import System
from tf_dictsum.util.errors import UserError

FEW = EvaluationSettings(random_draws=2)


def evaluation(dataset, scores, name):
    return as_json(build_report(dataset, None, [System(name, (None,), ((scores,),))], FEW))


@pytest.fixture(scope="module")
def results(dataset, random_scores):
    oracle = {key: video.gtscore for key, video in dataset.videos.items()}
    return evaluation(dataset, oracle, "oracle"), evaluation(
        dataset, random_scores(dataset), "noise"
    )


def never(paths):
    raise AssertionError(paths)


def named(name, result):
    (system,) = evaluated_systems("file.json", {**result, "system": name})
    return system


def test_pairs_are_videos(results):
    found = pair(named("a", results[0]), named("b", results[1]))
    values = [[result["videos"][key]["f_max"] for key in found.videos] for result in results]
    assert found.measures["f_max"] == paired_test(*values)
    assert next(iter(found.measures)) == "f_max"
    assert {
        "kendall_tau",
        "representation_error",
        "dispersion",
        "f_single",
    } <= found.measures.keys()
    assert "selected_shots" not in found.measures  # a list of shots in these files


def test_only_shared_videos(results):
    less = {
        **results[1],
        "videos": {key: results[1]["videos"][key] for key in ("video_4", "video_9")},
    }
    assert pair(named("a", results[0]), named("b", less)).videos == ("video_4", "video_9")
    with pytest.raises(UserError, match="a and b have no video in common"):
        pair(named("a", results[0]), named("b", {**less, "videos": {"video_1": {}}}))


def test_side_by_side(results, tmp_path):
    paths = []
    for result in results:
        paths.append(str(tmp_path / f"{result['system']}.json"))
        (tmp_path / f"{result['system']}.json").write_text(json.dumps(result))
    comparison = compare_files(paths, never)
    text = comparison.to_text()
    row = next(line for line in text.splitlines() if line.startswith("F max"))
    means = [np.mean([video["f_max"] for video in result["videos"].values()]) for result in results]
    assert row.split()[2:5] == [f"{means[0]:.2f}", f"{means[1]:.2f}", f"{means[0] - means[1]:+.2f}"]
    assert "tau: oracle is better than noise on this set" in text
    assert "95 % interval" in text
    written = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert written["pairs"][0]["measures"]["f_max"]["a"] == pytest.approx(means[0])
    assert "## oracle against noise" in comparison.to_markdown()


def test_three_files_against_the_first_and_files_of_one_name(results, tmp_path):
    paths = [str(tmp_path / f"{name}.json") for name in "abc"]
    for path, result in zip(paths, (*results, results[1]), strict=True):
        with open(path, "w") as handle:
            json.dump(result, handle)
    text = compare_files(paths, never).to_text()
    assert text.count("6 videos") == 2
    assert paths[1] in text  # two systems named noise are told apart by their files
    assert paths[2] in text


def test_scores_are_evaluated_first(dataset, random_scores, results, tmp_path, write_scores):
    scores = random_scores(dataset)
    path = write_scores(tmp_path / "noise.json", scores)
    asked = []

    def evaluate(paths):
        asked.extend(paths)
        return build_report(dataset, None, [System("noise", (None,), ((scores,),))], FEW)

    (tmp_path / "oracle.json").write_text(json.dumps(results[0]))
    text = compare_files([str(tmp_path / "oracle.json"), str(path)], evaluate).to_text()
    assert asked == [str(path)]
    assert "noise" in text


def test_what_cannot_be_compared(results, tmp_path):
    first = tmp_path / "a.json"
    first.write_text(json.dumps(results[0]))
    for change, message in (
        (
            {"dataset": "other"},
            r"a\.json and .*b\.json: different datasets \('small' and 'other'\); evaluate both in "
            r"the same way",
        ),
        (
            {"protocol": "greedy over shot means"},
            r"different protocols \('knapsack over.* 0\.15\)' and 'greedy over",
        ),
        (
            {"videos": None},
            r"b\.json: an evaluation without a table of videos\. Write it anew by `json`",
        ),
    ):
        (tmp_path / "b.json").write_text(json.dumps({**results[1], **change}))
        with pytest.raises(UserError, match=message):
            compare_files([str(first), str(tmp_path / "b.json")], never)
    (tmp_path / "b.json").write_text(json.dumps({"protocol": "x"}))
    with pytest.raises(
        UserError, match=r"b\.json: an evaluation without dataset, videos, mean, baselines"
    ):
        compare_files([str(first), str(tmp_path / "b.json")], never)


def test_every_system_of_a_file_is_compared(dataset, results, random_scores, tmp_path):
    oracle = {key: video.gtscore for key, video in dataset.videos.items()}
    other = random_scores(dataset)
    systems = [
        System(name, (None,), ((scores,),))
        for name, scores in (("oracle", oracle), ("mine", other))
    ]
    both, alone = tmp_path / "both.json", tmp_path / "alone.json"
    both.write_text(json.dumps(as_json(build_report(dataset, None, systems, FEW))))
    alone.write_text(json.dumps(results[1]))
    pairs = compare_files([str(alone), str(both)], never).to_dict()["pairs"]
    assert [(p["a"], p["b"]) for p in pairs] == [("noise", "oracle"), ("noise", "mine")]
    assert pairs[0]["measures"]["f_max"]["b"] != pairs[1]["measures"]["f_max"]["b"]
    pairs = compare_files([str(both), str(both)], never).to_dict()["pairs"]
    assert [p["b"] for p in pairs] == [f"{both}: mine", f"{both}: oracle", f"{both}: mine"]
