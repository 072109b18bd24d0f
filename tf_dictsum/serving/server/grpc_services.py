"""The gRPC services as tables: PredictionService and ModelService of TensorFlow Serving."""

import asyncio
from concurrent import futures
from typing import Any

import grpc
from grpc_reflection.v1alpha import reflection
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    model_service_pb2,
    predict_pb2,
    prediction_service_pb2,
    regression_pb2,
)

from tf_dictsum.serving.server.core import Core
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.grpc_calls import Calls, Method
from tf_dictsum.serving.server.status import Code, ServingError

__all__ = ["MODEL_SERVICE", "PREDICTION_SERVICE", "Reflection", "Unknown", "service_handlers"]

PREDICTION_SERVICE = prediction_service_pb2.DESCRIPTOR.services_by_name[
    "PredictionService"
].full_name
MODEL_SERVICE = model_service_pb2.DESCRIPTOR.services_by_name["ModelService"].full_name


def service_handlers(core: Core, calls: Calls, threads: int) -> list[grpc.GenericRpcHandler]:
    """Handlers of both services.

    Args:
      core: answers.
      calls: reads the requests.
      threads: Predict requests that are worked on at the same time.
    """
    predictions = futures.ThreadPoolExecutor(threads, "predict")
    reloads = futures.ThreadPoolExecutor(1, "reload")  # one after the other, as they wait

    def counted(name: str) -> Any:
        def done(request: Any, start: float, code: Code) -> None:
            core.count(request.model_spec.name, name, "GRPC", start, code)

        return done

    def reloaded(error: ServingError | None = None) -> model_management_pb2.ReloadConfigResponse:
        """The status is in the reply and gRPC's own as well, as in TensorFlow Serving."""
        response = model_management_pb2.ReloadConfigResponse()
        response.status.SetInParent()
        if error is not None:
            response.status.error_code = int(error.code)
            response.status.error_message = error.message
        return response

    def reload(
        request: model_management_pb2.ReloadConfigRequest, deadline: Deadline
    ) -> model_management_pb2.ReloadConfigResponse:
        core.reload(request, deadline)
        return reloaded()

    services = {
        PREDICTION_SERVICE: [
            Method(
                "Predict",
                predict_pb2.PredictRequest,
                core.predict,
                predictions,
                done=counted("Predict"),
            ),
            Method(
                "GetModelMetadata",
                get_model_metadata_pb2.GetModelMetadataRequest,
                lambda request, _: core.metadata(request),
                done=counted("GetModelMetadata"),
            ),
            Method(
                "Classify",
                classification_pb2.ClassificationRequest,
                lambda request, _: core.classify(request),
            ),
            Method(
                "Regress",
                regression_pb2.RegressionRequest,
                lambda request, _: core.regress(request),
            ),
            Method(
                "MultiInference",
                inference_pb2.MultiInferenceRequest,
                lambda request, _: core.multi_inference(request),
            ),
        ],
        MODEL_SERVICE: [
            Method(
                "GetModelStatus",
                get_model_status_pb2.GetModelStatusRequest,
                lambda request, _: core.status(request),
            ),
            Method(
                "HandleReloadConfigRequest",
                model_management_pb2.ReloadConfigRequest,
                reload,
                reloads,
                refused=reloaded,
            ),
        ],
    }
    return [
        grpc.method_handlers_generic_handler(
            service, {method.name: calls.handler(method) for method in methods}
        )
        for service, methods in services.items()
    ]


class Reflection(reflection.aio.ReflectionServicer):
    """The reflection service; a stream on which nothing is asked ends after a while."""

    def __init__(self, names: list[str], idle_seconds: float):
        super().__init__(names)
        self._idle_seconds = idle_seconds

    async def ServerReflectionInfo(self, _: object, context: grpc.aio.ServicerContext) -> Any:  # noqa: N802
        async for reply in super().ServerReflectionInfo(self._requests(context), context):
            yield reply

    async def _requests(self, context: grpc.aio.ServicerContext) -> Any:
        while True:
            try:
                async with asyncio.timeout(self._idle_seconds):
                    request = await context.read()
            except TimeoutError:
                return
            if request is grpc.aio.EOF:
                return
            yield request


class Unknown(grpc.GenericRpcHandler):
    """Whatever nobody else answers: gRPC C++ gives no text."""

    def service(self, _: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        async def refuse(_: object, context: grpc.aio.ServicerContext) -> None:
            await context.abort(grpc.StatusCode.UNIMPLEMENTED, "")

        return grpc.stream_unary_rpc_method_handler(refuse)
