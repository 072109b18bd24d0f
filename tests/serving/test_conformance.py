"""TensorFlow Serving's protocol, checked at any address.

    pytest tests/serving/test_conformance.py                                        the embedded
    server, started here pytest tests/serving/test_conformance.py --serving_address=HOST:PORT
    --rest_address=HOST:PORT
    --serving_model=NAME
                                                                                    a running server
                                                                                    of an exported
                                                                                    model
    ... --serving_base_path=DIR    that model's folder, under a path that this machine and the
    server share: its scores are then
                                   compared with the SavedModel's, and the server is given other
                                   configurations and versions for a while; it serves only this
                                   model afterwards. Start it with
                                   --max_num_load_retries=0 (by default a broken version is LOADING
                                   for five minutes and holds up every reload: the rows that publish
                                   one, and those
                                     after them, fail) and
                                   without --allow_version_labels_for_unavailable_models

Codes and texts are those that TensorFlow Serving's code (2.20.0) answered, where an answer was
recorded (tests/serving/test_recorded.py), and else those of its source (named in brackets).
"""

import contextlib
import dataclasses
import json
import pathlib
import shutil
import time

import grpc
import httpx
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import json_format
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from serving_harness import EmbeddedServer, publish, write_model
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from tf_dictsum.serving.config.files import Batching, batching_text

OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
AVAILABLE, END = (
    get_model_status_pb2.ModelVersionStatus.AVAILABLE,
    get_model_status_pb2.ModelVersionStatus.END,
)

EXPORT = pathlib.Path(__file__).parents[2] / "export"
BATCHING = {
    "plain": (),
    "batching": ("--enable_batching", f"--batching_parameters_file={EXPORT / 'batching.config'}"),
}


@dataclasses.dataclass
class Target:
    """The server under test."""

    address: str
    rest: str
    model: str
    base_path: pathlib.Path | None
    embedded: bool

    def __post_init__(self):
        self.channel = grpc.insecure_channel(self.address, OPTIONS)
        self.predictions = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)
        signature = self.metadata().signature_def["serving_default"]
        self.width = signature.inputs["features"].tensor_shape.dim[2].size
        self.version = max(
            row.version for row in self.status().model_version_status if row.state == AVAILABLE
        )

    def request(self, features=None, lengths=None, *, steps=20):
        """A valid request; random features unless given."""
        if features is None:
            features = np.random.default_rng(steps).random((1, steps, self.width), np.float32)
        if lengths is None:
            lengths = np.full(len(features), features.shape[1], np.int32)
        request = predict_pb2.PredictRequest()
        request.model_spec.name = self.model
        request.inputs["features"].CopyFrom(tf.make_tensor_proto(features))
        request.inputs["lengths"].CopyFrom(tf.make_tensor_proto(lengths))
        return request

    def predict(self, request):
        return self.predictions.Predict(request, timeout=30)

    def metadata(self):
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = self.model
        found = get_model_metadata_pb2.SignatureDefMap()
        assert (
            self.predictions.GetModelMetadata(request, timeout=30)
            .metadata["signature_def"]
            .Unpack(found)
        )
        return found

    def status(self, version=None, model=None):
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = model or self.model
        if version is not None:
            request.model_spec.version.value = version
        return self.models.GetModelStatus(request, timeout=30)

    def states(self):
        return {row.version: row for row in self.status().model_version_status}

    def reload(self, *models, labels=None, versions=()):
        """Gives the server a configuration of these (name, base_path) pairs."""
        request = model_management_pb2.ReloadConfigRequest()
        request.config.model_config_list.SetInParent()
        for name, base_path in models:
            config = request.config.model_config_list.config.add(
                name=name, base_path=str(base_path), model_platform="tensorflow"
            )
            config.version_labels.update(labels or {})
            if versions:
                config.model_version_policy.specific.versions.extend(versions)
        return self.models.HandleReloadConfigRequest(request, timeout=60)

    def url(self, rest):
        return f"http://{self.rest}/v1/models/{self.model}{rest}"


def pytest_generate_tests(metafunc):
    if "target" in metafunc.fixturenames:
        running = metafunc.config.getoption("--serving_address")
        metafunc.parametrize(
            "target",
            ["running"] if running else ["plain", "batching"],
            indirect=True,
            scope="module",
        )


@pytest.fixture(scope="module")
def exported(request, tmp_path_factory):
    """A small model; only for servers that are started here."""
    running = request.config.getoption("--serving_address")
    return None if running else write_model(tmp_path_factory.mktemp("exported"), width=256)


@pytest.fixture(scope="module")
def target(request, exported, tmp_path_factory):
    option = request.config.getoption
    if request.param == "running":
        base = option("--serving_base_path")
        path = pathlib.Path(base) if base else None
        yield Target(
            option("--serving_address"),
            option("--rest_address"),
            option("--serving_model"),
            path,
            embedded=False,
        )
        return
    folder = tmp_path_factory.mktemp("conformance")
    publish(exported, folder / "dictsum" / "3")
    monitoring = folder / "monitoring.config"
    monitoring.write_text("prometheus_config { enable: true }")
    flags = (
        "--model_name=dictsum",
        f"--model_base_path={folder / 'dictsum'}",
        f"--monitoring_config_file={monitoring}",
    )
    with EmbeddedServer(
        *flags,
        "--file_system_poll_wait_seconds=1",
        "--enable_model_reload",
        *BATCHING[request.param],
    ) as server:
        yield Target(server.address, server.rest, "dictsum", folder / "dictsum", embedded=True)


@pytest.fixture
def rest(target):
    if not target.rest:
        pytest.skip("--rest_address was not given")
    with httpx.Client(timeout=30) as client:
        yield client


@pytest.fixture
def base_path(target):
    if target.base_path is None:
        pytest.skip("--serving_base_path was not given")
    return target.base_path


@pytest.fixture
def configured(target, base_path):
    """The server may be given other configurations; afterwards it serves this model again, its
    newest version.
    """
    yield base_path
    target.reload((target.model, base_path))
    wait_for(lambda: target.states()[target.version].state == AVAILABLE)


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@contextlib.contextmanager
def refused(code, *texts, exactly=None):
    with pytest.raises(grpc.RpcError) as error:
        yield error
    assert error.value.code() == getattr(grpc.StatusCode, code), error.value.details()
    for text in texts:
        assert text in error.value.details()
    if exactly is not None:
        assert error.value.details() == exactly


class TestConformance:
    # Replies [servables/tensorflow/predict_util.cc]

    def test_scores(self, target):
        reply = target.predict(target.request(steps=23))
        assert sorted(reply.outputs) == ["lengths", "scores"]
        scores, lengths = reply.outputs["scores"], reply.outputs["lengths"]
        assert (scores.dtype, lengths.dtype) == (types_pb2.DT_FLOAT, types_pb2.DT_INT32)
        assert [dim.size for dim in scores.tensor_shape.dim] == [1, 23]
        assert [dim.size for dim in lengths.tensor_shape.dim] == [1]
        values = tf.make_ndarray(scores)
        assert ((values > 0) & (values < 1)).all()
        assert tf.make_ndarray(lengths).tolist() == [23]

    def test_tensors_come_in_typed_fields(self, target):
        reply = target.predict(target.request(steps=23))
        assert len(reply.outputs["scores"].float_val) == 23
        assert list(reply.outputs["lengths"].int_val) == [23]
        assert not reply.outputs["scores"].tensor_content

    def test_scores_are_the_saved_models(self, target, base_path):
        signature = tf.saved_model.load(str(base_path / str(target.version))).signatures[
            "serving_default"
        ]
        features = np.random.default_rng(1).random((3, 40, target.width), np.float32)
        lengths = np.array([40, 7, 23], np.int32)
        expected = signature(features=tf.constant(features), lengths=tf.constant(lengths))
        reply = target.predict(target.request(features, lengths))
        np.testing.assert_allclose(
            tf.make_ndarray(reply.outputs["scores"]), expected["scores"], rtol=0, atol=1e-6
        )
        np.testing.assert_array_equal(tf.make_ndarray(reply.outputs["lengths"]), lengths)

    def test_padding_does_not_change_scores_and_is_zero(self, target):
        features = np.random.default_rng(2).random((2, 31, target.width), np.float32)
        features[1, 12:] = features[
            0, 0, 0
        ]  # as pad_variable_length_inputs pads [batching/batching_util.cc]
        together = tf.make_ndarray(
            target.predict(target.request(features, np.array([31, 12], np.int32))).outputs["scores"]
        )
        alone = [
            tf.make_ndarray(target.predict(target.request(row)).outputs["scores"])
            for row in (features[:1], features[1:, :12])
        ]
        np.testing.assert_allclose(together[0], alone[0][0], rtol=0, atol=1e-6)
        np.testing.assert_allclose(together[1, :12], alone[1][0], rtol=0, atol=1e-6)
        assert not together[1, 12:].any()

    def test_model_spec_of_replies(self, target):
        for signature in ("", "serving_default"):
            for version in (None, target.version):
                request = target.request()
                request.model_spec.signature_name = signature
                if version is not None:
                    request.model_spec.version.value = version
                spec = target.predict(request).model_spec
                assert (spec.name, spec.signature_name, spec.version.value) == (
                    target.model,
                    "serving_default",
                    target.version,
                )

    def test_output_filter(self, target):
        request = target.request()
        request.output_filter.append("scores")
        assert list(target.predict(request).outputs) == ["scores"]
        request.output_filter[:] = ["scores", "importance"]
        text = "output tensor alias not found in signature: importance Outputs expected to be in the set {"  # noqa: E501
        with refused("INVALID_ARGUMENT", text, "scores"):
            target.predict(request)
        request.output_filter[:] = ["scores", "scores"]
        with refused("INVALID_ARGUMENT", exactly="duplicate output tensor alias: scores"):
            target.predict(request)

    def test_tensors_may_come_in_typed_fields_too(self, target):
        features = np.random.default_rng(4).random((1, 5, target.width), np.float32)
        request = target.request(features)
        wanted = target.predict(request)
        proto = request.inputs["features"]
        proto.tensor_content = b""
        proto.float_val.extend(features.ravel().tolist())
        assert target.predict(request).outputs == wanted.outputs

    def test_one_value_stands_for_a_whole_tensor(self, target):
        """As in every TensorProto: the last value fills the rest
        [tensorflow/core/framework/tensor.cc].
        """
        request = target.request(np.full((1, 6, target.width), 0.25, np.float32))
        wanted = target.predict(request)
        request.inputs["features"].tensor_content = b""
        request.inputs["features"].float_val.append(0.25)
        assert target.predict(request).outputs == wanted.outputs

    def test_messages_above_4_mb(self, target):
        steps = 5 * 2**20 // (4 * target.width)
        features = np.broadcast_to(
            np.random.default_rng(3).random((1, 1, target.width), np.float32),
            (1, steps, target.width),
        )
        request = target.request(np.ascontiguousarray(features), np.array([9], np.int32))
        assert request.ByteSize() > 5_000_000
        assert len(target.predict(request).outputs["scores"].float_val) == steps

    def test_an_empty_batch(self, target):
        request = target.request(np.zeros((0, 5, target.width), np.float32), np.zeros(0, np.int32))
        assert [dim.size for dim in target.predict(request).outputs["scores"].tensor_shape.dim] == [
            0,
            5,
        ]

    # Which model [predict_impl.cc, server_core.cc, manager.h, basic_manager.cc, predict_util.cc]

    def test_no_model_spec(self, target):
        with refused("INVALID_ARGUMENT", exactly="Missing ModelSpec"):
            target.predict(predict_pb2.PredictRequest())

    def test_no_model_name(self, target):
        request = target.request()
        request.model_spec.name = ""
        request.model_spec.signature_name = "serving_default"
        with refused("INVALID_ARGUMENT", exactly="ModelSpec has no name specified."):
            target.predict(request)

    def test_unknown_model(self, target):
        request = target.request()
        request.model_spec.name = "intentionally_missing_model"
        with refused(
            "NOT_FOUND",
            exactly="Servable not found for request: Latest(intentionally_missing_model)",
        ):
            target.predict(request)

    def test_unknown_version(self, target):
        request = target.request()
        request.model_spec.version.value = 987654
        with refused(
            "NOT_FOUND", exactly=f"Servable not found for request: Specific({target.model}, 987654)"
        ):
            target.predict(request)

    def test_unknown_label(self, target):
        request = target.request()
        request.model_spec.version_label = "no_such_label"
        with refused(
            "INVALID_ARGUMENT", exactly="Unrecognized servable version label: no_such_label"
        ):
            target.predict(request)

    def test_unknown_signature(self, target):
        request = target.request()
        request.model_spec.signature_name = "no_such_signature"
        with refused(
            "FAILED_PRECONDITION", exactly='Serving signature key "no_such_signature" not found.'
        ):
            target.predict(request)

    def test_long_messages_are_cut(self, target):
        """[grpc_status_util.cc]"""
        request = target.request()
        request.model_spec.signature_name = "s" * 3000
        with refused("FAILED_PRECONDITION") as error:
            target.predict(request)
        details = error.value.details()
        assert details.startswith('Serving signature key "sss')
        assert details.endswith("...TRUNCATED")
        assert len(details) == 1024 + len("...TRUNCATED")

    # Inputs [predict_util.cc, util.cc]

    def test_an_input_is_missing(self, target):
        request = target.request()
        del request.inputs["lengths"]
        texts = (
            "input size does not match signature: 1!=2 len({features}) != len({",
            "Sent extra: {}. Missing but required: {lengths}.",
        )
        with refused("INVALID_ARGUMENT", *texts):
            target.predict(request)

    def test_an_input_is_too_many(self, target):
        request = target.request()
        request.inputs["mask"].CopyFrom(request.inputs["lengths"])
        texts = (
            "input size does not match signature: 3!=2",
            "Sent extra: {mask}. Missing but required: {}.",
        )
        with refused("INVALID_ARGUMENT", *texts):
            target.predict(request)

    def test_an_input_has_another_name(self, target):
        request = target.request()
        request.inputs["mask"].CopyFrom(request.inputs["lengths"])
        del request.inputs["lengths"]
        with refused(
            "INVALID_ARGUMENT",
            "Signature input alias: lengths",
            "not found in request and no default value provided",
        ):
            target.predict(request)

    def test_an_undecodable_tensor(self, target):
        request = target.request()
        request.inputs["features"].tensor_content = b"1234567"
        with refused("INVALID_ARGUMENT", exactly="tensor parsing error: features"):
            target.predict(request)

    @pytest.mark.parametrize(
        ("name", "kind", "actual", "expected"),
        [
            ("features", np.float64, "double", "float"),
            ("lengths", np.int64, "int64", "int32"),
            ("lengths", np.float32, "float", "int32"),
        ],
    )
    def test_a_wrong_dtype(self, target, name, kind, actual, expected):
        request = target.request()
        request.inputs[name].CopyFrom(
            tf.make_tensor_proto(tf.make_ndarray(request.inputs[name]).astype(kind))
        )
        number = ("features", "lengths").index(name)
        words = f"Expects arg[{number}] to be {expected} but {actual} is provided"
        with refused("INVALID_ARGUMENT", exactly=words):
            target.predict(request)

    def test_a_quantized_type_is_another_type(self, target):
        request = target.request()
        request.inputs["lengths"].dtype = types_pb2.DT_QINT32
        words = "Expects arg[1] to be int32 but qint32 is provided"
        with refused("INVALID_ARGUMENT", exactly=words):
            target.predict(request)

    @pytest.mark.parametrize("shape", [(1, 5), (5,), (), (1, 5, 3), (1, 1, 5, 7)])
    def test_a_wrong_shape(self, target, shape):
        with refused("INVALID_ARGUMENT"):
            target.predict(target.request(np.zeros(shape, np.float32), np.array([1], np.int32)))

    def test_batch_sizes_that_differ(self, target):
        with refused("INVALID_ARGUMENT"):
            target.predict(
                target.request(
                    np.zeros((2, 5, target.width), np.float32), np.array([5, 5, 5], np.int32)
                )
            )

    @pytest.mark.parametrize("seconds", [0.001, 0.02])
    def test_a_deadline_ends_a_request_and_nothing_else(self, target, seconds):
        request = target.request(np.zeros((8, 1500, target.width), np.float32))
        with pytest.raises(grpc.RpcError) as error:
            target.predictions.Predict(request, timeout=seconds)
        assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        assert target.predict(target.request()).outputs

    def test_other_methods(self, target):
        """They need a signature of one input, serialized tf.Examples, which our models lack."""
        task = inference_pb2.InferenceTask(method_name="tensorflow/serving/classify")
        task.model_spec.name = target.model
        for method, empty, request in (
            (
                target.predictions.Classify,
                "Missing ModelSpec",
                classification_pb2.ClassificationRequest(model_spec=task.model_spec),
            ),
            (
                target.predictions.Regress,
                "Missing ModelSpec",
                regression_pb2.RegressionRequest(model_spec=task.model_spec),
            ),
            (
                target.predictions.MultiInference,
                "ModelSpec has no name specified.",
                inference_pb2.MultiInferenceRequest(tasks=[task]),
            ),
        ):
            with refused("INVALID_ARGUMENT", exactly=empty):
                method(type(request)(), timeout=30)
            with refused("INVALID_ARGUMENT", exactly="Expected one input Tensor."):
                method(request, timeout=30)

    # GetModelMetadata [get_model_metadata_impl.cc]

    def test_metadata(self, target):
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = target.model
        reply = target.predictions.GetModelMetadata(request, timeout=30)
        assert (reply.model_spec.name, reply.model_spec.version.value) == (
            target.model,
            target.version,
        )
        assert list(reply.metadata) == ["signature_def"]
        signatures = target.metadata().signature_def
        assert "__saved_model_init_op" in signatures
        signature = signatures["serving_default"]
        assert signature.method_name == "tensorflow/serving/predict"
        shapes = {
            name: (info.dtype, [dim.size for dim in info.tensor_shape.dim])
            for name, info in signature.inputs.items()
        }
        assert shapes == {
            "features": (types_pb2.DT_FLOAT, [-1, -1, target.width]),
            "lengths": (types_pb2.DT_INT32, [-1]),
        }
        assert {name: info.dtype for name, info in signature.outputs.items()} == {
            "scores": types_pb2.DT_FLOAT,
            "lengths": types_pb2.DT_INT32,
        }

    def test_metadata_refusals(self, target):
        request = get_model_metadata_pb2.GetModelMetadataRequest()
        ask = target.predictions.GetModelMetadata
        with refused("INVALID_ARGUMENT"):
            ask(request, timeout=30)
        request.model_spec.name = target.model
        with refused(
            "INVALID_ARGUMENT",
            exactly="GetModelMetadataRequest must specify at least one metadata_field",
        ):
            ask(request, timeout=30)
        request.metadata_field.append("weights")
        with refused("INVALID_ARGUMENT", exactly="Metadata field weights is not supported"):
            ask(request, timeout=30)
        request.metadata_field[:] = ["signature_def"]
        request.ClearField("model_spec")
        with refused("INVALID_ARGUMENT", exactly="Missing ModelSpec"):
            ask(request, timeout=30)
        request.model_spec.name = "no_such_model"
        with refused("NOT_FOUND", exactly="Servable not found for request: Latest(no_such_model)"):
            ask(request, timeout=30)

    # GetModelStatus [get_model_status_impl.cc]

    def test_status(self, target):
        for reply in (target.status(), target.status(target.version)):
            row = next(row for row in reply.model_version_status if row.version == target.version)
            assert (row.state, row.status.error_code, row.status.error_message) == (
                AVAILABLE,
                0,
                "",
            )

    def test_status_ignores_labels(self, target):
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name, request.model_spec.version_label = target.model, "no_such_label"
        assert target.models.GetModelStatus(request, timeout=30).model_version_status

    def test_status_refusals(self, target):
        with refused("NOT_FOUND", exactly="Could not find any versions of model no_such_model"):
            target.status(model="no_such_model")
        with refused("NOT_FOUND", exactly=f"Could not find version 987654 of model {target.model}"):
            target.status(version=987654)
        with refused("INVALID_ARGUMENT", exactly="Missing ModelSpec"):
            target.models.GetModelStatus(get_model_status_pb2.GetModelStatusRequest(), timeout=30)

    # HandleReloadConfigRequest [model_service_impl.cc, server_core.cc]

    def test_reload_without_a_list(self, target):
        text = "ServerModelConfig type not supported by HandleReloadConfigRequest. Only ModelConfigList is currently supported"  # noqa: E501
        with refused("INVALID_ARGUMENT", exactly=text):
            target.models.HandleReloadConfigRequest(
                model_management_pb2.ReloadConfigRequest(), timeout=30
            )

    def test_reload_adds_and_drops_models(self, target, configured):
        reply = target.reload((target.model, configured), ("second", configured))
        assert (reply.status.error_code, reply.status.error_message) == (0, "")
        request = target.request()
        request.model_spec.name = "second"
        assert target.predict(request).model_spec.name == "second"
        target.reload((target.model, configured))  # only the new configuration holds

        def gone():
            try:
                target.predict(request)
            except grpc.RpcError as error:
                return error.code() == grpc.StatusCode.NOT_FOUND
            return False

        wait_for(gone)
        assert target.predict(target.request()).outputs

    def test_reload_of_a_model_that_cannot_be_loaded(self, target, configured, tmp_path):
        """Needs --max_num_load_retries=0."""
        with refused("UNKNOWN", "1 model(s) did not become available", "broken"):
            (tmp_path / "broken" / "1").mkdir(parents=True)
            (tmp_path / "broken" / "1" / "saved_model.pb").write_bytes(b"no model")
            target.reload((target.model, configured), ("broken", tmp_path / "broken"))
        assert target.predict(target.request()).outputs

    def test_reload_with_a_bad_list_changes_nothing(self, target, configured):
        twice = f"Illegal to list model {target.model} multiple times in config list"
        with refused("INVALID_ARGUMENT", exactly=twice):
            target.reload((target.model, configured), (target.model, configured))
        relative = (
            f"Expected model {target.model} to have an absolute path or URI; "
            "got base_path()=models/relative"
        )
        with refused("INVALID_ARGUMENT", exactly=relative):
            target.reload((target.model, "models/relative"))
        assert target.predict(target.request()).outputs

    def test_labels(self, target, configured):
        target.reload((target.model, configured), labels={"stable": target.version})
        request = target.request()
        request.model_spec.version_label = "stable"
        spec = target.predict(request).model_spec
        assert spec.version.value == target.version
        text = f"Request to assign label to version 987654 of model {target.model}, which is not currently available for inference"  # noqa: E501
        with refused("FAILED_PRECONDITION", text):
            target.reload((target.model, configured), labels={"next": 987654})

    # Versions on disk [file_system_storage_path_source.cc, availability_preserving_policy.h]

    def test_versions(self, target, configured):
        """A new version replaces the old one, a broken one does not, and both can be served side by
        side.

        Needs --max_num_load_retries=0.
        """
        new, broken = target.version + 1, target.version + 2
        try:
            publish(
                configured / str(target.version), configured / f"{new:08d}"
            )  # leading zeros are fine
            wait_for(lambda: target.predict(target.request()).model_spec.version.value == new)
            wait_for(lambda: target.states()[target.version].state == END)
            half = configured / "half_written"  # not a number: not a version
            half.mkdir()
            (half / "saved_model.pb").write_bytes(b"no model")
            half.rename(configured / str(broken))
            wait_for(lambda: broken in target.states() and target.states()[broken].state == END)
            assert target.states()[broken].status.error_code != 0
            assert target.states()[broken].status.error_message
            assert target.predict(target.request()).model_spec.version.value == new
            target.reload((target.model, configured), versions=(target.version, new))
            # reload returns at once for a model that was there before
            wait_for(lambda: target.states()[target.version].state == AVAILABLE)
            for version in (target.version, new):
                request = target.request()
                request.model_spec.version.value = version
                assert target.predict(request).model_spec.version.value == version
        finally:
            for name in (f"{new:08d}", str(broken), "half_written"):
                shutil.rmtree(configured / name, ignore_errors=True)

    # REST [http_rest_api_handler.cc, g3doc/api_rest.md]

    def test_rest_status(self, target, rest):
        for path in ("", f"/versions/{target.version}"):
            reply = rest.get(target.url(path))
            assert reply.status_code == 200
            assert reply.headers["content-type"] == "application/json"
            rows = reply.json()["model_version_status"]
            good = {
                "version": str(target.version),
                "state": "AVAILABLE",
                "status": {"error_code": "OK", "error_message": ""},
            }
            assert good in rows

    def test_rest_metadata(self, target, rest):
        for path in ("/metadata", f"/versions/{target.version}/metadata"):
            found = rest.get(target.url(path)).json()
            assert found["model_spec"] == {
                "name": target.model,
                "signature_name": "",
                "version": str(target.version),
            }
            signatures = json_format.ParseDict(
                {"signature_def": found["metadata"]["signature_def"]["signature_def"]},
                get_model_metadata_pb2.SignatureDefMap(),
            )
            wanted = target.metadata().signature_def["serving_default"]
            assert signatures.signature_def["serving_default"] == wanted

    def test_rest_predict(self, target, rest):
        features = np.random.default_rng(6).random((2, 9, target.width), np.float32)
        lengths = np.array([9, 4], np.int32)
        wanted = tf.make_ndarray(
            target.predict(target.request(features, lengths)).outputs["scores"]
        )
        columns = {"inputs": {"features": features.tolist(), "lengths": lengths.tolist()}}
        rows = {
            "instances": [
                {"features": row.tolist(), "lengths": int(n)}
                for row, n in zip(features, lengths, strict=True)
            ]
        }
        for path in (":predict", f"/versions/{target.version}:predict"):
            found = rest.post(target.url(path), json=columns).json()
            assert sorted(found) == ["outputs"]
            np.testing.assert_allclose(found["outputs"]["scores"], wanted, rtol=0, atol=1e-6)
            assert found["outputs"]["lengths"] == [9, 4]
            found = rest.post(
                target.url(path), json=rows | {"signature_name": "serving_default"}
            ).json()
            assert sorted(found) == ["predictions"]
            for row, scores, length in zip(found["predictions"], wanted, (9, 4), strict=True):
                np.testing.assert_allclose(row["scores"], scores, rtol=0, atol=1e-6)
                assert row["lengths"] == length

    @pytest.mark.parametrize(
        ("path", "body", "status", "text"),
        [
            (":predict", "{", 400, ""),
            (":predict", "[]", 400, ""),
            (":predict", "{}", 400, ""),
            (":predict", '{"instances": []}', 400, ""),
            (
                ":predict",
                '{"instances": [{"features": [[1]], "lengths": 1}, {"features": [[1], [2]], "lengths": 2}]}',  # noqa: E501
                400,
                "",
            ),
            (":predict", '{"instances": [{"features": [[1]], "lengths": 1, "mask": 1}]}', 400, ""),
            (
                ":predict",
                '{"inputs": {"features": ' + "[" * 900 + "]" * 900 + ', "lengths": [1]}}',
                400,
                "",
            ),
            (":predict", '{"inputs": {"features": [[["a"]]], "lengths": [1]}}', 400, ""),
            (":predict", '{"inputs": {"features": [[[1]]], "lengths": [1.5]}}', 400, ""),
            (
                ":predict",
                '{"instances": [1], "signature_name": "nope"}',
                400,
                'Serving signature name: "nope" not found in signature def',
            ),
            (
                "/versions/987654:predict",
                '{"instances": [1]}',
                404,
                "Servable not found for request: Specific(",
            ),
            ("/versions/987654", None, 404, "Could not find version 987654 of model"),
            ("_nope", None, 404, "Could not find any versions of model"),
            ("_nope:predict", '{"instances": [1]}', 404, "Servable not found for request: Latest("),
            (":nonsense", "{}", 400, "Malformed request: POST "),
            ("/nonsense", None, 400, "Malformed request: GET "),
        ],
    )
    def test_rest_refusals(self, target, rest, path, body, status, text):
        reply = (
            rest.get(target.url(path))
            if body is None
            else rest.post(target.url(path), content=body)
        )
        assert reply.status_code == status, reply.text
        error = json.loads(reply.text)["error"]
        assert error
        assert text in error.replace("\\", "")

    def test_metrics(self, target, rest):
        reply = rest.get(f"http://{target.rest}/monitoring/prometheus/metrics")
        if reply.status_code == 404 and not target.embedded:
            pytest.skip("the server was started without --monitoring_config_file")

        def count(status):
            lines = rest.get(
                f"http://{target.rest}/monitoring/prometheus/metrics"
            ).text.splitlines()
            wanted = f':tensorflow:serving:request_count{{model_name="{target.model}",status="{status}"}} '  # noqa: E501
            return next(
                (float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted)), 0.0
            )

        before = count("OK")
        for _ in range(3):
            target.predict(target.request())
        assert count("OK") == before + 3

    # Additions of the embedded server

    def test_health(self, target):
        if not target.embedded:
            pytest.skip("off by default in TensorFlow Serving (--enable_grpc_healthcheck_service)")
        health = health_pb2_grpc.HealthStub(target.channel)
        names = (
            "",
            "PredictionService",
            "ModelService",
            "tensorflow.serving.PredictionService",
            "tensorflow.serving.ModelService",
        )
        for name in names:
            reply = health.Check(health_pb2.HealthCheckRequest(service=name), timeout=30)
            assert reply.status == health_pb2.HealthCheckResponse.SERVING
        with refused("NOT_FOUND"):
            health.Check(health_pb2.HealthCheckRequest(service="no.such.Service"), timeout=30)

    def test_reflection(self, target):
        if not target.embedded:
            pytest.skip("TensorFlow Serving has no reflection")
        stub = reflection_pb2_grpc.ServerReflectionStub(target.channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        (reply,) = stub.ServerReflectionInfo(iter([request]), timeout=30)
        names = {service.name for service in reply.list_services_response.service}
        assert {
            "tensorflow.serving.PredictionService",
            "tensorflow.serving.ModelService",
            "grpc.health.v1.Health",
        } <= names


@pytest.fixture(scope="module")
def small_queue(request, exported, tmp_path_factory):
    if request.config.getoption("--serving_address"):
        pytest.skip("the running server has a batching file of its own")
    folder = tmp_path_factory.mktemp("queue")
    publish(exported, folder / "dictsum" / "1")
    batching = Batching(
        max_batch_size=2, batch_timeout_micros=300_000, max_enqueued_batches=1, num_batch_threads=1
    )
    (folder / "batching.config").write_text(batching_text(batching))
    flags = ("--model_name=dictsum", f"--model_base_path={folder / 'dictsum'}", "--enable_batching")
    with EmbeddedServer(
        *flags, f"--batching_parameters_file={folder / 'batching.config'}"
    ) as server:
        yield Target(server.address, server.rest, "dictsum", None, embedded=True)


class TestBatchingRows:
    """Rows that need a batching file of their own, so only the embedded server is asked
    [batching/batching_session.cc].
    """

    def send(self, target, *steps):
        """Sends requests at the same time; returns what became of each."""
        calls = [
            target.predictions.Predict.future(target.request(steps=n), timeout=60) for n in steps
        ]
        return [
            (call.code().name, call.details())
            for call in calls
            if call.exception() is not None or call.result()
        ]

    def test_lengths_that_differ_without_padding(self, small_queue):
        """TensorFlow Serving fails both, FAILED_PRECONDITION; here no request fails another."""
        assert [code for code, _ in self.send(small_queue, 5, 9)] == ["OK", "OK"]
        assert [code for code, _ in self.send(small_queue, 5, 5)] == ["OK", "OK"]

    def test_a_full_queue(self, small_queue):
        answers = self.send(small_queue, *[700] * 24)
        assert {code for code, _ in answers} == {"OK", "UNAVAILABLE"}
        assert next(text for code, text in answers if code == "UNAVAILABLE")
        assert [code for code, _ in self.send(small_queue, 5)] == ["OK"]

    def test_more_videos_than_a_batch_takes(self, small_queue):
        features = np.zeros((3, 5, small_queue.width), np.float32)
        with refused("INVALID_ARGUMENT", "3", "2"):
            small_queue.predict(small_queue.request(features))
