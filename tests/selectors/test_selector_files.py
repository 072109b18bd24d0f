"""Selector directories: what is in them, what damage is found, and the layout before them."""

import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import pytest

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.selectors.bilstm import BiLSTMSelector
from tf_dictsum.selectors.files import read_selector, save_selector
from tf_dictsum.selectors.loaded import KerasSelector
from tf_dictsum.selectors.loading import load_selector
from tf_dictsum.selectors.metadata import read_metadata
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json, write_json

OLD_RUN = pathlib.Path(__file__).parents[1] / "fixtures" / "run_of_older_layout"
RECORD = {
    "network": "bvlc_googlenet",
    "layer": "pool5",
    "preprocessing": "squashed | BGR",
    "weights": "ab" * 32,
    "fps": 2.0,
}
INFO = {
    "method": "dictsum",
    "seed": 3,
    "epochs": 60,
    "dataset": "films",
    "settings": {"sigma": 0.15, "hidden_size": 4},
    "training_data": {"keys": ["video_1", "video_3"], "sha256": "cd" * 32},
    "extractor": RECORD,
    "results": {"f_avg": 51.25},
    "results_on": "2 test videos",
}
FEATURES = np.random.default_rng(0).random((1, 9, 6), np.float32)


@pytest.fixture
def folder(tmp_path):
    save_selector(BiLSTMSelector(6, 4, "keras", bidirectional=False), tmp_path / "selector", INFO)
    return tmp_path / "selector"


def test_what_is_written_is_read(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "config.json",
        "metadata.json",
        "model.weights.h5",
    ]
    selector, metadata = read_selector(folder)
    assert selector.get_config()["units"] == 4
    np.testing.assert_array_equal(
        selector(FEATURES), BiLSTMSelector(6, 4, "keras", bidirectional=False)(FEATURES)
    )
    assert INFO.items() <= metadata.items()
    assert "sha256" not in metadata
    loaded = load_selector(folder)
    assert loaded.to_dict() == {"source": str(folder), "input_size": 6, **metadata}
    assert repr(loaded) == f"<KerasSelector dictsum of {folder}, width 6>"
    assert loaded.text == "Scored by a trained selector (dictsum, 60 epochs on films)."


def test_a_copy(folder, tmp_path):
    loaded = load_selector(folder)
    assert isinstance(loaded, KerasSelector)
    loaded.save(tmp_path / "copy")
    again = load_selector(str(tmp_path / "copy"))
    np.testing.assert_array_equal(again.score(FEATURES[0]), loaded.score(FEATURES[0]))
    assert again.metadata == loaded.metadata


def test_the_card(folder):
    card = (folder / "README.md").read_text()
    for part in (
        "# dictsum: scores for the frames of videos",
        "Width 6: bvlc_googlenet pool5, 2.0 frames per second.",
        "60 epochs on films, seed 3.",
        "2 videos: video_1, video_3.",
        "| `sigma` | 0.15 |",
        "Measured on 2 test videos.",
        "| `f_avg` | 51.25 |",
    ):
        assert part in card
    save_selector(BiLSTMSelector(6, 4), folder, {"converted_from": "a.pkl"})
    card = (folder / "README.md").read_text()
    for part in ("no record of what made them", "Converted from `a.pkl`.", "None were recorded."):
        assert part in card


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5", "metadata.json"])
def test_no_flipped_bit_is_read(folder, name):
    """Every one of a hundred flips, spread over the file, is one line that names it."""
    file = folder / name
    data = file.read_bytes()
    rng = np.random.default_rng(1)
    for place in rng.choice(len(data), 100):
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(rng.integers(8))
        file.write_bytes(flipped)
        try:
            same = json.loads(bytes(flipped)) == json.loads(data)
        except ValueError:
            same = False
        if name == "metadata.json" and same:  # another kind of white space
            continue
        with pytest.raises(UserError, match=rf"{folder}/.*(damaged|not|SHA-256|twice)"):
            read_selector(folder)
    file.write_bytes(data)
    read_selector(folder)


def test_incomplete_directories(folder):
    (folder / "model.weights.h5").unlink()
    with pytest.raises(UserError, match=r"model.weights.h5: no such file, but metadata.json"):
        read_selector(folder)
    with pytest.raises(UserError, match=r"selected.weights.h5: no such file; expected the select"):
        read_selector(folder, "selected")
    (folder / "selected.weights.h5").touch()
    with pytest.raises(UserError, match=r"has no SHA-256 of selected.weights.h5"):
        read_selector(folder, "selected")
    write_json(folder / "metadata.json", {"method": "dictsum"})
    with pytest.raises(UserError, match=r"not the metadata of a selector directory"):
        read_metadata(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"registered_name": "x", "module": "os"}, "not ours; import its module"),
        ({"registered_name": "x", "module": "tf_dictsum.nowhere"}, "does not describe a selector"),
        (
            {"class_name": "Dense", "module": "keras.layers", "registered_name": None},
            "not ours; import its module",
        ),
        ({"config": {"input_size": -1}}, "does not describe a selector"),
        (
            {
                "class_name": "StackedLSTM",
                "module": "tf_dictsum.layers.stacked_lstm",
                "registered_name": "tf_dictsum>StackedLSTM",
                "config": {"input_size": 3, "units": 2},
            },
            "describes a StackedLSTM, not a selector",
        ),
    ],
)
def test_configs_that_describe_no_selector(folder, change, message, monkeypatch):
    monkeypatch.setattr("tf_dictsum.selectors.files.check_file", lambda *_: None)
    write_json(folder / "config.json", {**read_json(folder / "config.json"), **change})
    with pytest.raises(UserError, match=message):
        read_selector(folder)


def test_the_class_of_a_config_is_imported(folder):
    code = (
        "import sys; from tf_dictsum.selectors.loading import load_selector; "
        "print(type(load_selector(sys.argv[1]).model).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "BiLSTMSelector\n", "")


def test_a_run_of_the_older_layout(tmp_path):
    """Trained by an earlier version (selector.json): its selectors give the scores that it
    wrote.
    """
    videos = load_dataset("demo").videos
    for number in (0, 1):
        folder = OLD_RUN / f"split{number}-seed0"
        loaded = load_selector(folder)
        assert (loaded.method, loaded.metadata["epochs"]) == ("dictsum", 2)
        for key, expected in read_json(folder / "scores" / "epoch-002.json").items():
            np.testing.assert_allclose(loaded.score(videos[key].features), expected, atol=1e-6)
    totals = {
        folder.name: min(
            r["losses"].get("selector_total", 9e9) for r in read_json(folder / "history.json")
        )
        for folder in OLD_RUN.glob("split*")
    }
    best = min(totals, key=totals.get)
    assert load_selector(OLD_RUN).source == str(OLD_RUN / best)
    chosen = load_selector(OLD_RUN / best, epoch="selected")
    assert chosen.score(FEATURES.repeat(11, axis=2)[0, :, :64]).shape == (9,)
    shutil.copytree(OLD_RUN / best, tmp_path / "copy")
    load_selector(tmp_path / "copy").save(tmp_path / "new")
    assert read_metadata(tmp_path / "new")["method"] == "dictsum"
