"""The epoch that is reported is chosen without labels and without test videos."""

import dataclasses
import json
import math
import pathlib

import h5py
import numpy as np
import pytest

from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.hdf5 import load_dataset, save_dataset
from tf_dictsum.data.splits import make_folds
from tf_dictsum.data.video import Dataset, Video
from tf_dictsum.methods.dictsum.method import DictSum
from tf_dictsum.methods.dictsum.settings import DictSumSettings
from tf_dictsum.methods.registry import make_method
from tf_dictsum.training.config import RunConfig
from tf_dictsum.training.epoch_choice import selected_record
from tf_dictsum.training.trainer import setup_of, train

DEMO = demo_dataset()
SHORT = [key for key, video in DEMO.videos.items() if video.n_steps <= 110]
METHOD: list = []  # one for all runs: tracing takes longer than these epochs
TEST = make_folds(SHORT, 2, 0)[0].test_keys


def other_people(video: Video) -> Video:
    """The same video, annotated the other way round."""
    assert video.user_summary is not None
    assert video.gtscore is not None
    return dataclasses.replace(
        video,
        user_summary=video.user_summary[:, ::-1].copy(),
        user_scores=None,
        gtscore=1 - video.gtscore,
    )


def no_people(video: Video) -> Video:
    return dataclasses.replace(
        video, user_summary=None, user_scores=None, gtscore=None, gtsummary=None
    )


def another_video(video: Video) -> Video:
    assert video.features is not None
    return dataclasses.replace(
        video, features=np.random.default_rng(1).permutation(video.features[::-1]) * 0.5
    )


def run(folder: pathlib.Path, change, where) -> tuple[dict, list[dict], list[np.ndarray]]:
    videos = {key: change(DEMO.videos[key]) if key in where else DEMO.videos[key] for key in SHORT}
    save_dataset(Dataset("demo", "", videos, DEMO.attributes), folder / "demo.h5")
    config = RunConfig(
        dataset=str(folder / "demo.h5"),
        run_dir=str(folder / "run"),
        folds=2,
        split="0",
        epochs=5,
        method=DictSumSettings(
            pretrain_epochs=1,
            hidden_size=6,
            parallel_size=5,
            learning_rate=3e-2,  # large enough that the loss goes up and down
        ),
        jit="off",
        progress=False,
    )
    if not METHOD:
        METHOD.append(make_method(config.method, setup_of(config, load_dataset(config.dataset))))
    found, _ = train(config, lambda *arguments: METHOD[0])
    split = folder / "run" / "split0-seed0"
    arrays: list[np.ndarray] = []
    with h5py.File(split / "selected.weights.h5") as file:
        file.visititems(
            lambda name, item: arrays.append(item[()]) if isinstance(item, h5py.Dataset) else None
        )
    return found["runs"][0], json.loads((split / "history.json").read_text()), arrays


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    return run(tmp_path_factory.mktemp("demo"), lambda video: video, ())


def losses(history):
    return [record["losses"].get("selector_total") for record in history[1:]]


@pytest.mark.parametrize("change", [other_people, no_people, another_video])
def test_on_demo_nothing_about_the_test_videos_changes_the_choice(tmp_path, untouched, change):
    before, history, weights = untouched
    after, history_after, weights_after = run(tmp_path, change, TEST)
    assert losses(history_after) == pytest.approx(losses(history), rel=1e-5)
    assert (
        after["selected"]["epoch"]
        == before["selected"]["epoch"]
        == selected_record(history[1:], DictSum.criterion)["epoch"]
    )
    assert len(weights_after) == len(weights) > 10
    for one, other in zip(weights, weights_after, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    # The change was real: what is measured on the test videos is something else.
    for epoch in ("last", "selected"):
        assert {k: v for k, v in after[epoch].items() if k != "epoch"} != {
            k: v for k, v in before[epoch].items() if k != "epoch"
        }


def test_on_demo_labels_of_training_videos_change_nothing_either(tmp_path, untouched):
    before, history, _ = untouched
    after, history_after, _ = run(tmp_path, no_people, set(SHORT) - set(TEST))
    assert losses(history_after) == pytest.approx(losses(history), rel=1e-5)
    assert after["selected"] == pytest.approx(before["selected"], rel=1e-3)


def test_the_choice_reads_losses_only():
    records = [
        {"epoch": e, "losses": {"selector_total": v}}
        for e, v in ((1, 3.0), (2, 1.0), (3, math.nan), (4, 1.0), (5, 2.0))
    ]
    assert selected_record(records, DictSum.criterion)["epoch"] == 2
    unrated = [{"epoch": 1, "losses": {}}, {"epoch": 2, "losses": {}}]
    assert selected_record(unrated, DictSum.criterion)["epoch"] == 2
    assert selected_record(records, None)["epoch"] == 5
