"""The tables of a run, against numbers worked out by hand."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest

from tf_dictsum.baselines.rows import Baselines, baselines_of
from tf_dictsum.baselines.table import Baseline
from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.splits import make_folds
from tf_dictsum.data.video import Dataset
from tf_dictsum.methods.logs import Criterion
from tf_dictsum.metrics.statistics import bootstrap_interval
from tf_dictsum.report.run_results import NO_CRITERION, run_report
from tf_dictsum.training.histories import system_of

DEMO = demo_dataset()
CRITERION = Criterion.lowest("selector_total")
SPLITS = dict(enumerate(make_folds(list(DEMO.videos), 2, 0)))
FIRST = {0: SPLITS[0]}
NONE = Baselines()
BASELINES = Baselines(
    {
        "random": Baseline({"f_max": 30.0, "representation_error": 9.0}, {"f_max": 2.0}, 20),
        "constant": Baseline({"f_max": 31.0}),
        "best_of_random": Baseline({"f_max": 44.0}, {"f_max": 1.0}, 20),
    },
    {"f_max": {0: np.linspace(28.0, 32.0, 41)}},
)


def video(
    f: float | None, error: float | None = 5.0, **more: float | None
) -> dict[str, float | None]:
    return {
        "f_max": f,
        "representation_error": error,
        "selected_steps": 10.0,
        "selected_shots": 4.0,
        **more,
    }


def record(epoch: int, loss: float | None, *videos: dict[str, float | None]) -> dict[str, Any]:
    losses = {} if loss is None else {"selector_total": loss}
    return {
        "epoch": epoch,
        "seconds": 1.0,
        "losses": losses,
        "videos": {f"video_{i}": v for i, v in enumerate(videos)},
        "mean": {},
    }


HISTORY = [
    record(0, None, video(90.0, 1.0), video(90.0, 1.0)),
    record(1, 3.0, video(40.0, 8.0), video(50.0, 8.0)),
    record(2, 1.0, video(20.0, 4.0, selected_steps=12.0), video(30.0, 6.0)),
    record(3, 2.0, video(30.0, 7.0), video(30.0, 7.0)),
]


def rows_of_page(part: str) -> dict[str, list[str]]:
    return {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]]
        for line in part.splitlines()
        if line.startswith("|")
    }


def report_of(histories, dataset, splits, baselines, name="this method", others=None):
    rivals = [system_of(other, records, CRITERION) for other, records in (others or {}).items()]
    return run_report(system_of(name, histories, CRITERION), dataset, splits, baselines, rivals)


def results(*arguments):
    return report_of(*arguments).to_dict()


def test_three_readings_of_one_run():
    (run,) = results({(0, 7): HISTORY}, DEMO, FIRST, NONE)["runs"]
    assert (run["split"], run["seed"]) == (0, 7)
    assert (run["last"]["epoch"], run["last"]["f_max"]) == (3, 30.0)
    assert (run["selected"]["epoch"], run["selected"]["f_max"]) == (2, 25.0)
    # Epoch 0 is never the best: nothing was trained then.
    assert (run["best"]["f_max"]["epoch"], run["best"]["f_max"]["value"]) == (1, 45.0)
    best = run["best"]["representation_error"]
    assert (best["epoch"], best["value"], best["selected_steps"]) == (2, 5.0, 11.0)
    assert run["untrained"]["f_max"] == 90.0


def test_mean_sd_and_interval_over_seeds_and_splits():
    values = [10.0, 20.0, 60.0, 30.0, 30.0]
    histories = {(0, seed): [record(1, 1.0, video(v))] for seed, v in enumerate(values)}
    found = results(histories, DEMO, SPLITS, NONE)["summary"]["f_max"]["last"]
    assert (found["mean"], found["runs"]) == (30.0, 5)
    assert found["sd"] == pytest.approx(np.std(values, ddof=1))
    interval = bootstrap_interval(values)
    assert (found["low"], found["high"]) == (interval.low, interval.high)
    assert 10 < found["low"] < 30 < found["high"] < 60
    # With a second split the runs make a table, whose rows are resampled; a seed that lacks a split
    # is left out.
    more = histories | {(1, seed): [record(1, 1.0, video(v + 40))] for seed, v in enumerate(values)}
    table = np.array([values, np.add(values, 40)]).T
    wanted = bootstrap_interval(table)
    for extra in ({}, {(0, 9): [record(1, 1.0, video(50.0))]}):
        found_more = results(more | extra, DEMO, SPLITS, NONE)["summary"]["f_max"]["last"]
        assert (found_more["low"], found_more["high"]) == (wanted.low, wanted.high)
        assert (found_more["mean"], found_more["runs"]) == (50.0, 10)
    assert found == results(histories, DEMO, SPLITS, NONE)["summary"]["f_max"]["last"]


def test_few_runs_have_no_interval():
    histories = {(0, seed): [record(1, 1.0, video(10.0 * seed))] for seed in range(4)}
    found = results(histories, DEMO, SPLITS, NONE)["summary"]["f_max"]["last"]
    assert found["sd"] is not None
    assert found["low"] is found["high"] is None


def test_videos_of_a_split_first():
    histories = {
        (0, 0): [record(1, 1.0, video(10.0))],
        (1, 0): [record(1, 1.0, video(20.0), video(30.0), video(40.0))],
    }
    assert results(histories, DEMO, SPLITS, NONE)["summary"]["f_max"]["last"]["mean"] == 20.0


def test_page_says_what_it_must():
    others = {"sum_gan_aae": {(0, 0): HISTORY}}
    report = report_of(
        {(0, 0): HISTORY, (0, 1): HISTORY[:2]}, DEMO, FIRST, BASELINES, "dictsum", others
    )
    found, page = report.to_dict(), report.to_markdown()
    assert "# dictsum on demo" in page
    assert "best epoch ON THE TEST SET (peeking)" in page
    assert "lowest mean `selector_total` loss" in page
    assert "GENERATED" in page
    assert "STAND-INS" not in page
    tables = [rows_of_page(part) for part in page.split("\n## ")]
    rows = next(table for table in tables if "split 0 seed 0" in table)
    assert rows["split 0 seed 0"] == ["30.0 (3)", "25.0 (2)", "45.0 (1)"]
    assert rows["**mean**"] == ["**37.5**", "**35.0**", "**45.0**"]
    assert page.index("| random (20 draws)") < page.index("| constant")
    assert "30.0 ± 2.0" in page
    assert "human" not in page
    assert tables[-1]["selected without labels"][1:] == ["10.5", "4.0"]
    assert rows["random, best of as many (20 draws)"] == ["–", "–", "44.0 ± 1.0"]
    # 45 and 30 against 41 draws from 28 to 32: 22 of all 903 pairs reach that mean (45 with 30 or
    # more, as there are 22).
    assert (
        "- F, best user (%), last epoch: dictsum is better than random on this set (difference "
        "+7.5, p = 0.024; too few" in page
    )
    assert "last epoch: dictsum and sum_gan_aae: too few runs to tell (difference +7.5" in page
    assert {(c["against"], c["metric"], c["column"]) for c in found["comparisons"]} == {
        ("random", "f_max", "last"),
        ("random", "f_max", "selected"),
        *(
            ("sum_gan_aae", m, c)
            for m in ("f_max", "representation_error")
            for c in ("last", "selected")
        ),
    }


def test_standins_are_named():
    page = report_of(
        {(0, 0): HISTORY},
        dataclasses.replace(DEMO, source="x.h5", attributes={"features_are_standin": True}),
        SPLITS,
        NONE,
    ).to_markdown()
    assert "STAND-INS: numbers on them say nothing about any method" in page
    assert "GENERATED" not in page


def test_without_annotations_only_the_representation_error():
    videos = {
        k: dataclasses.replace(v, user_summary=None, user_scores=None, gtscore=None)
        for k, v in DEMO.videos.items()
    }
    bare = Dataset("films", "films.h5", videos)
    rows = baselines_of(bare, SPLITS, draws=5)
    assert list(rows.rows) == [
        "random",
        "random_per_frame",
        "constant",
        "beginning",
        "middle",
        "ending",
        "uniform",
        "k_medoids",
        "greedy",
    ]
    assert list(rows.random) == ["representation_error"]
    found = report_of({(0, 0): [record(1, 1.0, video(None, 6.0))]}, bare, SPLITS, rows)
    assert found.headline == found.to_dict()["headline"] == "representation_error"
    page = found.to_markdown()
    assert "no F-score" in page
    assert "best user" not in page
    assert "## Representation error" in page
    assert "6.00" in page


def test_tvsum_headline_is_the_mean_over_users():
    history = [record(1, 1.0, {"f_max": 60.0, "f_avg": 50.0})]
    found = report_of(
        {(0, 0): history}, dataclasses.replace(DEMO, name="TVSum", source="tvsum.h5"), SPLITS, NONE
    )
    assert found.headline == found.to_dict()["headline"] == "f_avg"
    assert "## F, mean over users (%)" in found.to_markdown()


def test_json_without_nan():
    nan = float("nan")
    histories = {
        (0, 0): [record(0, None), record(1, nan, video(nan, None)), record(2, 2.0, video(1.0, nan))]
    }
    found = results(
        histories, DEMO, SPLITS, Baselines({"random": Baseline({"f_max": nan}, {"f_max": nan}, 2)})
    )
    json.dumps(found, allow_nan=False)
    assert found["runs"][0]["selected"]["epoch"] == 2
    assert found["baselines"]["random"]["mean"]["f_max"] is None


def test_demo_rows_and_videos_without_shots():
    rows = baselines_of(DEMO, SPLITS, epochs=4, draws=3)
    assert list(rows.rows) == [
        "random",
        "random_per_frame",
        "constant",
        "beginning",
        "middle",
        "ending",
        "uniform",
        "k_medoids",
        "greedy",
        "human",
        "oracle",
        "best_of_random",
    ]
    assert rows.rows["random"].draws == 4  # the best of four needs four
    shotless = Dataset(
        "x", "x.h5", {k: dataclasses.replace(v, change_points=None) for k, v in DEMO.videos.items()}
    )
    assert baselines_of(shotless, SPLITS) == NONE
    found = report_of({(0, 0): [record(0, None), record(1, 1.0)]}, shotless, SPLITS, NONE)
    assert "no summaries to measure" in found.to_markdown()


def test_nothing_to_show():
    with pytest.raises(ValueError, match="at least one record"):
        results({}, DEMO, SPLITS, NONE)
    with pytest.raises(ValueError, match="at least one record"):
        results({(0, 0): []}, DEMO, SPLITS, NONE)


def test_a_method_without_a_criterion_says_so_and_a_supervised_one_is_marked():
    system = system_of("vasnet", {(0, 0): HISTORY}, criterion=None, supervised=True)
    report = run_report(system, DEMO, FIRST, BASELINES)
    found, page = report.to_dict(), report.to_markdown()
    assert found["supervised"] is True
    assert found["criterion"] == NO_CRITERION
    assert found["runs"][0]["selected"] == found["runs"][0]["last"]
    assert page.startswith("# vasnet (supervised) on demo, 1 split(s), 1 seed(s)")
    assert "last epoch: this method has no label-free criterion" in page
    assert "selected without labels |" not in page
    assert "supervised: it was trained on annotations" in page
    assert "supervised" not in report_of({(0, 0): HISTORY}, DEMO, FIRST, NONE).to_markdown()


def test_no_baseline_is_missing_on_the_page():
    rows = baselines_of(DEMO, FIRST, epochs=2, draws=4)
    page = report_of({(0, 0): HISTORY}, DEMO, FIRST, rows).to_markdown()
    for title in ("random per frame (4 draws)", "middle", "greedy shots", "oracle (gtscore)"):
        assert f"\n| {title}" in page


def test_in_a_notebook():
    report = report_of({(0, 0): HISTORY}, DEMO, FIRST, BASELINES, "dict<sum>")
    html, page = report._repr_html_(), report.to_markdown()
    assert "<h2>dict&lt;sum&gt; on demo, 1 split(s), 1 seed(s)</h2>" in html
    assert "<th><strong>mean</strong></th><td><strong>30.0</strong></td>" in html
    assert html.count("<table>") == page.count("\n| ---") == 3
    assert "**" not in html
