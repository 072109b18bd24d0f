"""The gRPC front end: PredictionService, ModelService, grpc.health.v1 and reflection."""

import time
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
from absl import logging
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from tensorflow_serving.apis import (
    model_management_pb2,
    model_service_pb2,
    model_service_pb2_grpc,
    prediction_service_pb2,
    prediction_service_pb2_grpc,
)

from tf_dictsum.serving.config.files import TLS
from tf_dictsum.serving.server.core import Core, unimplemented
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.status import Code, ServingError
from tf_dictsum.util.errors import UserError

__all__ = ["GrpcServer"]

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_PREDICTION = prediction_service_pb2.DESCRIPTOR.services_by_name["PredictionService"].full_name
_MODEL = model_service_pb2.DESCRIPTOR.services_by_name["ModelService"].full_name
_HEALTH_NAMES = (
    "",
    _PREDICTION,
    _MODEL,
    "PredictionService",
    "ModelService",
)  # the last two are TensorFlow Serving's


def _answer(
    core: Core, api: str, context: grpc.ServicerContext, request: Any, call: Callable[[], Any]
) -> Any:
    """Runs a request: counts it, and turns its errors into gRPC's."""
    start, code, message = time.perf_counter(), Code.OK, ""
    try:
        return call()
    except ServingError as error:
        code, message = error.code, error.message
    except Exception as error:  # a bug must not look like the client's mistake, nor show it a stack
        logging.exception("%s failed", api)
        code, message = Code.INTERNAL, f"{api} failed: {type(error).__name__}"
    finally:
        if api in ("Predict", "GetModelMetadata"):
            core.count(request.model_spec.name, api, "GRPC", start, code)
    return context.abort(_CODES[int(code)], message)


def _deadline(context: grpc.ServicerContext) -> float | None:
    left = context.time_remaining()
    return None if left is None or left > 1e7 else time.monotonic() + left


class _PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, core: Core):
        self._core = core

    def Predict(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return _answer(
            self._core,
            "Predict",
            context,
            request,
            lambda: self._core.predict(request, Deadline(_deadline(context))),
        )

    def GetModelMetadata(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return _answer(
            self._core, "GetModelMetadata", context, request, lambda: self._core.metadata(request)
        )

    def Classify(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return self._refuse("Classify", context)

    def Regress(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return self._refuse("Regress", context)

    def MultiInference(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return self._refuse("MultiInference", context)

    def _refuse(self, method: str, context: grpc.ServicerContext) -> Any:
        return context.abort(grpc.StatusCode.UNIMPLEMENTED, unimplemented(method).message)


class _ModelService(model_service_pb2_grpc.ModelServiceServicer):
    def __init__(self, core: Core):
        self._core = core

    def GetModelStatus(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        return _answer(
            self._core, "GetModelStatus", context, request, lambda: self._core.status(request)
        )

    def HandleReloadConfigRequest(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Answers with the status both as the response and as gRPC's own, as TensorFlow Serving does."""
        response = model_management_pb2.ReloadConfigResponse()
        response.status.SetInParent()
        try:
            self._core.reload(request, Deadline(_deadline(context)))
        except ServingError as error:
            context.set_code(_CODES[int(error.code)])
            context.set_details(error.message)
            response.status.error_code = int(error.code)
            response.status.error_message = error.message
        except Exception as error:
            logging.exception("HandleReloadConfigRequest failed")
            context.abort(
                grpc.StatusCode.INTERNAL,
                f"HandleReloadConfigRequest failed: {type(error).__name__}",
            )
        return response


class GrpcServer:
    """A gRPC server on one address.

    Args:
      core: answers.
      address: host:port.
      threads: requests that are worked on at the same time.
      tls: None: plain text.

    Raises:
      UserError: the address cannot be had, or the TLS file's key and certificate do not fit.
    """

    def __init__(self, core: Core, address: str, threads: int, tls: TLS | None = None):
        unlimited = [
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
        ]
        self._server = grpc.server(futures.ThreadPoolExecutor(threads, "grpc"), options=unlimited)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            _PredictionService(core), self._server
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(_ModelService(core), self._server)
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection.enable_server_reflection(
            [_PREDICTION, _MODEL, health.SERVICE_NAME, reflection.SERVICE_NAME], self._server
        )
        self.set_serving(False)
        try:
            if tls is None:
                self.port = self._server.add_insecure_port(address)
            else:
                self.port = self._server.add_secure_port(address, _credentials(tls))
        except RuntimeError:
            what = (
                ""
                if tls is None
                else ", or the key and certificate of --ssl_config_file do not fit"
            )
            raise UserError(
                f"cannot listen on {address} for gRPC: the port is in use or not allowed{what}. Choose another --port."
            ) from None

    def set_serving(self, serving: bool) -> None:
        """Sets what grpc.health.v1 answers for every name."""
        state = (
            health_pb2.HealthCheckResponse.SERVING
            if serving
            else health_pb2.HealthCheckResponse.NOT_SERVING
        )
        for name in _HEALTH_NAMES:
            self._health.set(name, state)

    def start(self) -> None:
        """Takes requests from now on."""
        self._server.start()

    def drain(self, grace: float) -> Any:
        """Takes no more requests and says so in the health service; an event that is set when those inside are answered.

        Args:
          grace: seconds after which they are cancelled.
        """
        self._health.enter_graceful_shutdown()
        return self._server.stop(grace)


def _credentials(tls: TLS) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials(
        [(tls.server_key.encode(), tls.server_cert.encode())],
        root_certificates=tls.custom_ca.encode() or None,
        require_client_auth=tls.client_verify,
    )
