"""What both front ends (gRPC and REST) call: one method per request, in protocol buffers."""

import contextlib
import time
from collections.abc import Sequence
from typing import NoReturn, TypeAlias

import numpy as np
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_pb2,
    predict_pb2,
    regression_pb2,
)

from tf_dictsum.serving.config.models_file import models_from_message
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.inference import first_spec, refuse, refuse_multi
from tf_dictsum.serving.server.limits import Limits
from tf_dictsum.serving.server.manager import Manager
from tf_dictsum.serving.server.metrics import Metrics
from tf_dictsum.serving.server.predict import Run, predict
from tf_dictsum.serving.server.request_checks import check_implied, check_steps
from tf_dictsum.serving.server.servable import Inputs
from tf_dictsum.serving.server.status import Code, ServingError, invalid
from tf_dictsum.serving.server.tensor_codec import encode
from tf_dictsum.serving.server.version import Version
from tf_dictsum.util.errors import UserError

__all__ = ["Core", "metadata_of"]

WithSpec: TypeAlias = (
    predict_pb2.PredictRequest
    | get_model_metadata_pb2.GetModelMetadataRequest
    | classification_pb2.ClassificationRequest
    | regression_pb2.RegressionRequest
)
"""Requests that name a version by their model_spec."""


class Core:
    """Answers requests.

    Args:
      manager: has the models.
      metrics: where requests are counted.
      limits: what one request may ask for.
      as_content: replies carry tensors as bytes instead of typed fields.
      reload_open: whether clients may say what is served. A SavedModel's graph can read and write
        files, so this is for trusted clients only.
    """

    def __init__(
        self,
        manager: Manager,
        metrics: Metrics,
        limits: Limits | None = None,
        as_content: bool = False,
        reload_open: bool = False,
    ):
        self.manager, self.metrics, self.limits = manager, metrics, limits or Limits()
        self._as_content, self._reload_open = as_content, reload_open

    def predict(
        self, request: predict_pb2.PredictRequest, deadline: Deadline | None = None
    ) -> predict_pb2.PredictResponse:
        """PredictRequest -> PredictResponse. Raises ServingError."""
        with self.use(request) as version:
            check_implied(request.inputs, self.limits.implied_bytes)
            signature, outputs = predict(version.servable, request, deadline, self.timed(version))
            response = predict_pb2.PredictResponse()
            response.model_spec.name = version.model
            response.model_spec.signature_name = signature
            response.model_spec.version.value = version.number
            for alias, value in outputs.items():
                encode(value, response.outputs[alias], self._as_content)
            return response

    def timed(self, version: Version) -> Run:
        """What computes for a version, with its time counted."""

        def timed(
            signature: str,
            inputs: Inputs,
            outputs: Sequence[str],
            deadline: Deadline | None,
        ) -> dict[str, np.ndarray]:
            check_steps(inputs, self.limits.steps)
            start = time.perf_counter()
            try:
                return version.run(signature, inputs, outputs, deadline)
            finally:
                self.metrics.runtime_latency.labels(version.model, "Predict", "TF1").observe(
                    (time.perf_counter() - start) * 1e6
                )

        return timed

    def use(self, request: WithSpec) -> contextlib.AbstractContextManager[Version]:
        """The version that a request's model_spec names, as a context manager."""
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        return self._use_spec(request.model_spec)

    def _use_spec(self, spec: model_pb2.ModelSpec) -> contextlib.AbstractContextManager[Version]:
        number = spec.version.value if spec.HasField("version") else None
        label = spec.version_label if spec.HasField("version_label") else None
        return self.manager.use(spec.name, number, label)

    def classify(self, request: WithSpec) -> NoReturn:
        """ClassificationRequest: always raises ServingError, see `inference`."""
        with self.use(request) as version:
            raise refuse(version.servable, "Classify", request.model_spec.signature_name)

    def regress(self, request: WithSpec) -> NoReturn:
        """RegressionRequest: always raises ServingError, see `inference`."""
        with self.use(request) as version:
            raise refuse(version.servable, "Regress", request.model_spec.signature_name)

    def multi_inference(self, request: inference_pb2.MultiInferenceRequest) -> NoReturn:
        """MultiInferenceRequest: always raises ServingError, see `inference`."""
        with self._use_spec(first_spec(request)) as version:
            raise refuse_multi(version.servable, request)

    def metadata(
        self, request: get_model_metadata_pb2.GetModelMetadataRequest
    ) -> get_model_metadata_pb2.GetModelMetadataResponse:
        """GetModelMetadataRequest -> GetModelMetadataResponse. Raises ServingError."""
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        if not request.metadata_field:
            raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
        for field in request.metadata_field:
            if field != "signature_def":
                raise invalid(f"Metadata field {field} is not supported")
        with self.use(request) as version:
            return metadata_of(version)

    def status(
        self, request: get_model_status_pb2.GetModelStatusRequest
    ) -> get_model_status_pb2.GetModelStatusResponse:
        """GetModelStatusRequest -> GetModelStatusResponse. Raises ServingError."""
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        spec = request.model_spec
        response = get_model_status_pb2.GetModelStatusResponse()
        for version in self.manager.status(
            spec.name, spec.version.value if spec.HasField("version") else None
        ):
            entry = response.model_version_status.add(
                version=version.number, state=int(version.state)
            )
            entry.status.SetInParent()
            if version.error is not None:
                entry.status.error_code = int(version.error.code)
                entry.status.error_message = version.error.message
        return response

    def reload(
        self,
        request: model_management_pb2.ReloadConfigRequest,
        deadline: Deadline | None = None,
    ) -> None:
        """Realizes a ReloadConfigRequest. Raises ServingError."""
        if not self._reload_open:
            raise ServingError(
                Code.PERMISSION_DENIED,
                "this server does not let clients say what it serves (enable_model_reload is off)",
            )
        if request.config.WhichOneof("config") != "model_config_list":
            raise invalid(
                "ServerModelConfig type not supported by HandleReloadConfigRequest. Only "
                "ModelConfigList is currently supported"
            )
        try:
            models = models_from_message(request.config, "")
        except UserError as error:
            raise invalid(str(error)) from error
        self.manager.reload(models, deadline)

    def count(self, model: str, api: str, entrypoint: str, start: float, code: Code) -> None:
        """Counts a request that took from `start` (time.perf_counter) until now."""
        known = self.manager.knows(model)  # clients must not be able to make new time series
        self.metrics.request_count.add(model if known else "(unknown)", code.name)
        if code == Code.OK:
            self.metrics.request_latency.labels(model, api, entrypoint).observe(
                (time.perf_counter() - start) * 1e6
            )


def metadata_of(version: Version) -> get_model_metadata_pb2.GetModelMetadataResponse:
    """A version's signatures as GetModelMetadataResponse."""
    signatures = get_model_metadata_pb2.SignatureDefMap()
    for name, definition in version.servable.signatures.items():
        signatures.signature_def[name].CopyFrom(definition)
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    response.model_spec.name = version.model
    response.model_spec.version.value = version.number
    response.metadata["signature_def"].Pack(signatures)
    return response
