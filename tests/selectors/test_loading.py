"""Trained selectors from run directories, SavedModels and model servers."""

import json
import os
import pathlib
import subprocess
import sys
import time

import grpc
import numpy as np
import pytest
import trustme
from scripted_server import ScriptedServer, expected_scores

from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.selectors.bilstm import BiLSTMSelector
from tf_dictsum.selectors.files import read_selector, save_selector
from tf_dictsum.selectors.loading import load_selector
from tf_dictsum.selectors.remote import RemoteSelector
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import write_json

ROOT = pathlib.Path(__file__).parents[2]
RECORD = {
    "network": "bvlc_googlenet",
    "layer": "pool5",
    "preprocessing": "p",
    "weights": "ab" * 32,
    "fps": 2.0,
}
FEATURES = np.random.default_rng(0).random((9, 6), np.float32)


@pytest.fixture(scope="module")
def scorer():
    return BiLSTMSelector(6, 4, Initializers(seed=3))


@pytest.fixture(scope="module")
def expected(scorer):
    return np.asarray(scorer(FEATURES[None]))[0]


@pytest.fixture
def run_directory(tmp_path, scorer):
    for n, seed in ((0, 0), (0, 1), (1, 0)):
        folder = tmp_path / "run" / f"split{n}-seed{seed}"
        folder.mkdir(parents=True)
        save_selector(
            scorer,
            folder,
            {"method": "dictsum", "epochs": 60, "dataset": "films", "extractor": RECORD},
        )
    return tmp_path / "run"


def test_run_directory(run_directory, expected):
    model = load_selector(str(run_directory))
    np.testing.assert_allclose(model.score(FEATURES), expected, rtol=1e-6)
    assert (model.method, model.source) == ("dictsum", str(run_directory / "split0-seed0"))
    assert (model.input_size, model.extractor) == (6, RECORD)
    assert model.text == "Scored by a trained selector (dictsum, 60 epochs on films)."
    other = load_selector(run_directory / "split1-seed0")
    other.check_features(6, {})  # features without a record cannot be compared
    assert other.source.endswith("split1-seed0")


def test_the_split_of_the_lowest_criterion(run_directory, caplog):
    """The training criterion of the older runs stands in history.json, else in the metadata."""
    losses = {"split0-seed0": (3.0, 2.0), "split0-seed1": (4.0, None, 1.0), "split1-seed0": ()}
    for name, values in losses.items():
        records = [{"epoch": n, "losses": {"selector_total": v}} for n, v in enumerate(values)]
        write_json(run_directory / name / "history.json", records)
    with caplog.at_level("INFO", "absl"):
        assert load_selector(run_directory).source.endswith("split0-seed1")
    assert "has 3 selectors; using split0-seed1 (the lowest training criterion)" in caplog.text
    folder = run_directory / "split1-seed0"
    selector, metadata = read_selector(folder)
    save_selector(selector, folder, {**metadata, "selected": {"epoch": 3, "value": 0.5}})
    assert load_selector(run_directory).source.endswith("split1-seed0")
    write_json(folder / "history.json", {"a": 1})
    save_selector(selector, folder, metadata)
    with pytest.raises(UserError, match=r"history.json: not the history of a run"):
        load_selector(run_directory)


def test_features_of_another_network_are_refused(run_directory):
    with pytest.raises(
        UserError,
        match=r".*split0-seed0: not the features .* \(network resnet here, bvlc_googlenet there\)",
    ):
        load_selector(run_directory).check_features(6, {**RECORD, "network": "resnet"})
    with pytest.raises(UserError, match=r"was trained on features of width 6, these have 1024"):
        load_selector(run_directory).score(np.ones((3, 1024)))
    with pytest.raises(UserError, match=r"features of shape \[1, 3, 6\]; expected \[n_steps, D\]"):
        load_selector(run_directory).score(np.ones((1, 3, 6)))


@pytest.fixture(scope="module")
def saved_model(tmp_path_factory, scorer):
    import keras
    import tensorflow as tf

    class Exported(tf.Module):
        def __init__(self):
            super().__init__()
            self.scorer = scorer

        @tf.function(
            input_signature=[
                tf.TensorSpec([None, None, 6], tf.float32, "features"),
                tf.TensorSpec([None], tf.int32, "lengths"),
            ],
            autograph=False,
        )
        def serve(self, features, lengths):
            return {
                "scores": self.scorer(
                    features, mask=tf.sequence_mask(lengths, tf.shape(features)[1])
                ),
                "lengths": lengths,
            }

    assert keras.backend.backend() == "tensorflow"
    folder = tmp_path_factory.mktemp("models") / "dictsum"
    module = Exported()
    for version in ("2", "10"):
        tf.saved_model.save(module, str(folder / version), {"serving_default": module.serve})
    return folder


def test_saved_model(saved_model, expected):
    for folder in (saved_model, saved_model / "2"):
        model = load_selector(str(folder))
        np.testing.assert_allclose(model.score(FEATURES), expected, rtol=1e-5)
    assert load_selector(str(saved_model)).source == str(saved_model / "10")
    with pytest.raises(UserError, match=r"width 6, these have 7"):
        load_selector(saved_model).score(np.ones((3, 7)))


def test_a_saved_models_record(saved_model):
    write_json(
        saved_model / "10" / "assets.extra" / "metadata.json",
        {"method": "sum_gan_aae", "extractor": RECORD},
    )
    assert load_selector(str(saved_model)).method == "sum_gan_aae"
    with pytest.raises(UserError, match=r"fps 1.0 here, 2.0 there"):
        load_selector(saved_model).check_features(6, {**RECORD, "fps": 1.0})


def test_what_is_no_model(tmp_path, run_directory):
    with pytest.raises(UserError, match=r"nowhere: no such folder"):
        load_selector("nowhere")
    with pytest.raises(UserError, match=r"not a trained model \(it has no metadata.json"):
        load_selector(str(tmp_path))
    (tmp_path / "unfinished" / "split0-seed0").mkdir(parents=True)
    with pytest.raises(UserError, match=r"its training is not finished"):
        load_selector(str(tmp_path / "unfinished"))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "saved_model.pb").write_bytes(b"x")
    with pytest.raises(UserError, match=r"not a SavedModel that scores features"):
        load_selector(str(tmp_path / "broken"))
    with pytest.raises(
        UserError, match=r"expected grpc://HOST:PORT/NAME, such as grpc://localhost:8500/dictsum"
    ):
        load_selector("grpc://localhost")
    with pytest.raises(
        UserError, match=r"grpcs://localhost:70000/dictsum: expected grpc://HOST:PORT/NAME"
    ):
        load_selector("grpcs://localhost:70000/dictsum")


@pytest.fixture
def server():
    with ScriptedServer(width=6) as running:
        yield running


def test_a_model_server(server):
    model = load_selector(f"grpc://{server.address}/dictsum")
    np.testing.assert_array_equal(model.score(FEATURES), expected_scores(FEATURES))
    assert (
        model.text
        == f"Scored by a trained selector (model server {server.address}, model dictsum)."
    )
    assert model.source == f"grpc://{server.address}/dictsum"
    assert server.requests[-1].model_spec.name == "dictsum"
    long = np.ones((350_000, 6), np.float32)  # 8 MB: more than gRPC's own limits
    assert model.score(long).shape == (350_000,)


def test_a_server_that_is_busy_is_asked_again(server):
    server.before = lambda number, request, context: (
        number == 0 and context.abort(grpc.StatusCode.UNAVAILABLE, "queue full")
    )
    model = load_selector(f"grpc://{server.address}/dictsum")
    np.testing.assert_array_equal(model.score(FEATURES), expected_scores(FEATURES))
    assert len(server.requests) == 2


def test_a_server_with_tls(server):
    """By the authorities that the environment names; a process of its own, since gRPC reads them
    once.
    """
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    pair = (certificate.private_key_pem.bytes(), certificate.cert_chain_pems[0].bytes())
    code = (
        "import sys; import numpy as np; from tf_dictsum.selectors.loading import load_selector; "
        "print(load_selector(sys.argv[1]).score(np.ones((3, 6), np.float32)).tolist())"
    )
    with (
        ScriptedServer(width=6, credentials=grpc.ssl_server_credentials([pair])) as secure,
        authority.cert_pem.tempfile() as roots,
    ):
        command = [sys.executable, "-c", code, f"grpcs://localhost:{secure.port}/dictsum"]
        environment = os.environ | {
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": roots,
            "PYTHONPATH": str(ROOT),
        }
        found = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120
        )
        assert found.returncode == 0, found.stderr
        assert json.loads(found.stdout) == pytest.approx(expected_scores(np.ones((3, 6))).tolist())
        with pytest.raises(
            UserError, match=r"grpc://.*UNAVAILABLE.*with or without TLS as asked\?"
        ):
            RemoteSelector(f"grpc://localhost:{secure.port}/dictsum", retries=0)


def test_what_a_server_may_say(server):
    address = f"grpc://{server.address}/dictsum"
    with pytest.raises(
        UserError, match=rf"{address}: was trained on features of width 6, these have 1024"
    ):
        RemoteSelector(address).score(np.ones((3, 1024)))
    scorer = RemoteSelector(address, deadline=2)
    for spoil, message in (
        (lambda s: s[:, :3], r"scores of shape \[1, 3\] for 9 steps"),
        (lambda s: s * np.nan, r"not finite"),
    ):
        server.spoil = spoil
        with pytest.raises(UserError, match=rf"{address}: .*{message}"):
            scorer.score(FEATURES)
    server.before = lambda number, request, context: time.sleep(3)
    with pytest.raises(
        UserError, match=r"DEADLINE_EXCEEDED.*No answer within 2 s\. Is it overloaded\?"
    ):
        scorer.score(FEATURES)
    server.before = lambda number, request, context: context.abort(
        grpc.StatusCode.NOT_FOUND, "Servable not found for request: Latest(x)"
    )
    with pytest.raises(UserError, match=r"grpc://.*/x: .*NOT_FOUND: Servable not found"):
        RemoteSelector(f"grpc://{server.address}/x")
    with pytest.raises(UserError, match=r"UNAVAILABLE.*\(2 tries\)\. Is the server running there"):
        RemoteSelector("grpc://127.0.0.1:1/dictsum", retries=1)


def test_without_its_packages(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    with pytest.raises(UserError, match=r"needs the package .*: pip install 'tf-dictsum\[serve\]'"):
        RemoteSelector("grpc://localhost:8500/dictsum")
