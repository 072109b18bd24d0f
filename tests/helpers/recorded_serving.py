"""Plays requests that were recorded with TensorFlow Serving's own code, and compares the
answers.
"""

import base64
import gzip
import http.client
import json
import math
import pathlib
import tarfile
import time

import grpc
from google.protobuf import json_format
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    regression_pb2,
)

TOLERANCE = 1e-5
_AVAILABLE = get_model_status_pb2.ModelVersionStatus.AVAILABLE
_PREDICTION, _MODEL = "/tensorflow.serving.PredictionService/", "/tensorflow.serving.ModelService/"
_METHODS = {
    "predict": (_PREDICTION + "Predict", predict_pb2.PredictResponse),
    "classify": (_PREDICTION + "Classify", classification_pb2.ClassificationResponse),
    "regress": (_PREDICTION + "Regress", regression_pb2.RegressionResponse),
    "multi_inference": (_PREDICTION + "MultiInference", inference_pb2.MultiInferenceResponse),
    "get_model_metadata": (
        _PREDICTION + "GetModelMetadata",
        get_model_metadata_pb2.GetModelMetadataResponse,
    ),
    "get_model_status": (_MODEL + "GetModelStatus", get_model_status_pb2.GetModelStatusResponse),
    "reload": (_MODEL + "HandleReloadConfigRequest", model_management_pb2.ReloadConfigResponse),
}
_MODELS_CONFIG = """model_config_list {{ config {{
  name: "dictsum" base_path: "{path}" model_platform: "tensorflow"
  model_version_policy {{ specific {{ versions: 1 versions: 2 }} }}
  version_labels {{ key: "stable" value: 1 }} version_labels {{ key: "canary" value: 2 }}
}} }}
"""


def unpack_models(shared: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Unpacks the toy exports; returns the folder of the model's versions."""
    with tarfile.open(shared / "golden/serving/toy_models.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "models/dictsum"


def server_flags(base_path: pathlib.Path, folder: pathlib.Path, setup: str) -> list[str]:
    """The flags of one of the recorded set-ups."""
    config = folder / f"models-{setup}.config"
    config.write_text(_MODELS_CONFIG.format(path=base_path))
    flags = [
        f"--model_config_file={config}",
        "--allow_version_labels_for_unavailable_models=true",
        "--enable_model_reload=true",
    ]
    if setup == "batching":
        batching = folder / "batching.config"
        batching.write_text(
            "max_batch_size { value: 8 } batch_timeout_micros { value: 5000 }"
            "max_enqueued_batches { value: 100 } num_batch_threads { value: 2 }"
            "pad_variable_length_inputs: true"
        )
        flags += ["--enable_batching=true", f"--batching_parameters_file={batching}"]
    return flags


class Player:
    """Sends recorded requests to a server.

    Args:
      address: HOST:PORT of gRPC.
      rest: HOST:PORT of REST.
    """

    def __init__(self, address: str, rest: str):
        self._channel = grpc.insecure_channel(address)
        self._rest = rest

    def wait(self, versions: int, seconds: float = 60.0) -> None:
        """Returns once so many versions of the model are available."""
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = "dictsum"
        stub = model_service_pb2_grpc.ModelServiceStub(self._channel)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            rows = stub.GetModelStatus(request, timeout=20).model_version_status
            if sum(row.state == _AVAILABLE for row in rows) == versions:
                return
            time.sleep(0.1)
        raise RuntimeError(f"{versions} versions are not available after {seconds} s")

    def close(self) -> None:
        """Ends the connections."""
        self._channel.close()

    def difference(self, row: dict) -> str:
        """What our answer to a recorded request differs in; "" where it is equal."""
        if row["kind"] == "rest":
            return self._rest_difference(row)
        method, response_type = _METHODS.get(row["kind"], (row["kind"], None))
        call = self._channel.unary_unary(method)  # bytes there and back
        try:
            reply = call(base64.b64decode(row["request"]), timeout=20)
            code, message = "OK", ""
        except grpc.RpcError as error:
            reply, code, message = b"", error.code().name, error.details()
        if (code, message) != (row["code"], row["message"]):
            return f"{code} {message!r} instead of {row['code']} {row['message']!r}"
        if code == "OK":
            ours, real = (
                _to_plain(response_type.FromString(data))
                for data in (reply, base64.b64decode(row["response"]))
            )
            return _difference(ours, real, "reply")
        return ""

    def _rest_difference(self, row: dict) -> str:
        connection = http.client.HTTPConnection(self._rest, timeout=20)
        try:
            body = base64.b64decode(row["request"] or "")
            connection.request(row["method"], row["path"], body or None, row["request_headers"])
            response = connection.getresponse()
            ours = response.read()
            kind = response.headers.get("content-type", "")
            if response.headers.get("content-encoding") == "gzip":
                ours = gzip.decompress(ours)
        finally:
            connection.close()
        real = base64.b64decode(row["response"] or "")
        if response.status != row["code"]:
            return f"{response.status} {ours[:300]!r} instead of {row['code']} {real[:300]!r}"
        real_kind = row["response_headers"].get("content-type", "")
        if kind.split(";")[0] != real_kind.split(";")[0]:
            return f"content type {kind} instead of {real_kind}"
        if ours == real:
            return ""
        try:
            return _difference(json.loads(ours), json.loads(real), "body")
        except ValueError:
            return f"{ours[:300]!r} instead of {real[:300]!r}"


def _to_plain(message) -> object:
    """A message as dicts and lists; maps have no order, tensors become their values."""
    if isinstance(message, predict_pb2.PredictResponse):
        import tensorflow as tf

        outputs = {
            name: (value.dtype, tf.make_ndarray(value).tolist())
            for name, value in message.outputs.items()
        }
        return [json_format.MessageToDict(message.model_spec), outputs]
    if isinstance(message, get_model_metadata_pb2.GetModelMetadataResponse):
        signatures = get_model_metadata_pb2.SignatureDefMap()
        assert message.metadata["signature_def"].Unpack(signatures)
        return [
            json_format.MessageToDict(message.model_spec),
            sorted(message.metadata),
            json_format.MessageToDict(signatures),
        ]
    return json_format.MessageToDict(message, always_print_fields_with_no_presence=True)


def _difference(ours, real, where: str) -> str:
    if isinstance(ours, float) and isinstance(real, (int, float)):
        same = (math.isnan(ours) and math.isnan(real)) or ours == real
        return "" if same or abs(ours - real) <= TOLERANCE else f"{where}: {ours} instead of {real}"
    if type(ours) is not type(real):
        return f"{where}: {ours!r} instead of {real!r}"
    if isinstance(ours, dict):
        if ours.keys() != real.keys():
            return f"{where}: {sorted(ours)} instead of {sorted(real)}"
        pairs = [(ours[key], real[key], f"{where}.{key}") for key in ours]
    elif isinstance(ours, (list, tuple)):
        if len(ours) != len(real):
            return f"{where}: {len(ours)} items instead of {len(real)}"
        pairs = [(a, b, f"{where}[{n}]") for n, (a, b) in enumerate(zip(ours, real, strict=True))]
    else:
        return "" if ours == real else f"{where}: {ours!r} instead of {real!r}"
    return next((text for text in (_difference(*pair) for pair in pairs) if text), "")
