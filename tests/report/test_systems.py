import json

import numpy as np
import pytest

from tf_dictsum.data.splits import Split
from tf_dictsum.report.systems import find_series, read_system, splits_of_run
from tf_dictsum.util.errors import UserError

SPLITS = [Split((), ("video_2", "video_4")), Split((), ("video_6", "video_2"))]


def only(scores, split):
    return {key: scores[key] for key in split.test_keys}


def test_one_file(tmp_path, dataset, random_scores, write_scores):
    path = write_scores(tmp_path / "mine.json", random_scores(dataset))
    (series,) = find_series(str(path))
    system = read_system(series, dataset, None)
    assert (system.name, system.epochs) == ("mine.json", (None,))
    np.testing.assert_array_equal(system.of(0, 0)["video_6"], random_scores(dataset)["video_6"])


@pytest.mark.parametrize("pattern", ["SumMe_{}.json", "tv-sum_v2_{}.json", "epoch-{:03d}.json"])
def test_a_directory_of_epochs_in_order_of_their_numbers(
    tmp_path, dataset, random_scores, write_scores, pattern
):
    for epoch in (10, 2, 0):
        write_scores(tmp_path / "run" / pattern.format(epoch), random_scores(dataset, epoch))
    (tmp_path / "run" / "notes.txt").write_text("x")
    (series,) = find_series(f"{tmp_path}/run/")
    system = read_system(series, dataset, SPLITS)
    assert (system.name, system.epochs) == ("run", (0, 2, 10))
    for split in (0, 1):  # one file holds the videos of all splits
        np.testing.assert_array_equal(
            system.of(2, split)["video_2"], random_scores(dataset, 10)["video_2"]
        )


def test_the_evaluation_before_training_is_epoch_minus_1(
    tmp_path, dataset, random_scores, write_scores
):
    for epoch in (0, -1):
        write_scores(tmp_path / f"SumMe_{epoch}.json", random_scores(dataset))
    assert read_system(find_series(str(tmp_path))[0], dataset, None).epochs == (-1, 0)


def test_splits_with_files_of_their_own(tmp_path, dataset, random_scores, write_scores):
    for number, split in enumerate(SPLITS):
        for epoch in (0, 1):
            write_scores(
                tmp_path / f"split{number}" / f"SumMe_{epoch}.json",
                only(random_scores(dataset, 10 * number + epoch), split),
            )
    (series,) = find_series(str(tmp_path))
    system = read_system(series, dataset, SPLITS)
    np.testing.assert_array_equal(system.of(1, 0)["video_2"], random_scores(dataset, 1)["video_2"])
    np.testing.assert_array_equal(system.of(1, 1)["video_2"], random_scores(dataset, 11)["video_2"])
    with pytest.raises(
        UserError,
        match=r"has split0, split1, so the splits must be known\. Give `splits`, or `folds` and",
    ):
        read_system(series, dataset, None)
    with pytest.raises(UserError, match=r"has split0, split1, but there are 3 splits"):
        read_system(series, dataset, [*SPLITS, SPLITS[0]])


def test_a_run_directory_has_seeds_and_its_own_splits(
    tmp_path, dataset, random_scores, write_scores
):
    for number, split in enumerate(SPLITS):
        for seed in (0, 3):
            folder = tmp_path / f"split{number}-seed{seed}"
            write_scores(folder / "scores" / "epoch-001.json", only(random_scores(dataset), split))
            (folder / "split.json").write_text(
                json.dumps({"train_keys": [], "test_keys": split.test_keys})
            )
    assert [series.name for series in find_series(str(tmp_path))] == [
        f"{tmp_path.name} seed 0",
        f"{tmp_path.name} seed 3",
    ]
    assert splits_of_run(str(tmp_path), dataset) == SPLITS
    assert (
        splits_of_run(str(tmp_path / "split0-seed0" / "scores" / "epoch-001.json"), dataset) is None
    )
    (folder / "split.json").write_text(json.dumps({"train_keys": [], "test_keys": ["video_77"]}))
    with pytest.raises(
        UserError, match=r"split\.json: small\.h5 has no video_77\. Name the dataset of this run"
    ):
        splits_of_run(str(tmp_path), dataset)


def test_epochs_that_not_all_splits_have_are_left_out(
    tmp_path, dataset, random_scores, write_scores, caplog
):
    for number, last in ((0, 3), (1, 2)):
        for epoch in range(last):
            write_scores(tmp_path / f"split{number}" / f"x_{epoch}.json", random_scores(dataset))
    (series,) = find_series(str(tmp_path))
    assert read_system(series, dataset, SPLITS).epochs == (0, 1)
    assert "epochs that not all splits have are left out: 2." in caplog.text


def test_values_outside_zero_to_one_are_said_once(
    tmp_path, dataset, random_scores, write_scores, caplog
):
    for epoch in range(3):
        write_scores(
            tmp_path / f"x_{epoch}.json", {k: 2 * v for k, v in random_scores(dataset).items()}
        )
    read_system(find_series(str(tmp_path))[0], dataset, None)
    assert (
        caplog.text.count("scores outside [0, 1] in 6 videos (first: video_2); used as they are")
        == 1
    )


def test_missing_videos_of_a_series_are_said_once(
    tmp_path, dataset, random_scores, write_scores, caplog
):
    for epoch in range(3):
        write_scores(tmp_path / f"x_{epoch}.json", only(random_scores(dataset), SPLITS[0]))
    read_system(find_series(str(tmp_path))[0], dataset, None, allow_missing=True)
    assert caplog.text.count("no scores for videos to evaluate") == 1


def test_what_is_not_understood(tmp_path, dataset, random_scores, write_scores):
    with pytest.raises(UserError, match=r"nothing: no such file or directory"):
        find_series(str(tmp_path / "nothing"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        UserError,
        match=r"empty: no files <name>_<epoch>\.json in it\. Name a scores file, or a folder",
    ):
        find_series(str(tmp_path / "empty"))
    for name in ("a_1.json", "b_1.json"):
        write_scores(tmp_path / "two" / name, {})
    with pytest.raises(UserError, match=r"two: files of several names \(a, b\)"):
        find_series(str(tmp_path / "two"))
    for name in ("a_1.json", "a_01.json"):
        write_scores(tmp_path / "same" / name, {})
    with pytest.raises(UserError, match=r"same: two files of epoch 1: a_01\.json and a_1\.json"):
        find_series(str(tmp_path / "same"))
    write_scores(tmp_path / "apart" / "split0" / "a_1.json", {})
    write_scores(tmp_path / "apart" / "split1" / "a_2.json", {})
    with pytest.raises(UserError, match=r"apart: its splits have no epoch in common"):
        find_series(str(tmp_path / "apart"))
