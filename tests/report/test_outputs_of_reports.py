"""What is printed and written about one report."""

import csv
import dataclasses
import io
import json

import numpy as np
import pytest
from PIL import Image

from tf_dictsum.baselines.settings import EvaluationSettings
from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.evaluation import COUNTS, METRICS
from tf_dictsum.report.as_csv import as_csv
from tf_dictsum.report.as_json import as_json
from tf_dictsum.report.build import build_report
from tf_dictsum.report.markdown import as_markdown
from tf_dictsum.report.picture_files import write_plots
from tf_dictsum.report.systems import System
from tf_dictsum.report.tables import columns, markdown_table
from tf_dictsum.report.text import as_text

SPLITS = [Split((), ("video_2", "video_4")), Split((), ("video_6", "video_2"))]
FEW = EvaluationSettings(random_draws=6, best_of=3)


@pytest.fixture(scope="module")
def report(summe_like, random_scores):
    epochs = [random_scores(summe_like, seed) for seed in range(3)]
    own = {**epochs[0], "video_2": 1.0 - summe_like.videos["video_2"].gtscore}
    systems = [
        System("many", (1, 2, 7), tuple((scores,) for scores in epochs)),
        System("per split", (None,), ((epochs[0], own),)),
    ]
    return build_report(summe_like, SPLITS, systems, FEW)


def test_the_json_contract(report):
    found = json.loads(json.dumps(as_json(report), allow_nan=False))
    assert {"dataset", "protocol", "videos", "mean", "baselines"} <= found.keys()
    assert list(found["videos"]) == ["video_2", "video_4", "video_6"]
    assert {*METRICS} <= found["videos"]["video_2"].keys()
    assert {
        *METRICS,
        *COUNTS,
        "f_single",
        "tau_summe_c",
        "reconstruction_residual",
        "por_f_max",
    } <= found["mean"].keys()
    assert {"random", "constant", "human"} <= found["baselines"].keys()
    assert {"mean", "sd", "draws"} <= found["baselines"]["random"].keys()
    first = found["systems"][0]
    assert (found["mean"], found["videos"]) == (first["mean"], first["videos"])
    assert [epoch["epoch"] for epoch in first["epochs"]] == [1, 2, 7]
    assert first["epochs"][-1]["mean"]["f_max"] == first["mean"]["f_max"]
    assert len(first["best_on_test_peeking"]["epochs"]) == 2
    people = first["videos"]["video_4"]["people"]
    assert np.mean(people["f"]) == pytest.approx(first["videos"]["video_4"]["f_avg"])
    assert np.mean(people["kendall_tau"]) == pytest.approx(
        first["videos"]["video_4"]["kendall_tau"]
    )


def test_json_of_a_video_that_splits_score_differently(report):
    system = as_json(report)["systems"][1]
    by_split = [split["videos"]["video_2"] for split in system["splits"]]
    assert by_split[0]["f_avg"] != by_split[1]["f_avg"]
    assert system["videos"]["video_2"]["f_avg"] == pytest.approx(
        np.mean([video["f_avg"] for video in by_split])
    )
    assert (
        system["videos"]["video_2"]["selected_shots"]
        is system["videos"]["video_2"]["people"]
        is None
    )
    assert system["videos"]["video_4"]["selected_shots"]


def test_csv_has_every_epoch_split_and_video(report):
    rows = list(csv.DictReader(io.StringIO(as_csv(report))))
    many = [row for row in rows if row["name"] == "many"]
    assert [(row["epoch"], row["split"], row["video"]) for row in many][:5] == [
        ("1", "0", "video_2"),
        ("1", "0", "video_4"),
        ("1", "1", "video_6"),
        ("1", "1", "video_2"),
        ("2", "0", "video_2"),
    ]
    assert len(many) == 12
    last = report.systems[0].epochs[-1].folds[1]["video_6"]
    assert float(many[-2]["f_max"]) == last.f_max
    assert float(many[-2]["selected_shots"]) == len(last.selected_shots)
    human = next(row for row in rows if row["name"] == "human")
    assert (human["row"], human["representation_error"]) == ("baseline", "")


def test_text(report):
    text = as_text(report, per_user=True)
    lines = text.splitlines()
    for start in (
        "many, last epoch (7)",
        "many, best of 3 on test (PEEKING)",
        "per split ",
        "random (6 draws)",
        "random per frame (6 draws)",
        "constant",
        "uniform key frames",
        "k-medoids",
        "greedy shots",
        "human (leave one out)",
        "oracle (gtscore)",
        "random, best of 3 on test (PEEKING)",
    ):
        assert any(line.startswith(start) for line in lines), start
    for text_ in (
        "F single",
        "PoR max",
        "tau B",
        "rho C",
        "repr. error",
        "/greedy",
        "residual",
        "dispersion",
        "% of video",
        "±",
    ):
        assert text_ in text
    assert "Headline figure for small: F max." in text
    assert "many is not distinguishable from random on this set" in text or "too few" in text
    user = next(line for line in lines if line.startswith("video_4 (split 0)"))
    f = as_json(report)["systems"][0]["videos"]["video_4"]["people"]["f"]
    assert user.split()[3:] == [f"{value:.1f}" for value in f]
    assert "F of every user" not in as_text(report)
    row = next(line for line in lines if line.startswith("many, last epoch (7)"))
    assert f"{report.systems[0].epochs[-1].mean['f_max']:.2f}" in row


def test_tables_line_up():
    assert columns(["", "F"], [["a", "1.00"], ["long", "-"]]) == [
        "         F",
        "a     1.00",
        "long     -",
    ]
    assert markdown_table(["", "F"], [["a", "1.00"]]).splitlines()[1:] == [
        "| --- | ---: |",
        "| a   | 1.00 |",
    ]


def test_markdown_explains_what_it_shows(report):
    page = as_markdown(report)
    for text in (
        "## Agreement with people",
        "## many: every video",
        "## many: F of every user",
        "## per split: Kendall tau with every annotator",
        "LEAKS",
        "Performance over Random",
        "**k medoids**",
        "what peeking at n epochs gives noise",
        "sign-flip permutation test",
    ):
        assert text in page, text
    table = [line for line in page.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in table)


def test_markdown_says_only_what_is_there(dataset, random_scores):
    bare = {
        k: dataclasses.replace(v, user_summary=None, user_scores=None, gtscore=None)
        for k, v in dataset.videos.items()
    }
    system = System("mine", (None,), ((random_scores(dataset),),))
    page = as_markdown(build_report(Dataset("films", "films.h5", bare), None, [system], FEW))
    assert "nearest selected one" in page
    for text in (
        "LEAKS",
        "Performance over Random",
        "F against every user",
        "| split",
        "best user",
        "tau-b",
    ):
        assert text not in page


def test_neither_annotations_nor_features(dataset, random_scores):
    bare = {
        k: type(v)(k, None, v.picks, v.n_frames, v.change_points) for k, v in dataset.videos.items()
    }
    system = System("mine", (None,), ((random_scores(dataset),),))
    text = as_text(build_report(Dataset("own", "own.h5", bare), None, [system], FEW))
    assert (
        "The dataset has neither annotations nor features: there is nothing to measure but the "
        "size of the summaries." in text
    )
    assert "Headline" not in text
    assert "% of video" in text


def test_standins_and_the_demo_set_are_named(dataset):
    for changed, text in (
        ({"attributes": {"features_are_standin": True}}, "STAND-INS"),
        ({"source": "demo"}, "GENERATED"),
    ):
        report = build_report(dataclasses.replace(dataset, **changed), None, [], FEW)
        assert text in as_text(report)
        assert text in as_markdown(report)
        assert text in as_json(report)["note"]


def test_pictures(report, dataset, random_scores, tmp_path):
    names = [path.name for path in write_plots(report, tmp_path / "a")]
    assert names == ["epochs.png", "annotators.png", "curves-01.png"]
    for name in names:
        with Image.open(tmp_path / "a" / name) as image:
            assert min(image.size) > 300
            pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
            assert len(np.unique(pixels, axis=0)) > 20
    bare = {
        k: dataclasses.replace(v, user_summary=None, user_scores=None, gtscore=None)
        for k, v in dataset.videos.items()
    }
    system = System("mine", (None,), ((random_scores(dataset),),))
    films = build_report(Dataset("films", "films.h5", bare), None, [system], FEW)
    assert [path.name for path in write_plots(films, tmp_path / "b")] == ["curves-01.png"]
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == ["curves-01.png"]


def test_pictures_show_the_numbers(report):
    from tf_dictsum.report.annotators_plot import annotators_figure
    from tf_dictsum.report.epochs_plot import epochs_figure

    axes = epochs_figure(report).axes[0]
    line = next(line for line in axes.lines if line.get_label() == "many")
    assert line.get_xdata().tolist() == [1, 2, 7]
    assert line.get_ydata().tolist() == [epoch.mean["f_max"] for epoch in report.systems[0].epochs]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [
        "many",
        "random scores, mean ± 1.96 sd",
        "constant score",
        "human, leave one out",
        "random, best of 3",
    ]
    dots = annotators_figure(report).axes[0].collections[0].get_offsets()
    assert len(dots) == sum(
        len(report.dataset.videos[key].user_summary) for fold in report.folds for key in fold.keys
    )
