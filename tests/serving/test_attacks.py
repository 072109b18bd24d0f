"""What clients may send to a server without harm to the others. All of it goes to a server on
loopback.
"""

import contextlib
import json
import re
import signal
import socket
import ssl
import threading
import time

import grpc
import httpx
import numpy as np
import pytest
import trustme
from grpc_reflection.v1alpha import reflection_pb2_grpc
from serving_harness import CHANNEL, PREDICT, EmbeddedServer, Replies, encode, write_model
from tensorflow_serving.apis import (
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
)

from tf_dictsum.serving.config.files import TLS, ssl_text

WIDTH = 7
FLAGS = (
    "--model_name=dictsum",
    "--request_read_seconds=4",
    "--rest_header_seconds=1",
    "--rest_idle_seconds=2",
    "--max_message_bytes=3000000",
    "--max_body_bytes=300000",
    "--max_request_steps=30000",
    "--grpc_max_threads=2",
)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_model(folder / "dictsum", 1, WIDTH)
    (folder / "monitoring.config").write_text("prometheus_config { enable: true }")
    return folder / "dictsum"


@pytest.fixture(scope="module")
def server(base):
    monitoring = base.parent / "monitoring.config"
    with EmbeddedServer(
        *FLAGS, f"--model_base_path={base}", f"--monitoring_config_file={monitoring}"
    ) as process:
        yield process


@pytest.fixture(autouse=True)
def healthy(request):
    """After every attack the server answers, and its log has no traceback."""
    yield
    if "server" in request.fixturenames:
        process = request.getfixturevalue("server")
        client = Replies(process.address, deadline=20)
        assert client.send(request_of()) is not None, client.errors
        client.close()
        assert "Traceback" not in process.log.read_text()


def request_of(steps=20, batch=1):
    return encode(np.random.default_rng(0).random((batch, steps, WIDTH), np.float32))


def connect(server):
    host, port = server.rest.split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def closed_after(client):
    """Seconds until the server closes the connection; what it said is thrown away."""
    begin = time.monotonic()
    while client.recv(65536):
        pass
    return time.monotonic() - begin


class Silence:
    """A stream of requests that never come, until `end`."""

    def __init__(self):
        self.ended = threading.Event()

    def __iter__(self):
        self.ended.wait(60)
        return iter(())


def test_calls_without_a_message_do_not_freeze_the_server(server):
    silence = Silence()

    def nothing():
        yield from silence

    channel = grpc.insecure_channel(server.address, CHANNEL)
    try:
        calls = [channel.stream_unary(PREDICT).future(nothing()) for _ in range(100)]
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        streams = [stub.ServerReflectionInfo(nothing()) for _ in range(64)]
        time.sleep(1)
        client = Replies(server.address, deadline=3)
        for _ in range(5):
            assert client.send(request_of()) is not None, client.errors
        assert {call.exception(timeout=20).code() for call in calls} == {
            grpc.StatusCode.DEADLINE_EXCEEDED
        }
        assert [list(stream) for stream in streams] == [[]] * 64  # they end by themselves
    finally:
        silence.ended.set()
        channel.close()


def test_a_method_called_without_any_message(server):
    with grpc.insecure_channel(server.address) as channel:
        with pytest.raises(grpc.RpcError) as error:
            channel.stream_unary(PREDICT)(iter(()), timeout=10)
        assert error.value.code() == grpc.StatusCode.INTERNAL
        with pytest.raises(grpc.RpcError) as error:
            channel.unary_unary("/no.such.Service/Method")(b"", timeout=10)
        assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_clients_may_not_say_what_is_served(server):
    request = model_management_pb2.ReloadConfigRequest()
    request.config.model_config_list.SetInParent()
    with grpc.insecure_channel(server.address) as channel:
        with pytest.raises(grpc.RpcError) as error:
            model_service_pb2_grpc.ModelServiceStub(channel).HandleReloadConfigRequest(
                request, timeout=10
            )
    assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED
    assert "enable_model_reload is off" in error.value.details()


def small_request(steps):
    """74 bytes that stand for [1, steps, WIDTH] values."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "dictsum"
    for name, kind, shape in (("features", 1, (1, steps, WIDTH)), ("lengths", 3, (1,))):
        request.inputs[name].dtype = kind
        for size in shape:
            request.inputs[name].tensor_shape.dim.add(size=size)
    request.inputs["features"].float_val.append(0.5)
    request.inputs["lengths"].int_val.append(steps)
    return request.SerializeToString()


def refusal(server, request):
    client = Replies(server.address, deadline=20)
    assert client.send(request) is None
    client.close()
    return client.errors[0]


def test_a_small_request_of_large_cost(server):
    client = Replies(server.address, deadline=20)
    assert client.send(small_request(100)) is not None
    client.close()
    text = refusal(server, small_request(200_000))
    assert text.startswith("INVALID_ARGUMENT: tensor parsing error: features: asks for 5600000 ")
    assert "(max_implied_bytes)" in text


def test_too_many_steps(server):
    assert refusal(server, small_request(30_001)) == (
        "INVALID_ARGUMENT: input features has 30001 steps (videos x time); at most 30000 are "
        "computed in one request (max_request_steps)"
    )
    assert "40000 steps" in refusal(server, encode(np.zeros((40_000, 0, WIDTH), np.float32)))


def test_too_large_a_message(server):
    assert refusal(server, bytes(3_000_001)).startswith("RESOURCE_EXHAUSTED: ")


def test_cancelled_calls_are_not_computed(server):
    def runs():
        text = httpx.get(f"http://{server.rest}/monitoring/prometheus/metrics", timeout=10).text
        found = re.findall(r"runtime_latency_count\{.*?\} (\d+)", text)
        return sum(map(int, found))

    before = runs()
    long = request_of(29_000)  # seconds each, one after the other
    channel = grpc.insecure_channel(server.address, CHANNEL)
    call = channel.unary_unary(PREDICT)
    first = [call.future(long, timeout=60) for _ in range(2)]  # both threads
    time.sleep(0.2)
    others = [call.future(long, timeout=60) for _ in range(20)]
    time.sleep(0.3)
    for one in others:
        one.cancel()
    assert all(one.result() for one in first)
    channel.close()
    client = Replies(server.address, deadline=20)
    assert client.send(request_of()) is not None
    client.close()
    assert runs() - before <= 5  # the two, the last one, and what may have begun


# REST


def post(path, body):
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_a_large_body(server):
    url = f"http://{server.rest}/v1/models/dictsum:predict"
    reply = httpx.post(url, content=bytes(300_001), timeout=20)
    assert (reply.status_code, reply.json()) == (
        413,
        {"error": "the body has more than 300000 bytes (max_body_bytes)"},
    )

    def chunks():
        for _ in range(40):
            yield bytes(10_000)

    # The connection may be closed while the client is still sending.
    with contextlib.suppress(httpx.TransportError):
        assert httpx.post(url, content=chunks(), timeout=20).status_code == 413
    reply = httpx.post(url, content=b" " * 300_000, timeout=20)
    assert reply.status_code == 400


def test_a_body_for_a_model_that_is_not_there_is_not_read(server):
    with connect(server) as client:
        client.sendall(b"POST /v1/models/none:predict HTTP/1.1\r\nHost: x\r\n")
        client.sendall(b"Content-Length: 250000\r\n\r\n")  # and no body
        reply = b"".join(iter(lambda: client.recv(65536), b""))
        assert reply.startswith(b"HTTP/1.1 404 ")
        assert b"Servable not found for request: Latest(none)" in reply


@pytest.mark.parametrize("said", [b"", b"GET /v1/models/dictsum HTTP/1.1\r\nHost: x\r\nX-A: "])
def test_half_a_head(server, said):
    with connect(server) as client:
        client.sendall(said)
        assert closed_after(client) < 6


def test_a_head_in_drops(server):
    begin = time.monotonic()

    def drip(client):
        while time.monotonic() - begin < 20:
            client.sendall(b"X")
            time.sleep(0.1)

    with connect(server) as client, pytest.raises(ConnectionError):
        drip(client)
    assert time.monotonic() - begin < 6


def test_half_a_body(server):
    with connect(server) as client:
        client.sendall(post("/v1/models/dictsum:predict", b"x" * 1000)[:-1])
        begin = time.monotonic()
        assert client.recv(65536).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - begin < 12


def test_clients_that_hang_up_in_a_body_leave_no_traceback(server):
    for size in (1, 100_000):
        with connect(server) as client:
            client.sendall(post("/v1/models/dictsum:predict", b"x" * 200_000)[:-size])
    time.sleep(0.3)  # `healthy` reads the log


def test_a_connection_serves_several_requests(server):
    with httpx.Client() as client:
        for _ in range(3):
            assert (
                client.get(f"http://{server.rest}/v1/models/dictsum", timeout=10).status_code == 200
            )
            time.sleep(0.5)


@pytest.mark.parametrize("digits", [19, 4301, 20_000])
def test_a_version_of_many_digits(server, digits):
    reply = httpx.get(f"http://{server.rest}/v1/models/dictsum/versions/{'9' * digits}", timeout=10)
    assert reply.status_code in (400, 404)


# The end


@pytest.mark.slow
def test_silent_clients_do_not_hold_up_the_end(base):
    with EmbeddedServer("--model_name=dictsum", f"--model_base_path={base}") as server:
        silence = Silence()

        def nothing():
            yield from silence

        channel = grpc.insecure_channel(server.address)
        calls = [channel.stream_unary(PREDICT).future(nothing()) for _ in range(10)]
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        streams = [stub.ServerReflectionInfo(nothing()) for _ in range(10)]
        rest = [connect(server) for _ in range(2)]
        rest[1].sendall(post("/v1/models/dictsum:predict", b"x" * 1000)[:-1])
        time.sleep(0.5)
        begin = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
        assert time.monotonic() - begin < 15  # the default of drain_seconds is 30
        silence.ended.set()
        assert all(call.exception() is not None for call in calls)
        for stream in streams:
            stream.cancel()
        for client in rest:
            client.close()
        channel.close()


# TLS


@pytest.mark.slow
def test_rest_has_the_tls_of_grpc(base, tmp_path):
    """The REST port was plain and open beside a gRPC port that demanded certificates."""
    authority, other = trustme.CA(), trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    key = certificate.private_key_pem.bytes().decode()
    chain = certificate.cert_chain_pems[0].bytes().decode()
    config = tmp_path / "ssl.config"
    config.write_text(ssl_text(TLS(key, chain, authority.cert_pem.bytes().decode(), True)))
    flags = (
        "--model_name=dictsum",
        f"--model_base_path={base}",
        f"--ssl_config_file={config}",
        f"--monitoring_config_file={base.parent / 'monitoring.config'}",
    )

    def ask(server, path, issuer):
        context = ssl.create_default_context()
        authority.configure_trust(context)
        if issuer is not None:
            issuer.issue_cert("client@example.org").configure_cert(context)
        return httpx.get(f"https://{server.rest}{path}", verify=context, timeout=20)

    with EmbeddedServer(*flags, wait="") as server:
        end = time.monotonic() + 60
        while "REST on" not in server.log.read_text():
            assert time.monotonic() < end
            time.sleep(0.1)
        for path in ("/v1/models/dictsum", "/monitoring/prometheus/metrics"):
            assert ask(server, path, authority).status_code == 200
            for issuer in (None, other):
                with pytest.raises(httpx.TransportError):
                    ask(server, path, issuer)
            with pytest.raises(httpx.TransportError):
                httpx.get(f"http://{server.rest}{path}", timeout=10)
        assert json.loads(ask(server, "/v1/models/dictsum", authority).text)
        log = server.log.read_text()
        assert "Traceback" not in log
        assert "PRIVATE KEY" not in log
