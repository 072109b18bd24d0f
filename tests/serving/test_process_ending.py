"""Requests that end TensorFlow Serving's process, or leave it waiting: here each is answered as if
it came alone.
"""

import base64
import http.client
import json

import grpc
import pytest
from recorded_serving import Player, server_flags, unpack_models
from serving_harness import EmbeddedServer
from tensorflow_serving.apis import predict_pb2

GOOD = {"features": [[[0.1] * 8]], "lengths": [1]}


@pytest.fixture(scope="module")
def sequences(shared):
    found = json.loads((shared / "golden/serving/process_ending_requests.json").read_text())
    return [row for row in found["sequences"] if isinstance(row["requests"][0], str)]


@pytest.fixture(scope="module")
def server(shared, tmp_path_factory):
    """One that waits long enough for requests to meet in a batch."""
    folder = tmp_path_factory.mktemp("ending")
    flags = server_flags(unpack_models(shared, folder), folder, "batching")
    batching = folder / "batching.config"
    batching.write_text(batching.read_text().replace("value: 5000", "value: 300000"))
    with EmbeddedServer(*flags) as running:
        Player(running.address, running.rest).wait(versions=2)
        yield running
        assert running.process.poll() is None


def ask(server, *requests):
    """Sends requests at the same time; (code, text, whether there are scores) of each."""
    with grpc.insecure_channel(server.address) as channel:
        call = channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
        calls = [call.future(base64.b64decode(request), timeout=20) for request in requests]
        return [
            (
                answer.code().name,
                answer.details(),
                answer.exception() is None
                and bool(predict_pb2.PredictResponse.FromString(answer.result()).outputs),
            )
            for answer in calls
        ]


def post(server, body):
    connection = http.client.HTTPConnection(server.rest, timeout=20)
    try:
        connection.request("POST", "/v1/models/dictsum:predict", body)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_requests_together_are_answered_as_alone(server, sequences):
    assert len(sequences) == 6
    for row in sequences:
        alone = [ask(server, request)[0] for request in row["requests"]]
        assert ask(server, *row["requests"]) == alone, row["end"]
        assert {code for code, _, _ in alone} == {"OK", "INVALID_ARGUMENT"}


def test_an_empty_request_by_rest_and_a_good_one(server):
    status, reply = post(server, json.dumps({"inputs": {"features": [], "lengths": []}}))
    assert status == 400
    assert reply["error"].startswith("Shape of tensor _arg_serving_default_features_0_0 [0] is not")
    status, reply = post(server, json.dumps({"inputs": GOOD}))
    assert (status, len(reply["outputs"]["scores"][0])) == (200, 1)


@pytest.mark.parametrize("levels", [10_000, 20_000])
def test_nested_arrays(server, levels):
    body = '{"inputs": {"features": ' + "[" * levels + "]" * levels + ', "lengths": [1]}}'
    assert post(server, body) == (400, {"error": "tensor parsing error: features"})
    body = "[" * levels
    assert post(server, body) == (
        400,
        {"error": f"JSON Parse error: Invalid value. at offset: {levels}"},
    )


def test_a_million_levels(server):
    text = "JSON Parse error: Nested too deeply. at offset: 100001"
    assert post(server, "[" * 1_000_000) == (400, {"error": text})
