"""The REST front end: status, metadata, :predict and Prometheus metrics, as an ASGI application."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

from absl import logging
from google.protobuf import json_format
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, predict_pb2

from tf_dictsum.serving.config.files import Monitoring
from tf_dictsum.serving.server.core import Core, unimplemented
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.predict import predict_arrays
from tf_dictsum.serving.server.rest_json import (
    columns,
    parse_object,
    rows,
    to_columns,
    to_rows,
)
from tf_dictsum.serving.server.servable import DEFAULT_SIGNATURE
from tf_dictsum.serving.server.status import Code, ServingError, invalid

__all__ = ["application"]

_HTTP = {  # model_servers/http_server.cc
    Code.INVALID_ARGUMENT: 400,
    Code.FAILED_PRECONDITION: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.ABORTED: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.CANCELLED: 499,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}
_WHICH = r"(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
_GET = re.compile(
    rf"/v1/models(?:/(?P<model>[^/:]+){_WHICH}(?P<metadata>/metadata)?)?/?", re.IGNORECASE
)
_POST = re.compile(
    rf"/v1/models/(?P<model>[^/:]+){_WHICH}:(?P<method>classify|regress|predict)", re.IGNORECASE
)


def application(core: Core, monitoring: Monitoring) -> Starlette:
    """The ASGI application.

    Args:
      core: answers.
      monitoring: whether and where metrics are shown.
    """

    def metrics(_: Request) -> Response:
        return Response(core.metrics.text(), media_type="text/plain; version=0.0.4")

    async def v1(request: Request) -> Response:
        body = await request.body()
        deadline = request.scope.get("deadline")
        return await run_in_threadpool(
            _answer, core, request.method, request.url.path, body, deadline
        )

    routes = [Route("/v1/{rest:path}", v1, methods=["GET", "POST", "PUT", "DELETE", "PATCH"])]
    if monitoring.enable:
        routes.insert(0, Route(monitoring.path, metrics, methods=["GET"]))
    return Starlette(routes=routes)


def _answer(core: Core, method: str, path: str, body: bytes, deadline: Deadline | None) -> Response:
    get, post = _GET.fullmatch(path), _POST.fullmatch(path)
    start, code = time.perf_counter(), Code.OK
    is_predict = method == "POST" and post is not None and post["method"].lower() == "predict"
    try:
        if method == "GET" and get is not None:
            reply = _metadata(core, get) if get["metadata"] else _status(core, get)
        elif method == "POST" and post is not None:
            if not is_predict:
                raise unimplemented(post["method"].capitalize())
            reply = _predict(core, post, body, deadline)
        else:
            raise invalid(f"Malformed request: {method} {path}")
        return Response(json.dumps(reply, indent=4), media_type="application/json")
    except ServingError as error:
        code, message = error.code, error.message
    except RecursionError:
        code, message = Code.INVALID_ARGUMENT, "JSON Parse error: nested too deeply"
    except Exception as error:  # a bug must not look like the client's mistake, nor show it a stack
        logging.exception("%s %s failed", method, path)
        code, message = Code.INTERNAL, f"{path} failed: {type(error).__name__}"
    finally:
        if is_predict and post is not None:
            core.count(post["model"], "Predict", "REST", start, code)
    return Response(
        json.dumps({"error": message}), _HTTP.get(code, 500), media_type="application/json"
    )


def _fill_spec(spec: Any, match: re.Match[str]) -> None:
    spec.name = match["model"]
    if match["version"]:
        if int(match["version"]) >= 2**63:
            raise invalid(f"Failed to convert version: {match['version']} to numeric.")
        spec.version.value = int(match["version"])
    if match["label"]:
        spec.version_label = match["label"]


def _to_dict(message: Any) -> dict[str, Any]:
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def _status(core: Core, match: re.Match[str]) -> dict[str, Any]:
    if not match["model"]:
        raise invalid("Missing model name in request.")
    request = get_model_status_pb2.GetModelStatusRequest()
    _fill_spec(request.model_spec, match)
    return _to_dict(core.status(request))


def _metadata(core: Core, match: re.Match[str]) -> dict[str, Any]:
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    _fill_spec(request.model_spec, match)
    response = core.metadata(request)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    response.metadata["signature_def"].Unpack(signatures)
    return {
        "model_spec": _to_dict(response.model_spec),
        "metadata": {"signature_def": _to_dict(signatures)},
    }


def _predict(
    core: Core, match: re.Match[str], body: bytes, deadline: Deadline | None
) -> dict[str, Any]:
    request = predict_pb2.PredictRequest()
    _fill_spec(request.model_spec, match)
    document = parse_object(body)
    signature = document.get("signature_name", "")
    if not isinstance(signature, str):
        raise invalid(
            "JSON Value: not formatted correctly. 'signature_name' key must be a string value."
        )
    signature = signature or DEFAULT_SIGNATURE
    with core.use(request) as version:
        if signature not in version.servable.signatures:
            raise invalid(f'Serving signature name: "{signature}" not found in signature def')
        infos = version.servable.signatures[signature].inputs
        if not infos:
            raise invalid(f"Failed to get input map for signature: {signature}")
        if "instances" in document and "inputs" in document:
            raise invalid(
                "JSON Value: Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist "
            )
        read: Callable[..., dict[str, Any]]
        if "instances" in document:
            value, read, write = document.pop("instances"), rows, to_rows
        elif "inputs" in document:
            value, read, write = document.pop("inputs"), columns, to_columns
        else:
            raise invalid("Missing 'inputs' or 'instances' key")
        arrays = read(value, infos)
        del value
        outputs = predict_arrays(version.servable, signature, arrays, deadline, core.timed(version))
    return write(outputs)
