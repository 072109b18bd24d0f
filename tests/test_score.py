"""python -m tf_dictsum.score --model=...: the same scores from here and from a server."""

import importlib
import json

import numpy as np
import pytest
from scripted_server import ScriptedServer, expected_scores

import tf_dictsum as td
from tf_dictsum.selectors.bilstm import BiLSTMSelector
from tf_dictsum.selectors.files import save_selector
from tf_dictsum.util.errors import UserError

command = importlib.import_module("tf_dictsum.score")  # tf_dictsum.score is the function


@pytest.fixture
def dataset(tmp_path, small_dataset):
    return str(small_dataset(tmp_path / "data.h5", videos=3))


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    def run(**flags):
        values = {"progress": False, "out": str(tmp_path / "scores.json"), **flags}
        monkeypatch.setattr(command.cli, "from_flags", lambda options: options(**values))
        command.main(["score"])
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("kind", ["selector", "run"])
def test_a_model_that_is_here(run, dataset, tmp_path, kind):
    width = td.load_dataset(dataset).feature_size
    folder = tmp_path / "run" / "split0-seed0"
    save_selector(BiLSTMSelector(width, 4, seed=1), folder, {"method": "dictsum"})
    said = run(model=str(folder if kind == "selector" else folder.parent), dataset=dataset)
    out = tmp_path / "scores.json"
    assert said == f"{out}: scores of 3 videos from {folder} (dictsum)\n"
    assert json.loads(out.read_text()) == td.score(folder, dataset).to_dict()


def test_a_model_on_a_server(run, dataset, tmp_path):
    loaded = td.load_dataset(dataset)
    with ScriptedServer(width=loaded.feature_size) as server:
        run(server=server.address, dataset=dataset)
        by_server = (tmp_path / "scores.json").read_bytes()
        said = run(model=f"grpc://{server.address}/dictsum", dataset=dataset)
        assert said.endswith(f"from {server.address}, model dictsum version 1\n")
        assert (tmp_path / "scores.json").read_bytes() == by_server
        for key, row in td.score(f"grpc://{server.address}/dictsum", loaded).items():
            np.testing.assert_array_equal(row, expected_scores(loaded.videos[key].features))


def test_mistakes(run, dataset, tmp_path):
    for flags, message in (
        ({"model": "a", "server": "b:1", "dataset": dataset}, "exclude each other"),
        ({"dataset": dataset}, r"--server is missing, .*; or give --model"),
        ({"model": "a"}, r"--dataset is missing"),
        ({"model": "nowhere", "dataset": dataset}, "nowhere: no such folder"),
        ({"model": "grpc://x", "dataset": dataset}, "expected grpc://HOST:PORT/NAME"),
    ):
        with pytest.raises(UserError, match=message):
            run(**flags)
    save_selector(BiLSTMSelector(5, 4), tmp_path / "s", {})
    with pytest.raises(UserError, match=r"was trained on features of width 5, these have"):
        run(model=str(tmp_path / "s"), dataset=dataset)
    assert not (tmp_path / "scores.json").exists()
