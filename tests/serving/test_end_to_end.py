"""Server, client, shipped files and certificates together, as processes on real sockets."""

import http.server
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import grpc
import numpy as np
import pytest
import tensorflow as tf
import trustme
import yaml
from serving_harness import EmbeddedServer, Replies, encode, write_model

from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.serving.client.channel import Connection
from tf_dictsum.serving.client.client import Backoff, Model, ScoringClient
from tf_dictsum.serving.config.files import TLS, ssl_text
from tf_dictsum.util.errors import UserError

ROOT = pathlib.Path(__file__).parents[2]
EXPORT = ROOT / "export"
WIDTH = demo_dataset().feature_size


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder as export/models: a small model of the demo set's width, version 1."""
    folder = tmp_path_factory.mktemp("models")
    write_model(folder / "dictsum", 1, WIDTH)
    return folder


def run(*command, **kwargs):
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        **kwargs,
    )


def saved_model_scores(models, features):
    signature = tf.saved_model.load(str(models / "dictsum" / "1")).signatures["serving_default"]
    return signature(features=tf.constant(features[None]), lengths=tf.constant([len(features)]))[
        "scores"
    ].numpy()[0]


def test_clients_of_a_server_that_is_starting_are_told_to_try_again(models):
    """Never NOT_FOUND: that would end a job which waits for its server."""
    request = encode(np.zeros((1, 5, WIDTH), np.float32))
    with EmbeddedServer(
        "--model_name=dictsum", f"--model_base_path={models / 'dictsum'}", wait=""
    ) as server:
        client, end = Replies(server.address, deadline=10), time.monotonic() + 60
        while not client.seconds:
            assert time.monotonic() < end
            assert server.process.poll() is None
            client.close()
            client.__post_init__()  # a new connection: an old one waits longer and longer
            client.send(request)
        assert {error.partition(":")[0] for error in client.errors} == {"UNAVAILABLE"}


@pytest.mark.slow
def test_the_compose_file_on_the_embedded_server(models):
    """Its flags, files, health check and client example, with the container's paths and ports
    replaced.
    """
    compose = yaml.safe_load((EXPORT / "docker-compose.yml").read_text())["services"]["serving"]
    flags = [flag for flag in compose["command"] if "port=" not in flag]
    config = (EXPORT / "models.config").read_text().replace("/models", str(models))
    (models / "models.config").write_text(config)
    flags = [
        flag.replace("/config/models.config", str(models / "models.config")).replace(
            "/config", str(EXPORT)
        )
        for flag in flags
    ]
    assert len(flags) == len(compose["command"]) - 2
    with EmbeddedServer(*flags) as server:
        port = server.rest.rpartition(":")[2]
        check = compose["healthcheck"]["test"][1].replace("8501", port)
        assert subprocess.run(["sh", "-c", check], timeout=30).returncode == 0
        features = demo_dataset().videos["video_2"].features
        np.save(models / "features.npy", features)
        found = run(
            EXPORT / "client_example.py",
            "--server",
            server.address,
            "--features",
            models / "features.npy",
        )
        assert found.returncode == 0, found.stderr
        scores = np.array([float(line) for line in found.stdout.splitlines()])
        np.testing.assert_allclose(scores, saved_model_scores(models, features), atol=2e-6)
        found = run(EXPORT / "client_example.py", "--server", server.address)
        assert len(found.stdout.splitlines()) == 120, found.stderr
    assert (
        subprocess.run(["sh", "-c", check], timeout=30, stderr=subprocess.DEVNULL).returncode != 0
    )


def test_the_health_check_reads_the_state(models):
    """A model that is still loading answers 200 too; the check must see the difference."""
    compose = yaml.safe_load((EXPORT / "docker-compose.yml").read_text())["services"]["serving"]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            assert self.path == "/v1/models/dictsum"
            body = json.dumps(
                {"model_version_status": [{"version": "1", "state": self.server.state}]}, indent=1
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        check = compose["healthcheck"]["test"][1].replace("8501", str(server.server_port))
        for state, status in (("LOADING", 1), ("AVAILABLE", 0), ("END", 1)):
            server.state = state
            assert subprocess.run(["sh", "-c", check], timeout=30).returncode == status
        server.shutdown()


# TLS: certificates are made by trustme (which uses cryptography) for the test


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    server = authority.issue_cert("localhost", "127.0.0.1")
    for name, issuer in (("client", authority), ("stranger", stranger)):
        made = issuer.issue_cert("somebody@example.test")
        made.private_key_pem.write_to_path(str(folder / f"{name}.key"))
        made.cert_chain_pems[0].write_to_path(str(folder / f"{name}.pem"))
    for verify in (False, True):
        ca = authority.cert_pem.bytes().decode() if verify else ""
        tls = TLS(
            server.private_key_pem.bytes().decode(),
            server.cert_chain_pems[0].bytes().decode(),
            ca,
            verify,
        )
        (folder / f"ssl-{verify}.config").write_text(ssl_text(tls))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("verify", [False, True], ids=["one-sided", "mutual"])
def test_tls(models, pki, tmp_path, verify):
    features = demo_dataset().videos["video_2"].features
    wanted = saved_model_scores(models, features)
    flags = (
        "--model_name=dictsum",
        f"--model_base_path={models / 'dictsum'}",
        f"--ssl_config_file={pki / f'ssl-{verify}.config'}",
    )

    def scores(server, retries=0, **files):
        connection = Connection(
            server.address, **{name: str(pki / file) for name, file in files.items()}
        )
        with ScoringClient(connection, Model(), 20.0, Backoff(retries)) as client:
            return client.score(features).values

    own = {"client_cert_file": "client.pem", "client_key_file": "client.key"}
    good = {"ca_file": "ca.pem"} | (own if verify else {})
    with EmbeddedServer(*flags, wait="") as server:
        np.testing.assert_allclose(scores(server, 20, **good), wanted, atol=1e-6)
        bad = [{}, {"ca_file": "client.pem"}]
        bad += (
            [
                {"ca_file": "ca.pem"},
                good | {"client_cert_file": "stranger.pem", "client_key_file": "stranger.key"},
            ]
            if verify
            else []
        )
        for files in bad:
            with pytest.raises(UserError, match="UNAVAILABLE"):
                scores(server, **files)
        with grpc.insecure_channel(server.address) as channel, pytest.raises(grpc.RpcError):
            channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=5)
        options = [f"--{name}={pki / file}" for name, file in good.items()]
        found = run(
            "-m",
            "tf_dictsum.score",
            f"--server={server.address}",
            "--dataset=demo",
            f"--out={tmp_path / 's.json'}",
            *options,
        )
        assert found.returncode == 0, found.stderr
        np.testing.assert_allclose(
            json.loads((tmp_path / "s.json").read_text())["video_2"], wanted, atol=1e-6
        )


# The benchmark's short forms

SMALL = ("--hidden_size=8", "--input_size=8")


def benchmark(mode, *flags):
    found = run("benchmarks/serving.py", f"--mode={mode}", *SMALL, *flags)
    assert found.stdout, found.stderr
    report = json.loads(found.stdout)
    assert found.returncode == 0, report
    assert not report["failed"]
    return report


@pytest.mark.slow
@pytest.mark.parametrize("batching", ["--batching", "--nobatching"])
def test_malformed_requests(batching):
    report = benchmark("malformed", "--requests=300", batching)
    assert report["requests"] >= 300
    assert len(report["kinds"]) >= 15
    assert report["valid_beside"] >= 30
    assert (report["wrong"], report["valid_refused"]) == (0, 0)


@pytest.mark.slow
def test_swaps_under_load():
    report = benchmark("swaps", "--swaps=3")
    assert (report["swaps"], report["errors"]) == (3, 0)
    assert report["answered"] > 20


@pytest.mark.slow
def test_many_clients():
    report = benchmark("soak", "--seconds=10", "--clients=32")
    assert report["errors"] == 0
    assert report["answered"] > 100


@pytest.mark.slow
def test_kill_and_restart():
    report = benchmark(
        "kill", "--restart_limit=60"
    )  # 10 s on a quiet machine: benchmarks/serving.md
    assert report["code_when_killed"] == "UNAVAILABLE"


@pytest.mark.slow
def test_other_modes_of_the_benchmark_run():
    report = benchmark("overhead", "--requests=20", "--length=40")
    assert report["overhead_p50_ms"] < 100  # measured on a quiet machine: benchmarks/serving.md
    report = benchmark("throughput", "--requests=32", "--longest=120")
    assert report["speedup"] > 0
    assert report["batched"]["errors"] == []


@pytest.mark.slow
def test_sigterm_answers_what_is_inside(models):
    features = np.zeros((1, 20_000, WIDTH), np.float32)
    with EmbeddedServer(
        "--model_name=dictsum", f"--model_base_path={models / 'dictsum'}"
    ) as server:
        client = Replies(server.address)
        thread = threading.Thread(target=client.send, args=(encode(features),))
        thread.start()
        time.sleep(0.3)
        begin = time.monotonic()
        os.kill(server.process.pid, signal.SIGTERM)
        assert server.process.wait(60) == 0
        thread.join()
        assert (len(client.seconds), client.errors) == (1, [])
        assert time.monotonic() - begin > 0.05
