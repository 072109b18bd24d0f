"""The client and `python -m tf_dictsum.score` against a server that misbehaves on command."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import grpc
import numpy as np
import pytest
import trustme
from absl import logging
from scripted_server import ScriptedServer, expected_scores

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.report.scores_file import read_scores
from tf_dictsum.serving.client.channel import Connection
from tf_dictsum.serving.client.client import Backoff, Model, ScoringClient
from tf_dictsum.serving.client.scoring import score_dataset
from tf_dictsum.util.errors import UserError

MODEL, QUICK = Model(), Backoff(retries=4, first=0.01, most=0.02)


@pytest.fixture
def dataset(tmp_path, small_dataset):
    return load_dataset(str(small_dataset(tmp_path / "data.h5", videos=6)))


def client_of(server, model=MODEL, **kwargs):
    return ScoringClient(
        Connection(server.address), model, **{"backoff": QUICK, "deadline": 20.0, **kwargs}
    )


def score(server, dataset, out, **kwargs):
    with client_of(server, **kwargs) as client:
        return score_dataset(client, dataset, out, progress=False, in_flight=3)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check(out, dataset, version=1):
    found = json.loads(out.read_text())
    assert list(found) == list(dataset.videos)
    for key, video in dataset.videos.items():
        np.testing.assert_array_equal(
            np.float32(found[key]), expected_scores(video.features, version)
        )
    assert not out.with_name(out.name + ".partial").exists()


def failing(codes):
    """Fails the first requests with these codes, one after the other."""

    def before(number, request, context):
        if 0 <= number < len(codes):
            context.abort(codes[number], f"scripted {number}")

    return before


def test_scores_a_dataset(tmp_path, dataset):
    with ScriptedServer() as server:
        assert score(server, dataset, tmp_path / "scores.json") == 1
        check(tmp_path / "scores.json", dataset)
        sent = server.requests[0]
        assert (sent.model_spec.name, sent.model_spec.signature_name) == (
            "dictsum",
            "serving_default",
        )
        assert not sent.model_spec.HasField("version")
        lengths = [
            request.inputs["features"].tensor_shape.dim[1].size for request in server.requests
        ]
        assert (
            sorted(lengths, reverse=True)
            == sorted(v.n_steps for v in dataset.videos.values())[::-1]
        )


def test_requests_are_pipelined(tmp_path, dataset):
    together = threading.Barrier(3)
    with ScriptedServer(
        lambda number, request, context: number >= 0 and together.wait(20)
    ) as server:
        score(
            server, dataset, tmp_path / "scores.json"
        )  # no answer before three requests are there at the same time
        assert server.most == 3


def test_version_and_label_are_sent(tmp_path, dataset):
    with ScriptedServer() as server:
        score(
            server,
            dataset,
            tmp_path / "a.json",
            model=Model("m", version=7, signature="serving_default"),
        )
        assert (
            server.requests[-1].model_spec.name,
            server.requests[-1].model_spec.version.value,
        ) == ("m", 7)
        score(server, dataset, tmp_path / "b.json", model=Model("m", label="stable"))
        assert server.requests[-1].model_spec.version_label == "stable"
    with pytest.raises(UserError, match="exclude each other"):
        Model("m", 7, "stable")


def test_unavailable_is_tried_again(tmp_path, dataset):
    codes = [grpc.StatusCode.UNAVAILABLE] * 5
    with ScriptedServer(failing(codes)) as server:
        score(server, dataset, tmp_path / "scores.json")
        check(tmp_path / "scores.json", dataset)
        assert len(server.requests) == len(dataset.videos) + 5


def test_a_model_that_has_answered_may_be_away_for_a_moment(tmp_path, dataset):
    with ScriptedServer(failing([grpc.StatusCode.NOT_FOUND] * 5)) as server:
        score(server, dataset, tmp_path / "scores.json")
        check(tmp_path / "scores.json", dataset)
        assert len(server.requests) == len(dataset.videos) + 5

    def never_there(_, __, context):
        context.abort(grpc.StatusCode.NOT_FOUND, "Servable not found for request: Latest(m)")

    with ScriptedServer(never_there) as server, pytest.raises(UserError, match="NOT_FOUND"):
        score(server, dataset, tmp_path / "other.json")


def test_unavailable_for_ever(tmp_path, dataset, monkeypatch):
    said = []
    monkeypatch.setattr(logging, "warning", lambda text, *values: said.append(text % values))
    with ScriptedServer(failing([grpc.StatusCode.UNAVAILABLE] * 99)) as server:
        with pytest.raises(
            UserError, match=r"UNAVAILABLE: scripted \d+ \(5 tries\)\. Is the server running there"
        ):
            score(server, dataset, tmp_path / "scores.json")
    (line,) = said
    assert re.search(r"UNAVAILABLE: scripted \d+; trying up to 3 times more\.$", line)
    assert list(tmp_path.glob("scores*")) == []


@pytest.mark.parametrize(
    "code", [c for c in grpc.StatusCode if c.name not in ("OK", "UNAVAILABLE")]
)
def test_no_other_error_is_tried_again(code):
    with ScriptedServer(failing([code])) as server, client_of(server) as client:
        with pytest.raises(UserError, match=f"^{server.address}: {code.name}: scripted 0"):
            client.score(np.zeros((5, 7), np.float32))
        assert len(server.requests) == 1


def test_the_deadline(tmp_path):
    with (
        ScriptedServer(lambda *_: time.sleep(1)) as server,
        client_of(server, deadline=0.2) as client,
    ):
        begin = time.monotonic()
        with pytest.raises(
            UserError, match=r"DEADLINE_EXCEEDED.*No answer within 0\.2 s\. Raise `deadline`"
        ):
            client.score(np.zeros((5, 7), np.float32))
        assert time.monotonic() - begin < 0.9


def test_backoff_doubles_up_to_its_most():
    waits = [Backoff(first=0.5, most=10.0).seconds(n) for n in range(8)]
    for wait, whole in zip(waits, (0.5, 1, 2, 4, 8, 10, 10, 10), strict=True):
        assert whole / 2 <= wait <= whole


def test_an_interrupted_job_goes_on(tmp_path, dataset):
    out = tmp_path / "scores.json"
    with ScriptedServer(
        lambda n, request, context: n == 4 and context.abort(grpc.StatusCode.INTERNAL, "broken")
    ) as server:
        with pytest.raises(
            UserError,
            match=r"INTERNAL: broken\. [345] of 6 videos are kept in .*scores.json.partial; the same command",  # noqa: E501
        ):
            score(server, dataset, out)
    kept = json.loads((tmp_path / "scores.json.partial").read_text())["videos"]
    assert not out.exists()
    with ScriptedServer() as server:
        score(server, dataset, out)
        assert len(server.requests) == 6 - len(kept)
        check(out, dataset)


def test_kept_scores_of_other_features_or_another_model_do_not_count(
    tmp_path, dataset, small_dataset
):
    out, partial = tmp_path / "scores.json", tmp_path / "scores.json.partial"
    with ScriptedServer(
        lambda n, request, context: n == 5 and context.abort(grpc.StatusCode.INTERNAL, "broken")
    ) as server:
        with pytest.raises(UserError, match="kept"):
            score(server, dataset, out)
    text = partial.read_text()
    with ScriptedServer() as server:
        score(server, dataset, out, model=Model("other"))
        assert len(server.requests) == 6
    partial.write_text(text)
    dataset.videos["video_6"].features[0, 0] += 1
    kept = json.loads(text)["videos"]
    with ScriptedServer() as server:
        score(server, dataset, out)
        assert len(server.requests) == 6 - len(kept.keys() - {"video_6"})
        check(out, dataset)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"model": "dictsum serving_default", "videos": {"video_1": {"features": 1}}}',
        "{",
    ],
)
def test_a_strange_partial_file_is_refused(tmp_path, dataset, text):
    (tmp_path / "scores.json.partial").write_text(text)
    with ScriptedServer() as server:
        if "features" in text:  # a row that fits no video is of another dataset
            score(server, dataset, tmp_path / "scores.json")
        else:
            with pytest.raises(UserError, match=r"scores\.json\.partial: not "):
                score(server, dataset, tmp_path / "scores.json")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda row: row["scores"].__setitem__(0, 77.0),
        lambda row: row["scores"].pop(),
        lambda row: row.__setitem__("version", 9),
        lambda row: row.pop("sha256"),
    ],
)
def test_a_changed_row_of_the_partial_file_never_becomes_a_result(tmp_path, dataset, spoil):
    out, partial = tmp_path / "scores.json", tmp_path / "scores.json.partial"
    with ScriptedServer(
        lambda n, request, context: n == 5 and context.abort(grpc.StatusCode.INTERNAL, "broken")
    ) as server:
        with pytest.raises(UserError, match="kept"):
            score(server, dataset, out)
        kept = json.loads(partial.read_text())
        spoil(next(iter(kept["videos"].values())))
        partial.write_text(json.dumps(kept))
        with pytest.raises(UserError, match=r"scores\.json\.partial: not the partial scores"):
            score(server, dataset, out)
    assert not out.exists()


def test_all_scores_are_of_one_version_when_the_server_swaps(tmp_path, dataset, caplog):
    def swap(number, request, context):
        if number == 4:
            server.version = 2

    with ScriptedServer(swap) as server:
        assert score(server, dataset, tmp_path / "scores.json") == 2
    check(tmp_path / "scores.json", dataset, version=2)
    assert "moved to version 2" in caplog.text


def test_a_server_that_never_stays_at_a_version(tmp_path, dataset):
    def swap(number, request, context):
        server.version += 1

    with (
        ScriptedServer(swap) as server,
        pytest.raises(UserError, match=r"changed its version 5 times meanwhile\. Pin one"),
    ):
        score(server, dataset, tmp_path / "scores.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 9}, r"features of width 7, but model dictsum version 1 expects 9"),
        (
            {"inputs": ("x", "lengths")},
            r"signature serving_default is lengths, x -> scores; expected features, lengths -> scores",  # noqa: E501
        ),
        ({"output": "y"}, r"signature serving_default is features, lengths -> y"),
        ({"spoil": lambda s: s * np.nan}, r"scores that are not finite"),
        ({"spoil": lambda s: s[0]}, r"scores of shape \[\d+\] for \d+ steps; expected \[1, \d+\]"),
        ({"spoil": lambda s: s[:, :5]}, r"scores of shape \[1, 5\] for"),
    ],
)
def test_strange_servers(tmp_path, dataset, change, message):
    with ScriptedServer() as server:
        vars(server).update(change)
        with pytest.raises(UserError, match=message):
            score(server, dataset, tmp_path / "scores.json")


def test_an_answer_without_scores_and_a_signature_that_is_not_there():
    with ScriptedServer() as server, client_of(server, model=Model(signature="keyshots")) as client:
        server.output = "y"
        with pytest.raises(UserError, match="the answer has no scores, only y"):
            client.score(np.zeros((5, 7), np.float32))
        with pytest.raises(UserError, match="no signature 'keyshots'; it has serving_default"):
            client.signature()


def test_more_than_4_mb_each_way():
    features = np.random.default_rng(0).random((1_500_000, 1), np.float32)
    with ScriptedServer(width=1) as server, client_of(server) as client:
        np.testing.assert_array_equal(
            client.score(features).values, expected_scores(features[None])[0]
        )
    with ScriptedServer(width=1) as server:
        limited = ScoringClient(
            Connection(server.address, max_message_bytes=2**20), Model(), backoff=QUICK
        )
        with limited, pytest.raises(UserError, match=r"RESOURCE_EXHAUSTED.*larger than max"):
            limited.score(features)


@pytest.mark.parametrize(
    "server", ["", "localhost", "localhost:", ":8500", "http://localhost:8500/x", "localhost:99999"]
)
def test_addresses(server):
    with pytest.raises(UserError, match=r"expected HOST:PORT of a gRPC port"):
        Connection(server)


# TLS


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    """A certificate authority made for the test, with a server's and a client's certificate; and a
    stranger's authority.
    """
    folder = tmp_path_factory.mktemp("pki")
    authority, stranger = trustme.CA(), trustme.CA()
    for name, made in (("ca", authority), ("stranger", stranger)):
        made.cert_pem.write_to_path(str(folder / f"{name}.pem"))
    for name in ("server", "client"):
        made = authority.issue_cert("example.test" if name == "server" else "somebody@example.test")
        made.private_key_pem.write_to_path(str(folder / f"{name}.key"))
        made.cert_chain_pems[0].write_to_path(str(folder / f"{name}.pem"))
    return folder


@pytest.fixture(params=[False, True], ids=["one-sided", "mutual"])
def tls_server(request, pki):
    pair = ((pki / "server.key").read_bytes(), (pki / "server.pem").read_bytes())
    credentials = grpc.ssl_server_credentials([pair], (pki / "ca.pem").read_bytes(), request.param)
    with ScriptedServer(credentials=credentials) as server:
        server.mutual = request.param
        yield server


def test_tls(tls_server, pki):
    files = {"ca_file": str(pki / "ca.pem"), "tls_server_name": "example.test"}
    own = {"client_cert_file": str(pki / "client.pem"), "client_key_file": str(pki / "client.key")}
    features = np.ones((5, 7), np.float32)
    quick = Backoff(retries=0)
    good = files | own if tls_server.mutual else files
    with ScoringClient(Connection(tls_server.address, **good), Model(), backoff=quick) as client:
        np.testing.assert_array_equal(
            client.score(features).values, expected_scores(features[None])[0]
        )
    bad = [
        {},
        files | {"ca_file": str(pki / "stranger.pem")},
        files | {"tls_server_name": "other.test"},
    ]
    for wrong in bad + [files] * tls_server.mutual:
        with ScoringClient(
            Connection(tls_server.address, **wrong), Model(), deadline=10, backoff=quick
        ) as client:
            with pytest.raises(
                UserError,
                match=r"UNAVAILABLE.*\(1 tries\)\. Is the server running there.* with or without TLS as asked\?",  # noqa: E501
            ):
                client.score(features)


def test_tls_files_are_checked(pki, tmp_path):
    with pytest.raises(UserError, match=r"belong together"):
        Connection("localhost:1", client_cert_file="a.pem")
    with pytest.raises(UserError, match=r"none\.pem: cannot read it: No such file"):
        ScoringClient(Connection("localhost:1", ca_file=str(tmp_path / "none.pem")), Model())
    (tmp_path / "text.pem").write_text("certificate")
    with pytest.raises(UserError, match=r"text\.pem: not a PEM file"):
        ScoringClient(Connection("localhost:1", ca_file=str(tmp_path / "text.pem")), Model())


# The command


def command(*flags, **kwargs):
    run = [sys.executable, "-m", "tf_dictsum.score", *map(str, flags)]
    return subprocess.run(run, capture_output=True, text=True, timeout=120, **kwargs)


def test_the_command_writes_what_evaluate_reads(tmp_path, dataset):
    out = tmp_path / "scores.json"
    with ScriptedServer() as server:
        found = command(
            f"--server={server.address}",
            f"--dataset={dataset.source}",
            f"--out={out}",
            "--model_name=m",
        )
    assert found.returncode == 0, found.stderr
    assert found.stdout == f"{out}: scores of 6 videos from {server.address}, model m version 1\n"
    assert "6/6" in found.stderr  # the bar
    check(out, dataset)
    scores = read_scores(out, dataset, set(dataset.videos))
    assert scores.keys() == dataset.videos.keys()


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_the_command_resumes_after_kill_9_and_ctrl_c(tmp_path, dataset, number, status):
    out, partial = tmp_path / "scores.json", tmp_path / "scores.json.partial"
    flags = [f"--dataset={dataset.source}", f"--out={out}", "--in_flight=1", "--noprogress"]
    with ScriptedServer(lambda number, request, context: time.sleep(0.7)) as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "tf_dictsum.score", f"--server={server.address}", *flags]
        )
        while not partial.exists():
            assert process.poll() is None
            time.sleep(0.05)
        os.kill(process.pid, number)
        assert process.wait(20) == status
    kept = json.loads(partial.read_text())["videos"]
    assert 0 < len(kept) < 6
    with ScriptedServer() as server:
        found = command(f"--server={server.address}", *flags)
        assert (found.returncode, found.stderr) == (0, "")
        assert len(server.requests) == 6 - len(kept)
    check(out, dataset)


@pytest.mark.slow
def test_mistakes_are_one_line_and_status_2(tmp_path):
    def fails(*flags):
        found = command(*flags)
        assert (found.returncode, found.stdout) == (2, "")
        (line,) = found.stderr.splitlines()
        return line

    port = free_port()
    given = (f"--server=127.0.0.1:{port}", f"--out={tmp_path / 'scores.json'}", "--noprogress")
    assert fails("--dataset=demo", f"--out={tmp_path / 'a'}").startswith(
        "error: --server is missing"
    )
    assert fails(*given, "--dataset=none.h5").startswith("error: none.h5: no such file")
    assert fails("--server=x", "--out=y", "--dataset=demo").startswith(
        "error: --server=x: expected HOST:PORT"
    )
    url = fails("--server=http://127.0.0.1:8501", "--out=y", "--dataset=demo")
    assert (
        url
        == "error: --server=http://127.0.0.1:8501: give HOST:PORT of the gRPC port, without http://."
    )
    assert "UNAVAILABLE" in fails(*given, "--dataset=demo", "--retries=0")
    assert fails(*given, "--dataset=demo", "more").startswith("error: unexpected argument 'more'")
    assert fails(given[0], "--dataset=demo", f"--out={tmp_path}").startswith(
        f"error: {tmp_path}: a directory"
    )
    assert list(tmp_path.iterdir()) == []
