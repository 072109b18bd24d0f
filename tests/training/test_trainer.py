"""A whole small run through the library: files, resume without work, unusual data, refusals."""

import dataclasses
import json

import h5py
import numpy as np
import pytest
from absl import logging

from tf_dictsum.data.extractor_record import extractor_attributes
from tf_dictsum.data.hdf5 import load_dataset, save_dataset
from tf_dictsum.data.video import Dataset
from tf_dictsum.methods.dictsum.settings import DictSumSettings
from tf_dictsum.methods.sum_gan_aae.settings import SumGanAaeSettings
from tf_dictsum.selectors.files import read_selector
from tf_dictsum.training.config import RunConfig
from tf_dictsum.training.trainer import train
from tf_dictsum.util.errors import UserError

EXTRACTOR = {
    "network": "small",
    "layer": "last",
    "preprocessing": "none",
    "weights": "a" * 64,
    "fps": 2.0,
}


def changed(config, **changes):
    """The configuration with other options, of the run or of its method."""
    of_run = {f.name for f in dataclasses.fields(config)}
    settings = {n: changes.pop(n) for n in list(changes) if n not in of_run}
    method = changes.pop("method", None)
    if method == "sum_gan_aae":
        settings = {"hidden_size": config.method.hidden_size, **settings}
        return dataclasses.replace(config, method=SumGanAaeSettings(**settings), **changes)
    method = dataclasses.replace(config.method, **settings)
    return dataclasses.replace(config, method=method, **changes)


@pytest.fixture(scope="module")
def config(tmp_path_factory, small_dataset):
    folder = tmp_path_factory.mktemp("run")
    dataset = small_dataset(folder / "small.h5")
    with h5py.File(dataset, "a") as file:
        file.attrs.update(extractor_attributes(EXTRACTOR))
    return RunConfig(
        dataset=str(dataset),
        run_dir=str(folder / "run"),
        folds=2,
        epochs=2,
        method=DictSumSettings(pretrain_epochs=2, hidden_size=6, parallel_size=5),
        jit="off",
        progress=False,
    )


@pytest.fixture(scope="module")
def finished(config):
    return train(config)


def test_everything_is_written(config, finished, tmp_path):
    results, markdown = finished
    folder = load_run(config)
    for name in ("config.flags", "results.json", "results.md"):
        assert (folder / name).is_file()
    assert json.loads((folder / "results.json").read_text()) == results
    assert (folder / "results.md").read_text() == markdown
    assert "peeking" in markdown
    for number in (0, 1):
        split = folder / f"split{number}-seed0"
        history = json.loads((split / "history.json").read_text())
        assert [r["epoch"] for r in history] == [0, 1, 2]
        assert {"f_max", "representation_error", "kendall_tau"} <= history[2]["mean"].keys()
        scores = json.loads((split / "scores" / "epoch-002.json").read_text())
        test_keys = json.loads((split / "split.json").read_text())["test_keys"]
        assert list(scores) == test_keys
        dataset = load_dataset(config.dataset)
        scorer, info = read_selector(split)
        assert info["method"] == "dictsum"
        assert info["extractor"] == EXTRACTOR
        for key, values in scores.items():
            again = scorer(dataset.videos[key].features[None])[0]
            np.testing.assert_allclose(again, values, atol=1e-6)
        assert (split / "selected.weights.h5").is_file()
        assert (split / "parallel.weights.h5").is_file()
        assert list((split / "logs").iterdir())
        assert list((split / "pretraining" / "logs").iterdir())


def load_run(config):
    import pathlib

    return pathlib.Path(config.run_dir)


def test_a_finished_run_is_not_trained_again(config, finished):
    before = {p: p.stat().st_mtime_ns for p in load_run(config).glob("split*/**/*") if p.is_file()}
    results, _ = train(config)
    assert {
        p: p.stat().st_mtime_ns for p in load_run(config).glob("split*/**/*") if p.is_file()
    } == before
    assert results["runs"] == finished[0]["runs"]


def test_reused_parallel_encoder_and_its_refusal(config, finished, tmp_path):
    weights = load_run(config) / "split0-seed0" / "parallel.weights.h5"
    small = changed(
        config, run_dir=str(tmp_path / "a"), split="0", epochs=1, parallel_encoder=str(weights)
    )
    train(small)
    assert not (tmp_path / "a" / "split0-seed0" / "pretraining" / "checkpoints").exists()
    other = changed(small, run_dir=str(tmp_path / "b"), parallel_size=4)
    with pytest.raises(
        UserError,
        match=r"parallel.weights.h5: not the weights of a parallel encoder of 7 features and N = 4",
    ):
        train(other)
    missing = changed(small, run_dir=str(tmp_path / "c"), parallel_encoder="none.weights.h5")
    with pytest.raises(UserError, match=r"none.weights.h5: no such file"):
        train(missing)


def test_baseline_without_annotations_or_change_points(config, tmp_path, caplog):
    dataset = load_dataset(config.dataset)
    bare = {
        k: dataclasses.replace(v, user_summary=None, gtscore=None)
        for k, v in dataset.videos.items()
    }
    bare["video_1"] = dataclasses.replace(bare["video_1"], change_points=None)
    save_dataset(Dataset("bare", "", bare), tmp_path / "bare.h5")
    caplog.set_level(logging.WARNING)
    results, markdown = train(
        changed(
            config,
            dataset=str(tmp_path / "bare.h5"),
            run_dir=str(tmp_path / "run"),
            method="sum_gan_aae",
            folds=1,
            epochs=1,
            batch_size=3,
        )
    )
    assert results["headline"] == "representation_error"
    assert "no F-score" in markdown
    assert not (tmp_path / "run" / "split0-seed0" / "parallel.weights.h5").exists()


def test_another_parallel_encoder_is_refused_on_resume(config, finished, tmp_path):
    first, second = (
        str(load_run(config) / f"split{n}-seed0" / "parallel.weights.h5") for n in (0, 1)
    )
    small = changed(config, run_dir=str(tmp_path), split="0", epochs=1, parallel_encoder=first)
    train(small)
    with pytest.raises(UserError, match=r"not the parallel encoder that .* was trained with"):
        train(changed(small, epochs=2, parallel_encoder=second))


def test_a_lost_selector_is_written_again(config, finished):
    file = load_run(config) / "split1-seed0" / "model.weights.h5"
    before = file.read_bytes()
    file.unlink()
    (file.parent / "metadata.json").unlink()
    train(config)
    assert len(file.read_bytes()) == len(before)
    assert read_selector(file.parent)[1]["epochs"] == 2


def test_divergence_is_said(config, tmp_path):
    with pytest.raises(UserError, match=r"became (nan|inf) in epoch 1, step \d: training diverged"):
        train(
            changed(
                config,
                run_dir=str(tmp_path),
                method="sum_gan_aae",
                learning_rate=1e38,
                clip=0.0,
                split="0",
            )
        )


def test_shots_longer_than_the_budget_are_said(config, tmp_path, caplog):
    dataset = load_dataset(config.dataset)
    long = {
        k: dataclasses.replace(v, change_points=np.array([[0, v.n_frames - 1]]))
        for k, v in dataset.videos.items()
    }
    save_dataset(Dataset("long", "", long), tmp_path / "long.h5")
    caplog.set_level(logging.WARNING)
    other = changed(config, dataset=str(tmp_path / "long.h5"))
    with pytest.raises(UserError, match="it was trained on other videos or other features"):
        train(other)
    assert "video_1: no shot fits into 15 % of the video" in caplog.text


def test_split_number_out_of_range(config):
    with pytest.raises(UserError, match="split=7: there are 2 splits"):
        train(changed(config, split="7"))


def test_feature_file_without_features_is_refused(shared, tmp_path):
    with pytest.raises(UserError, match="features"):
        train(
            RunConfig(dataset=str(shared / "data" / "summe_annotations.h5"), run_dir=str(tmp_path))
        )


def test_a_full_disk_stops_the_run_and_leaves_nothing_half_written(config, tmp_path, monkeypatch):
    import tf_dictsum.training.monitor as monitor

    def full(path, value):
        raise UserError(
            f"{path}: cannot write it: No space left on device. Free space or choose another place."
        )

    monkeypatch.setattr(monitor, "write_recorded_json", full)
    with pytest.raises(UserError, match="No space left on device"):
        train(changed(config, run_dir=str(tmp_path / "run"), split="0"))
    assert not list((tmp_path / "run").rglob(".*partial*"))


def test_compared_with_another_run_on_the_same_splits(config, finished, tmp_path):
    other = changed(config, method="sum_gan_aae", run_dir=str(tmp_path / "other"), epochs=1)
    train(other)
    results, markdown = train(changed(config, compare_to=str(tmp_path / "other")))
    tested = {c["against"] for c in results["comparisons"]}
    assert tested == {"random", "sum_gan_aae"}
    assert "dictsum and sum_gan_aae: too few runs to tell" in markdown or "dictsum is" in markdown
    with pytest.raises(UserError, match="missing: not a run directory"):
        train(changed(config, compare_to=str(tmp_path / "missing")))
    elsewhere = changed(
        config, fold_seed=1, run_dir=str(tmp_path / "else"), compare_to=str(tmp_path / "other")
    )
    with pytest.raises(
        UserError, match="split0-seed0 was trained on other videos than split 0 of this run"
    ):
        train(elsewhere)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "config.flags").write_text("--method=dictsum\n")
    with pytest.raises(UserError, match="holds no trained epoch of the splits"):
        train(changed(config, compare_to=str(tmp_path / "empty")))


def test_changed_annotations_are_noticed(config, finished, tmp_path):
    """Measures of two annotations must not meet in one history."""
    dataset = load_dataset(config.dataset)
    other = {k: dataclasses.replace(v, gtscore=1 - v.gtscore) for k, v in dataset.videos.items()}
    save_dataset(Dataset("small", "", other), tmp_path / "other.h5")
    with pytest.raises(
        UserError, match=r"split0-seed0: does not fit .*: the annotations have changed"
    ):
        train(changed(config, dataset=str(tmp_path / "other.h5")))
    # Runs from before annotations were hashed are taken up, and know them from then on.
    file = load_run(config) / "split0-seed0" / "split.json"
    whole = json.loads(file.read_text())
    (file.parent / "SHA256SUMS").unlink()  # those have none
    file.write_text(json.dumps({k: v for k, v in whole.items() if k != "annotations"}))
    train(config)
    assert json.loads(file.read_text()) == whole
