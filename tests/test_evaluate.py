"""The command as a user meets it."""

import dataclasses
import importlib
import json
import pathlib
import subprocess
import sys

import h5py
import numpy as np
import pytest

import tf_dictsum
from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.hdf5 import save_dataset
from tf_dictsum.data.video import Dataset
from tf_dictsum.metrics.evaluation import COUNTS, METRICS
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.flags import with_dashes

evaluate = importlib.import_module("tf_dictsum.evaluate")  # tf_dictsum.evaluate is the function


def command(*flags):
    root = pathlib.Path(next(iter(tf_dictsum.__path__))).parent
    return subprocess.run(
        [sys.executable, "-m", "tf_dictsum.evaluate", *map(str, flags)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def dataset():
    whole = demo_dataset()
    return Dataset("demo", "demo", dict(list(whole.videos.items())[:3]), whole.attributes)


@pytest.fixture
def call(monkeypatch, capsys):
    """Runs the command in this process; returns what it prints."""

    def run(*arguments, **flags):
        monkeypatch.setattr(evaluate.cli, "from_flags", lambda options: options(**flags))
        try:
            evaluate.main(["evaluate", *map(str, arguments)])
        except UserError as error:
            names = {field.name for field in dataclasses.fields(evaluate.Options)}
            raise UserError(with_dashes(str(error), names)) from None
        return capsys.readouterr().out

    return run


def random_scores(dataset):
    return {
        key: np.random.default_rng(1).random(video.n_steps).tolist()
        for key, video in dataset.videos.items()
    }


def write(path, value):
    path.write_text(json.dumps(value))
    return path


def test_the_command(tmp_path, dataset):
    save_dataset(
        Dataset("demo", "demo", dataset.videos, {"features_are_standin": True}),
        tmp_path / "data.h5",
    )
    scores = write(tmp_path / "mine.json", random_scores(dataset))
    splits = write(
        tmp_path / "splits.json", [{"train_keys": ["video_3"], "test_keys": ["video_1", "video_2"]}]
    )
    files = {name: tmp_path / f"out.{name}" for name in ("json", "markdown", "csv")}
    outputs = [f"--{name}={path}" for name, path in files.items()]
    found = command(
        f"--dataset={tmp_path / 'data.h5'}",
        f"--scores={scores}",
        f"--splits={splits}",
        *outputs,
        f"--plots={tmp_path / 'png'}",
        "--random_draws=2",
    )
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
    for text in (
        "mine.json",
        "random (2 draws)",
        "constant",
        "human",
        "F max",
        "F avg",
        "tau",
        "rho",
        "repr. error",
        "STAND-INS",
    ):
        assert text in found.stdout
    result = json.loads(files["json"].read_text())
    assert list(result)[:4] == ["dataset", "protocol", "note", "headline"]
    assert list(result["videos"]) == ["video_1", "video_2"]
    assert set(METRICS) <= result["videos"]["video_1"].keys()
    assert {*METRICS, *COUNTS} <= set(result["mean"])
    assert {"random", "constant", "human"} <= set(result["baselines"])
    assert result["mean"]["f_max"] == pytest.approx(
        np.mean([v["f_max"] for v in result["videos"].values()])
    )
    assert "the splits (1; 2 videos)" in result["protocol"]
    assert files["markdown"].read_text().startswith("# Evaluation on demo\n")
    assert files["csv"].read_text().startswith("row,name,epoch,split,video,f_max")
    assert sorted(path.name for path in (tmp_path / "png").iterdir()) == [
        "annotators.png",
        "curves-01.png",
    ]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_compare_takes_files_as_arguments(tmp_path, dataset):
    data = tmp_path / "data.h5"
    save_dataset(dataset, data)
    scores = write(tmp_path / "mine.json", random_scores(dataset))
    other = write(tmp_path / "other.json", {k: v[::-1] for k, v in random_scores(dataset).items()})
    first = command(
        f"--dataset={data}",
        f"--scores={scores}",
        "--random_draws=2",
        f"--json={tmp_path / 'a.json'}",
    )
    assert first.returncode == 0, first.stderr
    found = command(
        f"--dataset={data}", "--random_draws=2", "--compare", tmp_path / "a.json", other
    )
    assert found.returncode == 0, found.stderr
    assert "too few runs to tell" in found.stdout  # three videos
    assert "paired by video" in found.stdout


def test_a_mistake_is_one_line_and_status_2(tmp_path):
    found = command(
        "--dataset=demo", f"--scores={tmp_path / 'none.json'}", f"--json={tmp_path / 'out.json'}"
    )
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.splitlines() == [
        f"error: {tmp_path / 'none.json'}: no such file or directory."
    ]
    assert not (tmp_path / "out.json").exists()
    assert "--dataset is missing" in command().stderr


@pytest.mark.parametrize(
    ("arguments", "flags", "message"),
    [
        (
            (),
            {"scores": ("a.json",)},
            r"--dataset is missing; name a file, as in --dataset=tvsum.h5",
        ),
        (
            ("b.json",),
            {"dataset": "demo"},
            r"unexpected argument 'b.json'; .*--scores=a.json,b.json",
        ),
        (
            (),
            {"dataset": "demo", "protocols": ("f", "tau")},
            r"--protocols: there is no tau; choose from f, single, rank, summe_b",
        ),
        ((), {"dataset": "demo", "budget_ratio": 0.0}, r"--budget_ratio=0.0: the summary's part"),
        (
            (),
            {"dataset": "demo", "best_of": 200},
            r"--best_of=200 needs as many draws; give --random_draws=200 or more",
        ),
        (
            (),
            {"dataset": "demo", "splits": "x", "folds": 2},
            r"--splits and --folds exclude each other",
        ),
        ((), {"dataset": "demo", "folds": 99}, r"--folds=99, but the dataset has"),
        ((), {"compare": "a.json"}, r"--compare=a.json: one file only"),
        (
            ("b.json",),
            {"compare": "a.json", "scores": ("c.json",)},
            r"--compare and --scores exclude each other",
        ),
        (
            ("b.json",),
            {"compare": "a.json", "csv": "c.csv"},
            r"--compare writes --json and --markdown only; drop --csv and --plots",
        ),
    ],
)
def test_bad_flags(call, arguments, flags, message):
    with pytest.raises(UserError, match=message):
        call(*arguments, **flags)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "user_summary",
            np.zeros((3, 7)),
            r"data.h5:video_2/user_summary: shape \(3, 7\), expected \[users, \d+\] since "
            r"n_frames is",
        ),
        ("user_scores", np.ones((3, 7)), r"data.h5:video_2/user_scores: shape \(3, 7\)"),
        (
            "change_points",
            np.zeros((0, 2), int),
            r"data.h5:video_2/change_points: .*holds no shots",
        ),
    ],
)
def test_bad_datasets(tmp_path, dataset, call, name, value, message):
    save_dataset(dataset, tmp_path / "data.h5")
    with h5py.File(tmp_path / "data.h5", "a") as file:
        del file["video_2"][name]
        file["video_2"][name] = value
    with pytest.raises(UserError, match=message):
        call(dataset=str(tmp_path / "data.h5"))


def test_comparing_scores_needs_their_dataset(tmp_path, dataset, call):
    path = write(tmp_path / "mine.json", random_scores(dataset))
    with pytest.raises(
        UserError,
        match=r"mine\.json: not written by --json\. If it holds scores, name the --dataset",
    ):
        call(path, compare=str(path))


def test_baselines_alone(call, tmp_path, caplog):
    out = call(dataset="demo", random_draws=2, folds=3, plots=str(tmp_path / "png"))
    assert "nothing to draw without --scores" in caplog.text
    assert "mean over the test videos of each split, then over the splits (3; 12 videos)" in out
    assert "random (2 draws)" in out
    assert "Against random" not in out


def test_systems_of_one_name_are_numbered(tmp_path, dataset, call):
    save_dataset(dataset, tmp_path / "data.h5")
    paths = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        paths.append(str(write(tmp_path / folder / "mine.json", random_scores(dataset))))
    out = call(dataset=str(tmp_path / "data.h5"), scores=tuple(paths), random_draws=2)
    assert "mine.json (1)" in out
    assert "mine.json (2)" in out


def test_only_the_protocols_asked_for(tmp_path, dataset, call):
    save_dataset(dataset, tmp_path / "data.h5")
    out = call(dataset=str(tmp_path / "data.h5"), random_draws=2, protocols=("rank",))
    assert "tau" in out
    assert "PoR" not in out
    assert "repr. error" not in out


def test_a_run_directory_brings_its_splits(tmp_path, dataset, call):
    save_dataset(dataset, tmp_path / "data.h5")
    keys = list(dataset.videos)
    for number, key in enumerate(keys[:2]):
        folder = tmp_path / "run" / f"split{number}-seed0"
        (folder / "scores").mkdir(parents=True)
        write(folder / "split.json", {"train_keys": [], "test_keys": [key]})
        for epoch in (0, 1):
            write(folder / "scores" / f"epoch-{epoch:03d}.json", {key: random_scores(dataset)[key]})
    out = call(dataset=str(tmp_path / "data.h5"), scores=(str(tmp_path / "run"),), random_draws=2)
    assert "over the splits (2; 2 videos)" in out
    assert "run seed 0, last epoch (1)" in out
    other = tmp_path / "other" / "split0-seed0"
    other.mkdir(parents=True)
    write(other / "split.json", {"train_keys": [], "test_keys": keys})
    write(other / "epoch-001.json", random_scores(dataset))
    with pytest.raises(UserError, match="the run directories were made with different splits"):
        call(
            dataset=str(tmp_path / "data.h5"),
            scores=(str(tmp_path / "run"), str(tmp_path / "other")),
        )


def test_users_of_another_length_in_memory(dataset):
    from tf_dictsum.metrics.evaluation import evaluate_video

    video = dataset.videos["video_2"]
    short = dataclasses.replace(video, user_summary=video.user_summary[:, :-1])
    with pytest.raises(
        UserError,
        match=r"video_2: the summary has (\d+) frames but user_summary has \d+; both must cover "
        r"the whole video",
    ):
        evaluate_video(np.ones(video.n_steps), short)
