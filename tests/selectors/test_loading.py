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
from tf_dictsum.selectors.files import save_selector
from tf_dictsum.selectors.loading import load_model
from tf_dictsum.selectors.remote import RemoteScorer
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
    model = load_model(str(run_directory), RECORD, 6)
    np.testing.assert_allclose(model.scorer(FEATURES), expected, rtol=1e-6)
    assert (model.method, model.rule, model.model) == (
        "dictsum",
        "knapsack",
        str(run_directory / "split0-seed0"),
    )
    assert model.text == "Scored by a trained selector (dictsum, 60 epochs on films)."
    other = load_model(
        str(run_directory / "split1-seed0"), {}, 6
    )  # features without a record cannot be compared
    assert other.model.endswith("split1-seed0")


def test_features_of_another_network_are_refused(run_directory):
    with pytest.raises(
        UserError,
        match=r"--model=.*split0-seed0: not the features .* \(network resnet here, bvlc_googlenet there\)",
    ):
        load_model(str(run_directory), {**RECORD, "network": "resnet"}, 6)
    with pytest.raises(UserError, match=r"was trained on features of width 6, these have 1024"):
        load_model(str(run_directory), RECORD, 1024)


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
        model = load_model(str(folder), RECORD, 6)
        np.testing.assert_allclose(model.scorer(FEATURES), expected, rtol=1e-5)
    assert load_model(str(saved_model), RECORD, 6).model == str(saved_model / "10")
    with pytest.raises(UserError, match=r"width 6, these have 7"):
        load_model(str(saved_model), RECORD, 7)


def test_a_saved_models_record(saved_model):
    write_json(
        saved_model / "10" / "assets.extra" / "metadata.json",
        {"method": "sum_gan_aae", "extractor": RECORD},
    )
    assert load_model(str(saved_model), RECORD, 6).method == "sum_gan_aae"
    with pytest.raises(UserError, match=r"fps 1.0 here, 2.0 there"):
        load_model(str(saved_model), {**RECORD, "fps": 1.0}, 6)


def test_what_is_no_model(tmp_path, run_directory):
    with pytest.raises(UserError, match=r"--model=nowhere: no such folder"):
        load_model("nowhere", RECORD, 6)
    with pytest.raises(UserError, match=r"not a trained model \(it has no selector.json"):
        load_model(str(tmp_path), RECORD, 6)
    (tmp_path / "unfinished" / "split0-seed0").mkdir(parents=True)
    with pytest.raises(UserError, match=r"its training is not finished"):
        load_model(str(tmp_path / "unfinished"), RECORD, 6)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "saved_model.pb").write_bytes(b"x")
    with pytest.raises(UserError, match=r"not a SavedModel that scores features"):
        load_model(str(tmp_path / "broken"), RECORD, 6)
    with pytest.raises(
        UserError, match=r"expected grpc://HOST:PORT/NAME, such as grpc://localhost:8500/dictsum"
    ):
        load_model("grpc://localhost", RECORD, 6)
    with pytest.raises(
        UserError, match=r"--model=grpcs://localhost:70000/dictsum: expected grpc://HOST:PORT/NAME"
    ):
        load_model("grpcs://localhost:70000/dictsum", RECORD, 6)


@pytest.fixture
def server():
    with ScriptedServer(width=6) as running:
        yield running


def test_a_model_server(server):
    model = load_model(f"grpc://{server.address}/dictsum", RECORD, 6)
    np.testing.assert_array_equal(model.scorer(FEATURES), expected_scores(FEATURES))
    assert (
        model.text
        == f"Scored by a trained selector (model server {server.address}, model dictsum)."
    )
    assert model.model == f"grpc://{server.address}/dictsum"
    assert server.requests[-1].model_spec.name == "dictsum"
    long = np.ones((2000, 1024), np.float32)  # 8 MB: more than gRPC's own limits
    assert model.scorer(long).shape == (2000,)


def test_a_server_that_is_busy_is_asked_again(server):
    server.before = lambda number, request, context: (
        number == 0 and context.abort(grpc.StatusCode.UNAVAILABLE, "queue full")
    )
    model = load_model(f"grpc://{server.address}/dictsum", RECORD, 6)
    np.testing.assert_array_equal(model.scorer(FEATURES), expected_scores(FEATURES))
    assert len(server.requests) == 2


def test_a_server_with_tls(server):
    """By the authorities that the environment names; a process of its own, since gRPC reads them once."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    pair = (certificate.private_key_pem.bytes(), certificate.cert_chain_pems[0].bytes())
    code = (
        "import sys; import numpy as np; from tf_dictsum.selectors.loading import load_model; "
        "print(load_model(sys.argv[1], {}, 6).scorer(np.ones((3, 6), np.float32)).tolist())"
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
            UserError, match=r"--model=grpc://.*UNAVAILABLE.*with or without TLS as asked\?"
        ):
            RemoteScorer(f"grpc://localhost:{secure.port}/dictsum", 6, retries=0)


def test_what_a_server_may_say(server):
    address = f"grpc://{server.address}/dictsum"
    with pytest.raises(
        UserError, match=rf"--model={address}: was trained on features of width 6, these have 1024"
    ):
        RemoteScorer(address, 1024)
    scorer = RemoteScorer(address, 6, deadline=2)
    for spoil, message in (
        (lambda s: s[:, :3], r"scores of shape \[1, 3\] for 9 steps"),
        (lambda s: s * np.nan, r"not finite"),
    ):
        server.spoil = spoil
        with pytest.raises(UserError, match=rf"--model={address}: .*{message}"):
            scorer(FEATURES)
    server.before = lambda number, request, context: time.sleep(3)
    with pytest.raises(
        UserError, match=r"DEADLINE_EXCEEDED.*No answer within 2 s\. Is it overloaded\?"
    ):
        scorer(FEATURES)
    server.before = lambda number, request, context: context.abort(
        grpc.StatusCode.NOT_FOUND, "Servable not found for request: Latest(x)"
    )
    with pytest.raises(UserError, match=r"--model=grpc://.*/x: .*NOT_FOUND: Servable not found"):
        RemoteScorer(f"grpc://{server.address}/x", 6)
    with pytest.raises(UserError, match=r"UNAVAILABLE.*\(2 tries\)\. Is the server running there"):
        RemoteScorer("grpc://127.0.0.1:1/dictsum", 6, retries=1)


def test_without_its_packages(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    with pytest.raises(UserError, match=r"needs the package .*: pip install 'tf-dictsum\[serve\]'"):
        RemoteScorer("grpc://localhost:8500/dictsum", 6)
