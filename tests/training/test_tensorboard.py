"""What is written for TensorBoard, read back with TensorBoard's own reader."""

import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import api_pb2, metadata

from tf_dictsum.methods.dictsum.method import DictSum
from tf_dictsum.training.tensorboard import TensorBoardLogger, tag_of
from tf_dictsum.util.errors import UserError

FLAGS = "--dataset=demo\n--sigma=0.15\n<b>&"
HPARAMS: dict[str, bool | int | float | str] = {
    "method": "dictsum",
    "sigma": 0.15,
    "seed": 3,
    "shuffle": False,
}


def record(epoch: int, **mean: float | None) -> dict[str, Any]:
    losses = {"reconstruction": 2.0, "score_std": 0.1} if epoch else {}
    return {"epoch": epoch, "seconds": 1.5, "losses": losses, "videos": {}, "mean": mean}


def read(folder: pathlib.Path) -> EventAccumulator:
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0, "images": 0, "scalars": 0})
    events.Reload()
    return events


def scalars(events: EventAccumulator, tag: str) -> list[tuple[int, float]]:
    return [(e.step, e.value) for e in events.Scalars(tag)]


def hparams_data(events: EventAccumulator, tag: str) -> bytes:
    return events.SummaryMetadata(tag).plugin_data.content


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("reconstruction", "loss/reconstruction"),
        ("selector_total", "loss/selector_total"),
        ("dictionary", "loss/dictionary"),
        ("dictionary_norm", "dictionary/norm"),
        ("dictionary_to_reconstruction", "dictionary/loss_over_reconstruction"),
        ("score_mean", "scores/mean"),
        ("score_std", "scores/std"),
        ("p_original", "discriminator/original"),
        ("gradient_norm_dictionary", "gradient_norm/dictionary"),
        ("learning_rate_selector", "learning_rate/selector"),
        ("something_new", "other/something_new"),
    ],
)
def test_tags(name: str, tag: str):
    assert tag_of(name, DictSum.logs) == tag


def test_steps_epochs_flags_and_images(tmp_path: pathlib.Path):
    logger = TensorBoardLogger(tmp_path, FLAGS, HPARAMS, logs=DictSum.logs)
    image = np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (28, 90, 3))
    logger.epoch(record(0, f_max=40.0, f_avg=None), {"video_1": image}, "f_max")
    for step in (1, 2):
        logger.step(step, {"reconstruction": tf.constant(step / 2), "score_std": np.float32(0.25)})
    logger.epoch(record(1, f_max=41.0, f_avg=None), {"video_1": image}, "f_max")
    logger.close()
    logger.close()
    events = read(tmp_path)
    assert scalars(events, "loss/reconstruction") == [(1, 0.5), (2, 1.0)]
    assert scalars(events, "scores/std") == [(1, 0.25), (2, 0.25)]
    assert scalars(events, "test/f_max") == [(0, 40.0), (1, 41.0)]
    assert scalars(events, "epoch_loss/reconstruction") == [(1, 2.0)]
    assert [step for step, _ in scalars(events, "epoch_scores/std")] == [1]
    assert scalars(events, "time/epoch_seconds") == [(0, 1.5), (1, 1.5)]
    assert "test/f_avg" not in events.Tags()["scalars"]
    text = tf.make_ndarray(
        events.Tensors(
            "flags/text_summary" if "flags/text_summary" in events.Tags()["tensors"] else "flags"
        )[0].tensor_proto
    )
    assert b"    --sigma=0.15\n    <b>&" in text.item()
    shown = events.Images("test_videos/video_1")
    assert [i.step for i in shown] == [0, 1]
    np.testing.assert_array_equal(tf.io.decode_png(shown[0].encoded_image_string, 3), image)


def test_hparams(tmp_path: pathlib.Path):
    logger = TensorBoardLogger(tmp_path, FLAGS, HPARAMS, logs=DictSum.logs)
    logger.epoch(record(0, f_avg=40.0, f_max=50.0, kendall_tau=None), {}, "f_max")
    logger.epoch(record(1, f_avg=40.0, f_max=50.0, kendall_tau=None), {}, "f_max")
    logger.close()
    events = read(tmp_path)
    start = metadata.parse_session_start_info_plugin_data(
        hparams_data(events, metadata.SESSION_START_INFO_TAG)
    )
    assert start.hparams["method"].string_value == "dictsum"
    assert start.hparams["sigma"].number_value == 0.15
    assert start.hparams["shuffle"].bool_value is False
    experiment = metadata.parse_experiment_plugin_data(
        hparams_data(events, metadata.EXPERIMENT_TAG)
    )
    assert [m.name.tag for m in experiment.metric_infos] == ["test/f_max", "test/f_avg"]
    types = {info.name: info.type for info in experiment.hparam_infos}
    numbers, strings, bools = (
        api_pb2.DATA_TYPE_FLOAT64,
        api_pb2.DATA_TYPE_STRING,
        api_pb2.DATA_TYPE_BOOL,
    )
    assert types == {"method": strings, "sigma": numbers, "seed": numbers, "shuffle": bools}


def test_no_hparams_and_no_measures(tmp_path: pathlib.Path):
    logger = TensorBoardLogger(tmp_path, "", {}, logs=DictSum.logs)
    logger.epoch(record(1), {}, "f_max")
    logger.close()
    assert not [tag for tag in read(tmp_path).Tags()["tensors"] if "hparams" in tag]


def test_end_of_an_epoch_is_on_disk_before_close(tmp_path: pathlib.Path):
    logger = TensorBoardLogger(tmp_path, FLAGS, HPARAMS, logs=DictSum.logs)
    logger.step(1, {"reconstruction": 1.0})
    logger.epoch(record(1, f_max=1.0), {}, "f_max")
    assert scalars(read(tmp_path), "loss/reconstruction") == [(1, 1.0)]
    logger.close()


def test_resume_hides_what_the_interrupted_run_wrote_after_its_checkpoint(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        "time.time", lambda: 1e9
    )  # the reader takes files by name, which begins with the second
    first = TensorBoardLogger(tmp_path, FLAGS, HPARAMS, logs=DictSum.logs)
    for step in range(1, 6):
        first.step(step, {"reconstruction": 1.0})
    first.close()
    monkeypatch.setattr("time.time", lambda: 1e9 + 5)
    second = TensorBoardLogger(tmp_path, FLAGS, HPARAMS, first_step=3, logs=DictSum.logs)
    for step in range(3, 5):
        second.step(step, {"reconstruction": 2.0})
    second.close()
    assert scalars(read(tmp_path), "loss/reconstruction") == [
        (1, 1.0),
        (2, 1.0),
        (3, 2.0),
        (4, 2.0),
    ]


@pytest.mark.parametrize(
    "image", [np.zeros((5, 5, 3)), np.zeros((5, 5), np.uint8), np.zeros((5, 5, 4), np.uint8)]
)
def test_foreign_images(tmp_path: pathlib.Path, image: np.ndarray):
    logger = TensorBoardLogger(tmp_path, "", {}, logs=DictSum.logs)
    with pytest.raises(ValueError, match="test_videos/video_1"):
        logger.epoch(record(1), {"video_1": image}, "f_max")
    logger.close()


def test_folder_that_cannot_be_written(tmp_path: pathlib.Path):
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(UserError, match=r"logs: cannot write TensorBoard logs"):
        TensorBoardLogger(tmp_path / "logs", FLAGS, HPARAMS, logs=DictSum.logs)
