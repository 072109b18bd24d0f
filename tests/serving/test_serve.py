"""The embedded server as a process: flags, sockets, TLS, signals, live changes. Its answers:
test_conformance.py.
"""

import json
import signal
import socket
import subprocess
import sys
import threading
import time

import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
import trustme
from grpc_health.v1 import health_pb2, health_pb2_grpc
from serving_harness import (
    CHANNEL,
    EmbeddedServer,
    Replies,
    encode,
    free_port,
    publish,
    write_model,
)
from tensorflow_serving.apis import get_model_status_pb2, model_service_pb2_grpc

from tf_dictsum.serving.config.files import TLS, ServedModel, models_text, ssl_text

WIDTH = 7
AVAILABLE, END = (
    get_model_status_pb2.ModelVersionStatus.AVAILABLE,
    get_model_status_pb2.ModelVersionStatus.END,
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Two versions of a small model; the first with a wide input, so that a request can be made to
    last.
    """
    folder = tmp_path_factory.mktemp("exported")
    return [write_model(folder, 1, WIDTH, 64), write_model(folder, 2, WIDTH, 64)]


@pytest.fixture
def base(exported, tmp_path):
    publish(exported[0], tmp_path / "dictsum" / "1")
    return tmp_path / "dictsum"


def request_of(steps=20, batch=1):
    return encode(np.random.default_rng(0).random((batch, steps, WIDTH), np.float32))


def states(address, model="dictsum"):
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = model
    with grpc.insecure_channel(address) as channel:
        try:
            reply = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(
                request, timeout=10
            )
        except grpc.RpcError as error:
            return error.details()
    return {row.version: row.state for row in reply.model_version_status}


def wait_for(condition, seconds=40):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def serve(*flags, **options):
    command = [sys.executable, "-m", "tf_dictsum.serve", *flags]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, **options
    )


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (
            (),
            "say what to serve: --model_name=NAME --model_base_path=FOLDER, or "
            "--model_config_file=FILE.",
        ),
        (
            ("--model_base_path=x", "--batching_parameters_file=y"),
            "--batching_parameters_file is set without --enable_batching.",
        ),
        (
            ("--model_base_path=x", "--monitoring_config_file=y"),
            "--monitoring_config_file shows metrics on the REST port. Add --rest_api_port.",
        ),
        (
            ("--model_base_path=x", "--model_config_file_poll_wait_seconds=1"),
            "--model_config_file_poll_wait_seconds needs --model_config_file.",
        ),
        (("--model_base_path=x", "--port=70000"), "port"),
        (
            (
                "--model_base_path=x",
                "--tensorflow_session_parallelism=1",
                "--tensorflow_intra_op_parallelism=1",
                "--tensorflow_inter_op_parallelism=1",
            ),
            "not all three",
        ),
        (("more",), "unexpected argument 'more'"),
    ],
)
def test_flags_that_do_not_fit(flags, text):
    done = serve(*flags)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert text in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_no_such_folder(tmp_path):
    done = serve("--model_name=m", f"--model_base_path={tmp_path}/nowhere")
    assert (done.returncode, done.stderr) == (
        2,
        f"error: {tmp_path}/nowhere: no such folder; expected the version folders of model m.\n",
    )


def test_clients_that_hang_up_do_not_end_the_server(base):
    """A write to a client that has gone raises SIGPIPE, whose default action ends a process."""
    server = EmbeddedServer("--model_name=dictsum", f"--model_base_path={base}")
    try:
        host, port = server.rest.split(":")
        body = json.dumps(
            {"inputs": {"features": np.zeros((1, 20, WIDTH)).tolist(), "lengths": [20]}}
        ).encode()
        head = f"POST /v1/models/dictsum:predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()  # noqa: E501
        for said in (b"\x16\x03\x01hello\r\n\r\n", (head + body) * 2) * 10:
            with socket.create_connection((host, int(port))) as client:
                client.sendall(said)
        assert httpx.get(f"http://{server.rest}/v1/models/dictsum").status_code == 200
        assert server.process.poll() is None
    finally:
        server.kill()


@pytest.mark.slow
def test_a_port_in_use(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = serve(f"--model_base_path={tmp_path}", f"--port={port}")
        assert done.returncode == 2
        assert f"error: cannot listen on 127.0.0.1:{port} for gRPC" in done.stderr
        done = serve(f"--model_base_path={tmp_path}", "--port=0", f"--rest_api_port={port}")
        assert done.returncode == 2
        assert (
            f"error: cannot listen on 127.0.0.1:{port} for REST: Address already in use."
            in done.stderr
        )


def test_a_missing_package_is_named():
    code = "import importlib.util as u, sys; u.find_spec = lambda n: None if n == 'uvicorn' else True; import tf_dictsum.serve as s; s.run()"  # noqa: E501
    done = subprocess.run(
        [sys.executable, "-c", code, "--model_base_path=x"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (
        2,
        "error: serving needs uvicorn: pip install 'tf-dictsum[serve]'.\n",
    )


def own_address():
    """An address of this machine beyond loopback, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
            return probe.getsockname()[0]
        except OSError:
            return None


def test_swaps_drain_and_loopback(base, exported):
    """One server through its life: only loopback, a new version, a broken one, SIGTERM while a
    request is inside.
    """
    with EmbeddedServer(
        "--model_name=dictsum", f"--model_base_path={base}", "--drain_seconds=60"
    ) as server:
        outside = own_address()
        if outside and outside != "127.0.0.1":
            for port in server.ports:
                with pytest.raises((ConnectionError, TimeoutError)):
                    socket.create_connection((outside, port), timeout=5)
        client = Replies(server.address)
        stop = threading.Event()

        def ask():
            while not stop.is_set():
                client.send(request_of())

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            publish(exported[1], base / "2")
            wait_for(lambda: states(server.address) == {1: END, 2: AVAILABLE})
            (base / "beside").mkdir()
            (base / "beside" / "saved_model.pb").write_bytes(b"torn")
            (base / "beside").rename(base / "3")
            wait_for(lambda: states(server.address).get(3) == END)
            rows = httpx.get(
                f"http://{server.rest}/v1/models/dictsum/versions/3", timeout=10
            ).json()["model_version_status"]
            assert rows[0]["state"] == "END"
            assert rows[0]["status"] == {
                "error_code": "OUT_OF_RANGE",
                "error_message": "Read less bytes than requested",
            }
            assert str(base / "3") in server.log.read_text()
            time.sleep(0.3)
            assert states(server.address) == {1: END, 2: AVAILABLE, 3: END}
        finally:
            stop.set()
            asking.join()
        assert client.errors == []
        assert set(client.versions) == {1, 2}

        long, replies = Replies(server.address), []
        inside = threading.Thread(target=lambda: replies.append(long.send(request_of(4000, 16))))
        inside.start()
        time.sleep(0.3)
        with grpc.insecure_channel(server.address) as channel:
            watch = health_pb2_grpc.HealthStub(channel).Watch(
                health_pb2.HealthCheckRequest(), timeout=30
            )
            assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
            server.process.send_signal(signal.SIGTERM)
            assert next(watch).status == health_pb2.HealthCheckResponse.NOT_SERVING
            watch.cancel()
        time.sleep(0.1)
        late = Replies(server.address)
        assert late.send(request_of()) is None
        assert late.errors[0].startswith("UNAVAILABLE")
        assert inside.is_alive(), "the request was too short for this test"
        inside.join()
        assert long.errors == []
        assert replies[0].outputs["scores"].tensor_shape.dim[1].size == 4000
        assert server.process.wait(30) == 0
        log = server.log.read_text()
        assert "ending: answering in-flight requests" in log
        assert "Traceback" not in log


def test_a_signal_while_loading(base):
    server = EmbeddedServer("--model_name=dictsum", f"--model_base_path={base}", wait="")
    wait_for(lambda: "loading dictsum" in server.log.read_text())
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(30) == 0, server.log.read_text()
    server.log.unlink()


def test_tls_and_client_certificates(base, tmp_path):
    authority, other = trustme.CA(), trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    config = tmp_path / "ssl.config"
    key, chain = (
        certificate.private_key_pem.bytes().decode(),
        certificate.cert_chain_pems[0].bytes().decode(),
    )
    root = authority.cert_pem.bytes()
    config.write_text(ssl_text(TLS(key, chain, root.decode(), True)))

    def ask(address, credentials, **options):
        with grpc.secure_channel(address, credentials, CHANNEL) as channel:
            call = channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
            return call(request_of(), timeout=20, **options)

    def client(issuer):
        own = issuer.issue_cert("client@example.org")
        return grpc.ssl_channel_credentials(
            root, own.private_key_pem.bytes(), own.cert_chain_pems[0].bytes()
        )

    flags = ("--model_name=dictsum", f"--model_base_path={base}", f"--ssl_config_file={config}")
    with EmbeddedServer(*flags, wait="") as server:
        wait_for(lambda: "gRPC on" in server.log.read_text())
        assert ask(server.address, client(authority))
        for credentials in (
            grpc.ssl_channel_credentials(root),
            client(other),
        ):  # no certificate, a stranger's
            with pytest.raises(grpc.RpcError) as error:
                ask(server.address, credentials)
            assert error.value.code() == grpc.StatusCode.UNAVAILABLE
        plain = Replies(server.address, deadline=10)
        assert plain.send(request_of()) is None
        assert "with TLS" in server.log.read_text()
        assert "PRIVATE KEY" not in server.log.read_text()

    config.write_text(
        ssl_text(TLS(other.issue_cert("localhost").private_key_pem.bytes().decode(), chain))
    )
    done = serve(*flags, f"--port={free_port()}")
    assert done.returncode == 2
    assert "the key and certificate of --ssl_config_file do not fit" in done.stderr


def test_the_models_file_is_followed(base, exported, tmp_path):
    publish(exported[1], tmp_path / "second" / "5")
    file = tmp_path / "models.config"
    first, second = (
        ServedModel("dictsum", str(base), labels={"stable": 1}),
        ServedModel("second", str(tmp_path / "second")),
    )

    def write(text):
        (tmp_path / "beside").write_text(text)
        (tmp_path / "beside").rename(file)

    write(models_text([first]))
    flags = (
        f"--model_config_file={file}",
        "--model_config_file_poll_wait_seconds=1",
        "--allow_version_labels_for_unavailable_models",
        "--host=0.0.0.0",
    )
    with EmbeddedServer(*flags) as server:
        assert (
            "listening on 0.0.0.0: whoever reaches it may use it, and read along: no TLS"
            in server.log.read_text()
        )
        reply = httpx.post(
            f"http://{server.rest}/v1/models/dictsum/labels/stable:predict",
            json=columns(),
            timeout=20,
        )
        assert reply.status_code == 200
        write("model_config_list { config { nome: 'x' } }")
        wait_for(lambda: "nome" in server.log.read_text())
        assert states(server.address) == {1: AVAILABLE}
        write(models_text([first, second]))
        wait_for(lambda: states(server.address, "second") == {5: AVAILABLE})
        write(models_text([second]))
        wait_for(lambda: states(server.address) == {1: END})
        assert "dictsum" not in json.dumps(
            httpx.get(f"http://{server.rest}/v1/models/second", timeout=10).json()
        )


def columns(steps=3):
    return {"inputs": {"features": np.ones((1, steps, WIDTH)).tolist(), "lengths": [steps]}}


@pytest.mark.slow
def test_killed_and_started_again(base):
    flags = ("--model_name=dictsum", f"--model_base_path={base}")
    server = EmbeddedServer(*flags)
    server.kill()
    begin = time.monotonic()
    with EmbeddedServer(*flags, ports=server.ports) as again:
        client = Replies(again.address)
        assert client.send(request_of()) is not None
    assert time.monotonic() - begin < 60  # benchmarks/serving.py measures it
    server.log.unlink()


@pytest.mark.slow
def test_batching_gives_the_same_scores(base, tmp_path):
    """Many clients, mixed lengths, with and without batching: every answer is the one a request
    gets alone.
    """
    file = tmp_path / "batching.config"
    file.write_text(
        "max_batch_size { value: 8 } batch_timeout_micros { value: 5000 } max_enqueued_batches "
        "{ value: 100 } "
        "num_batch_threads { value: 2 } allowed_batch_sizes: 2 allowed_batch_sizes: 8 "
        "pad_variable_length_inputs: true"
    )
    requests = [request_of(steps) for steps in range(1, 60)]
    answers = {}
    for name, flags in (
        ("alone", ()),
        ("batched", ("--enable_batching", f"--batching_parameters_file={file}")),
    ):
        with EmbeddedServer("--model_name=dictsum", f"--model_base_path={base}", *flags) as server:
            found = answers[name] = [None] * len(requests)

            def work(first, server=server, found=found):
                client = Replies(server.address)
                for n in range(first, len(requests), 8):
                    found[n] = tf.make_ndarray(client.send(requests[n]).outputs["scores"])[0]

            workers = [threading.Thread(target=work, args=(first,)) for first in range(8)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
    for steps, (alone, batched) in enumerate(
        zip(answers["alone"], answers["batched"], strict=True), start=1
    ):
        np.testing.assert_allclose(batched[:steps], alone, rtol=0, atol=1e-6)
        assert not batched[steps:].any()
