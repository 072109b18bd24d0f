"""The REST front end: status, metadata, :predict and Prometheus metrics, as an ASGI application."""

import dataclasses
import http
import json
import time
import zlib
from typing import Any

from absl import logging
from google.protobuf import json_format
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, predict_pb2

from tf_dictsum.serving.config.files import Monitoring
from tf_dictsum.serving.server.core import Core
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.predict import predict_arrays
from tf_dictsum.serving.server.rest_examples import check_examples
from tf_dictsum.serving.server.rest_json import Document
from tf_dictsum.serving.server.rest_paths import BadVersionError, Target, is_api, target
from tf_dictsum.serving.server.rest_reply import error_text, to_columns, to_rows
from tf_dictsum.serving.server.servable import DEFAULT_SIGNATURE
from tf_dictsum.serving.server.status import Code, ServingError, invalid

__all__ = ["application"]

_HTTP = {  # model_servers/http_server.cc
    Code.OK: 200,
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


@dataclasses.dataclass(frozen=True)
class _Reply:
    text: str
    code: Code = Code.OK

    def response(self) -> Response:
        body = self.text.encode("utf-8", "surrogateescape")
        return Response(body, _HTTP.get(self.code, 500), media_type="application/json")


def application(core: Core, monitoring: Monitoring) -> ASGIApp:
    """The ASGI application.

    Args:
      core: answers.
      monitoring: whether and where metrics are shown.
    """

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        path = _sent_path(scope)
        response: Response
        if monitoring.enable and path == monitoring.path:
            response = Response(core.metrics.text(), media_type="text/plain; version=0.0.4")
        elif not is_api(path):
            response = _not_found()
        elif scope["method"] == "OPTIONS":
            response = Response(b"", 400, media_type="text/html; charset=ISO-8859-1")
        else:
            request = Request(scope, receive)
            body = await request.body()
            is_packed = request.headers.get("content-encoding", "").lower() == "gzip"
            reply = await run_in_threadpool(
                _answer,
                core,
                request.method,
                path,
                _unpacked(body, core.limits.body_bytes) if is_packed else body,
                scope.get("deadline"),
            )
            response = reply.response()
        await response(scope, receive, send)

    return application


def _sent_path(scope: Scope) -> str:
    """The URL as it was sent: not decoded, with its query."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"")
    return (path + b"?" + query if query else path).decode("utf-8", "surrogateescape")


def _not_found() -> Response:
    """What libevent's HTTP server answers to paths that nobody serves."""
    what = http.HTTPStatus.NOT_FOUND
    title = f"{what.value} {what.phrase}"
    page = (
        f"<HTML><HEAD>\n<TITLE>{title}</TITLE>\n</HEAD><BODY>\n<H1>{what.phrase}</H1>\n"
        "</BODY></HTML>\n"
    )
    response = Response(page, what.value, {"connection": "close"})
    response.headers["content-type"] = "text/html"
    return response


def _unpacked(body: bytes, most: int) -> bytes:
    """A gzip body's content; what is not gzip, not whole or too long is empty, as in TensorFlow
    Serving.
    """
    reader = zlib.decompressobj(31)
    try:
        content = reader.decompress(body, most)
    except zlib.error:
        return b""
    return content if reader.eof else b""


def _answer(core: Core, method: str, path: str, body: bytes, deadline: Deadline | None) -> _Reply:
    start, code, message = time.perf_counter(), Code.OK, ""
    wanted: Target | None = None
    try:
        wanted = target(method, path)
        if wanted.method == "status":
            return _Reply(_status(core, wanted))
        if wanted.method == "metadata":
            return _Reply(_metadata(core, wanted))
        if wanted.method == "predict":
            return _Reply(_predict(core, wanted, body, deadline))
        raise _examples(core, wanted, body)
    except BadVersionError as error:
        return _Reply("", error.code)
    except ServingError as error:
        code, message = error.code, error.message
    except Exception as error:  # a bug must not look like the client's mistake, nor show it a stack
        logging.exception("%s %s failed", method, path)
        code, message = Code.INTERNAL, f"{path} failed: {type(error).__name__}"
    finally:
        if wanted is not None:
            api = wanted.method if wanted.method not in ("status", "metadata") else ""
            core.count(wanted.model, api, "REST", start, code)
    return _Reply(error_text(message), code)


def _dumped(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _to_dict(message: Any) -> dict[str, Any]:
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def _status(core: Core, wanted: Target) -> str:
    if not wanted.model:
        raise invalid("Missing model name in request.")
    request = get_model_status_pb2.GetModelStatusRequest()
    wanted.fill(request.model_spec)
    return _dumped(_to_dict(core.status(request))) + "\n"


def _metadata(core: Core, wanted: Target) -> str:
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    wanted.fill(request.model_spec)
    response = core.metadata(request)
    signatures = get_model_metadata_pb2.SignatureDefMap()
    response.metadata["signature_def"].Unpack(signatures)
    spec, definitions = _dumped(_to_dict(response.model_spec)), _dumped(_to_dict(signatures))
    return f'{{\n"model_spec":{spec}\n,\n"metadata": {{"signature_def": {definitions}\n}}\n}}\n'


def _predict(core: Core, wanted: Target, body: bytes, deadline: Deadline | None) -> str:
    request = predict_pb2.PredictRequest()
    wanted.fill(request.model_spec)
    document = Document(body)
    signature = document.signature or DEFAULT_SIGNATURE
    with core.use(request) as version:
        if signature not in version.servable.signatures:
            raise invalid(f'Serving signature name: "{signature}" not found in signature def')
        arrays = document.arrays(version.servable.signatures[signature].inputs)
        write = to_rows if document.by_rows else to_columns
        del document
        outputs = predict_arrays(version.servable, signature, arrays, deadline, core.timed(version))
    return write(outputs)


def _examples(core: Core, wanted: Target, body: bytes) -> ServingError:
    """The answer to :classify and :regress, which must be written well before they are refused."""
    document = Document(body)
    check_examples(document)
    request = predict_pb2.PredictRequest()  # has the model_spec that these requests have
    wanted.fill(request.model_spec)
    request.model_spec.signature_name = document.signature.encode(errors="replace").decode()
    try:
        (core.classify if wanted.method == "classify" else core.regress)(request)
    except ServingError as error:
        return error
    raise AssertionError("it is always refused")
