import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import tf_dictsum
from tf_dictsum import evaluate
from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.hdf5 import save_dataset
from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.errors import UserError
from tf_dictsum.metrics.evaluation import COUNTS, METRICS


def command(*flags):
    root = pathlib.Path(next(iter(tf_dictsum.__path__))).parent
    return subprocess.run(
        [sys.executable, "-m", "tf_dictsum.evaluate", *map(str, flags)], cwd=root, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def dataset():
    whole = demo_dataset()
    return Dataset("demo", "demo", dict(list(whole.videos.items())[:3]), whole.attributes)


def random_scores(dataset):
    return {key: np.random.default_rng(1).random(video.n_steps).tolist() for key, video in dataset.videos.items()}


def write(path, value):
    path.write_text(json.dumps(value))
    return path


def test_the_command(tmp_path, dataset):
    save_dataset(Dataset("demo", "demo", dataset.videos, {"features_are_standin": True}), tmp_path / "data.h5")
    scores = write(tmp_path / "mine.json", random_scores(dataset))
    splits = write(tmp_path / "splits.json", [{"train_keys": ["video_3"], "test_keys": ["video_1", "video_2"]}])
    out = tmp_path / "out.json"
    found = command(f"--dataset={tmp_path / 'data.h5'}", f"--scores={scores}", f"--splits={splits}", f"--json={out}", "--random_draws=2")
    assert found.returncode == 0, found.stderr
    assert found.stderr == ""
    for text in ("mine.json", "random (2 draws)", "constant", "human", "F max", "F avg", "tau", "rho", "repr. error", "stand-ins"):
        assert text in found.stdout
    result = json.loads(out.read_text())
    assert list(result) == ["dataset", "protocol", "note", "headline", "videos", "mean", "baselines"]
    assert list(result["videos"]) == ["video_1", "video_2"]
    assert set(METRICS) <= result["videos"]["video_1"].keys()
    assert set(result["mean"]) == {*METRICS, *COUNTS}
    assert set(result["baselines"]) == {"random", "constant", "human"}
    assert result["mean"]["f_max"] == pytest.approx(np.mean([v["f_max"] for v in result["videos"].values()]))
    assert "the splits (1; 2 videos)" in result["protocol"]


def test_a_mistake_is_one_line_and_status_2(tmp_path):
    found = command("--dataset=demo", f"--scores={tmp_path / 'none.json'}")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.splitlines() == [f"error: {tmp_path / 'none.json'}: no such file."]
    assert "--dataset is missing" in command().stderr


def change(key, value):
    return lambda scores: {**scores, key: value(scores.get(key))}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (change("video_2", lambda v: v[:-1]), r"bad.json: video_2: 59 scores, but the dataset has 60 sampled frames"),
        (change("video_2", lambda v: [*v[:5], float("nan"), *v[6:]]), r"bad.json: video_2: entry 5 is nan; all scores must be finite"),
        (change("video_2", lambda v: [*v[:5], float("inf"), *v[6:]]), r"bad.json: video_2: entry 5 is inf"),
        (change("video_2", lambda v: [10**400, *v[1:]]), r"bad.json: video_2: entry 0 is 1000.*; all scores must be finite"),
        (change("video_2", lambda v: "high"), r"bad.json: video_2: a JSON str, not a list of 60 numbers"),
        (change("video_2", lambda v: [v]), r"bad.json: video_2: entry 0 is \[.*not a number"),
        (change("video_2", lambda v: [True, *v[1:]]), r"bad.json: video_2: entry 0 is True, not a number"),
        (change("video_2", lambda v: [None, *v[1:]]), r"bad.json: video_2: entry 0 is None, not a number"),
        (change("video_99", lambda v: [0.5]), r"bad.json: videos that demo does not have: video_99\. .*--allow_missing"),
        (lambda s: {"video_2": s["video_2"]}, r"bad.json: no scores for videos to evaluate: video_1, video_3\. .*--allow_missing"),
        (lambda s: list(s.values()), r"bad.json: a JSON list, not an object"),
    ],
)
def test_bad_scores(tmp_path, dataset, spoil, message):
    path = write(tmp_path / "bad.json", spoil(random_scores(dataset)))
    with pytest.raises(UserError, match=message):
        evaluate.read_scores(path, dataset, set(dataset.videos))


def test_allow_missing_keeps_what_both_have(tmp_path, dataset, caplog):
    scores = {"video_2": random_scores(dataset)["video_2"], "video_99": [0.5]}
    path = write(tmp_path / "scores.json", scores)
    found = evaluate.read_scores(path, dataset, set(dataset.videos), allow_missing=True)
    assert list(found) == ["video_2"]
    np.testing.assert_array_equal(found["video_2"], scores["video_2"])
    assert "video_99" in caplog.text
    assert "video_1, video_3" in caplog.text
    path = write(tmp_path / "scores.json", {"video_99": [0.5]})
    with pytest.raises(UserError, match=r"no scores for any video to evaluate; expected keys such as video_1"):
        evaluate.read_scores(path, dataset, set(dataset.videos), allow_missing=True)


def test_values_outside_zero_to_one_are_said_once(tmp_path, dataset, caplog):
    scores = {key: [2.0 * s for s in row] for key, row in random_scores(dataset).items()}
    found = evaluate.read_scores(write(tmp_path / "scores.json", scores), dataset, set(dataset.videos))
    assert max(found["video_1"]) > 1
    assert caplog.text.count("outside [0, 1]") == 1


def test_a_table_without_annotations_or_features_shows_dashes(tmp_path, dataset, monkeypatch, capsys):
    bare = {k: Video(k, None, v.picks, v.n_frames, v.change_points) for k, v in dataset.videos.items()}
    path = write(tmp_path / "scores.json", random_scores(dataset))
    monkeypatch.setattr(evaluate, "load_dataset", lambda source, need_features: Dataset("own", source, bare))
    monkeypatch.setattr(
        evaluate.cli, "from_flags", lambda options: options(dataset="x.h5", scores=str(path), json=str(tmp_path / "o.json"))
    )
    evaluate.main(["evaluate"])
    out = capsys.readouterr().out
    assert "repr. error" not in out
    assert "human" not in out
    row = next(line for line in out.splitlines() if line.startswith("scores.json"))
    assert row.split()[1:] == ["-"] * 6
    assert json.loads((tmp_path / "o.json").read_text())["mean"].items() >= dict.fromkeys(METRICS).items()
