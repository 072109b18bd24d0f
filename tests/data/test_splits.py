"""Split files and generated folds."""

import json
import logging
import os
import pathlib

import pytest

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.splits import Split, load_splits, make_folds
from tf_dictsum.util.errors import UserError

KEYS = [f"video_{i}" for i in range(1, 7)]


def write(tmp_path, value):
    path = tmp_path / "splits.json"
    path.write_text(json.dumps(value))
    return path


def split(train=("video_1", "video_2"), test=("video_3",)):
    return {"train_keys": list(train), "test_keys": list(test)}


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"splits": s}])
def test_released_format(tmp_path, wrap):
    path = write(tmp_path, wrap([split(), split(("video_4",), ("video_6", "video_5"))]))
    expected = [
        Split(("video_1", "video_2"), ("video_3",)),
        Split(("video_4",), ("video_6", "video_5")),
    ]
    assert load_splits(path, KEYS, "data.h5") == expected


def test_directory_prefixes_are_dropped(tmp_path):
    prefix = "../datasets/eccv16_dataset_summe_google_pool5.h5/"
    path = write(
        tmp_path,
        [split([prefix + "video_1"], [prefix + "video_2/"]), split(["a/b/video_1"], ["/video_3"])],
    )
    assert load_splits(path, KEYS, "data.h5") == [
        Split(("video_1",), ("video_2",)),
        Split(("video_1",), ("video_3",)),
    ]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ([], "expected a non-empty JSON list"),
        ("text", "expected a non-empty JSON list"),
        ({"folds": [split()]}, "expected a non-empty JSON list"),
        (
            [split(), ["video_1"]],
            "split 1 is a list, expected an object with train_keys and test_keys",
        ),
        ([split(), {"train_keys": ["video_1"]}], "split 1 has only train_keys, .* Add test_keys"),
        ([{}], "split 0 has only nothing, .* Add train_keys"),
        (
            [{"train_keys": "video_1", "test_keys": ["video_2"]}],
            "split 0: train_keys is not a list of strings",
        ),
        (
            [{"train_keys": ["video_1"], "test_keys": [2]}],
            "split 0: test_keys is not a list of strings",
        ),
        ([split(), split(train=())], "split 1: train_keys is empty"),
        ([split(test=())], "split 0: test_keys is empty"),
        (
            [split(test=("video_99",))],
            r"split 0: test_keys has 'video_99', which is not in data\.h5 \(6 videos: video_1, .*, video_6\)",  # noqa: E501
        ),
        ([split(test=("",))], "split 0: test_keys has '', which is not in"),
        ([split(), split(("video_1", "x/video_1"))], "split 1: train_keys has 'video_1' twice"),
        (
            [split(["../summe.h5/video_1"], ["../ovp.h5/video_2"])],
            r"several dataset files \(ovp\.h5, summe\.h5\)",
        ),
    ],
)
def test_one_clear_line_for_every_mistake(tmp_path, value, found):
    path = write(tmp_path, value)
    with pytest.raises(UserError, match=found) as caught:
        load_splits(path, KEYS, "data.h5")
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["/", "//", "", "video_9/"])
def test_keys_that_are_only_slashes(tmp_path, key):
    path = tmp_path / "splits.json"
    path.write_text(json.dumps([{"train_keys": [key], "test_keys": ["video_1"]}]))
    with pytest.raises(UserError, match=r"train_keys has '.*', which is not in data.h5"):
        load_splits(path, KEYS, "data.h5")


def test_a_slash_behind_a_key_does_not_count(tmp_path):
    path = tmp_path / "splits.json"
    path.write_text(json.dumps([{"train_keys": ["video_1/"], "test_keys": ["a.h5/video_2/"]}]))
    (split,) = load_splits(path, KEYS, "data.h5")
    assert (split.train_keys, split.test_keys) == (("video_1",), ("video_2",))


def test_missing_and_malformed_files(tmp_path):
    with pytest.raises(UserError, match=r"none\.json: no such file"):
        load_splits(tmp_path / "none.json", KEYS, "data.h5")
    (tmp_path / "bad.json").write_text("[{")
    with pytest.raises(UserError, match=r"bad\.json: not a JSON file"):
        load_splits(tmp_path / "bad.json", KEYS, "data.h5")


def test_overlap_is_one_warning(tmp_path, caplog):
    path = write(
        tmp_path, [split(test=("video_2", "video_3")), split(), split(("video_5",), ("video_5",))]
    )
    with caplog.at_level(logging.WARNING, logger="absl"):
        assert len(load_splits(path, KEYS, "data.h5")) == 3
    assert len(caplog.records) == 1
    text = caplog.records[0].getMessage()
    assert str(path) in text
    assert "(split 0: video_2; split 2: video_5)" in text


def test_no_warning_without_overlap(tmp_path, caplog):
    load_splits(write(tmp_path, [split()]), KEYS, "data.h5")
    assert not caplog.records


@pytest.mark.parametrize(("n", "folds"), [(6, 2), (6, 6), (7, 3), (25, 5), (50, 5), (23, 4)])
def test_folds_test_every_video_once(n, folds):
    keys = [f"video_{i}" for i in range(n)]
    splits = make_folds(keys, folds, seed=3)
    assert len(splits) == folds
    assert sorted(k for s in splits for k in s.test_keys) == sorted(keys)
    sizes = [len(s.test_keys) for s in splits]
    assert max(sizes) - min(sizes) <= 1
    for s in splits:
        assert sorted(s.train_keys + s.test_keys) == sorted(keys)


def test_folds_follow_the_seed():
    keys = [f"video_{i}" for i in range(25)]
    assert make_folds(keys, 5, 0) == make_folds(keys, 5, 0)
    assert make_folds(keys, 5, 0) != make_folds(keys, 5, 1)


@pytest.mark.parametrize("keys", [["video_1"], KEYS])
def test_one_fold_is_transductive(keys):
    assert make_folds(keys, 1, 0) == [Split(tuple(keys), tuple(keys))]


@pytest.mark.parametrize(
    ("keys", "folds", "seed", "found"),
    [
        (KEYS, 7, 0, r"--folds=7, but the dataset has 6 videos: .* Use --folds between 1 and 6"),
        (["video_1"], 5, 0, r"--folds=5, but the dataset has 1 video: video_1\. Use --folds=1"),
        (KEYS, 0, 0, "cannot make 0 folds"),
        (KEYS, 2, -1, "seed -1"),
        ([], 1, 0, "of 0 videos"),
    ],
)
def test_impossible_folds(keys, folds, seed, found):
    with pytest.raises(UserError, match=found):
        make_folds(keys, folds, seed)


@pytest.mark.parametrize(
    ("name", "kind", "tested"),
    [
        ("summe", "released", 18),
        ("tvsum", "released", 34),
        ("summe", "nonoverlapping", 25),
        ("tvsum", "nonoverlapping", 50),
    ],
)
def test_real_splits(name, kind, tested):
    shared = os.environ.get("TF_DICTSUM_SHARED")
    if not shared:
        pytest.skip("TF_DICTSUM_SHARED does not name the folder of real files")
    folder = pathlib.Path(shared, "data")
    data = load_dataset(str(folder / f"{name}_annotations.h5"), need_features=False)
    splits = load_splits(folder / "splits" / f"{name}_{kind}.json", data.videos, data.source)
    assert len(splits) == 5
    assert len({key for s in splits for key in s.test_keys}) == tested
