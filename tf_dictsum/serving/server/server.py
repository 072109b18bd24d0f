"""The embedded server: models, front ends and signals put together."""

import ipaddress
import os
import pathlib
import socket
import ssl
import threading

from absl import logging

from tf_dictsum.serving.config.files import read_models
from tf_dictsum.serving.server.batcher import BatchThreads
from tf_dictsum.serving.server.budget import Budget
from tf_dictsum.serving.server.core import Core
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.engine import Engine
from tf_dictsum.serving.server.gate import Gates
from tf_dictsum.serving.server.grpc_server import GrpcServer
from tf_dictsum.serving.server.manager import Manager
from tf_dictsum.serving.server.metrics import Metrics
from tf_dictsum.serving.server.options import ServeOptions
from tf_dictsum.serving.server.rest_guard import Guard
from tf_dictsum.serving.server.rest_server import application
from tf_dictsum.serving.server.rest_transport import RestServer
from tf_dictsum.serving.server.server_files import ServerFiles
from tf_dictsum.serving.server.signals import raise_descriptor_limit, stop_event
from tf_dictsum.serving.server.status import ServingError
from tf_dictsum.serving.server.tls import server_context
from tf_dictsum.util.errors import UserError

__all__ = ["serve"]

_LOAD_SECONDS = 60.0  # after which a models file is looked at again though it has not loaded


def serve(options: ServeOptions, files: ServerFiles) -> None:
    """Serves until SIGTERM or SIGINT, then answers what is inside and returns.

    As TensorFlow Serving it listens once the first models are loaded, and not before.

    Raises:
      UserError: an address cannot be had, key and certificate do not fit, or a model does not load.
    """
    raise_descriptor_limit()
    context = None if files.tls is None else server_context(files.tls)
    _check_address(options.host, options.port, "gRPC", "port")
    _check_address(options.host, options.rest_api_port, "REST", "rest_api_port")
    _warn_of_listening(options.host, files)
    _check_labels(options, files)
    stop = stop_event()
    metrics, limits = Metrics(), options.limits
    batch_threads = BatchThreads(files.batching, limits.steps) if options.enable_batching else None
    engine = Engine(
        options.session_threads,
        batch_threads,
        Gates(limits.steps),
        options.max_num_load_retries,
        options.load_retry_interval_micros / 1e6,
    )
    manager = Manager(
        files.models,
        metrics,
        engine,
        poll_seconds=options.file_system_poll_wait_seconds,
        labels_may_wait=options.allow_version_labels_for_unavailable_models,
    )
    verified = files.tls is not None and files.tls.client_verify
    core = Core(
        manager,
        metrics,
        limits,
        as_content=options.enable_serialization_as_tensor_content,
        reload_open=options.enable_model_reload or verified,
    )
    if _load_first(manager, stop):
        _listen(options, files, core, context, stop)
    manager.stop()
    if batch_threads is not None:
        batch_threads.stop()
    logging.info("ended")


def _load_first(manager: Manager, stop: threading.Event) -> bool:
    """Waits until every model is loaded; False if a signal came first."""
    ended = Deadline()

    def cancel() -> None:
        stop.wait()
        ended.cancel()

    threading.Thread(target=cancel, name="signals", daemon=True).start()
    logging.info("loading %s", ", ".join(model.name for model in manager.models) or "no model")
    manager.start()
    try:
        manager.wait(manager.models, ended)
    except ServingError as error:
        if stop.is_set():
            return False
        raise UserError(error.message.replace("model(s)", "servable(s)")) from error
    return True


def _listen(
    options: ServeOptions,
    files: ServerFiles,
    core: Core,
    context: ssl.SSLContext | None,
    stop: threading.Event,
) -> None:
    """Answers requests until the event is set, and then those that are inside."""
    manager, limits = core.manager, core.limits
    budget = Budget(limits.inflight_bytes)
    secure = " with TLS" if files.tls else ""
    address = f"{_bracketed(options.host)}:{options.port}"
    grpc_server = GrpcServer(core, address, options.grpc_max_threads, budget, files.tls)
    rest_server = None
    if options.rest_api_port:
        seconds = options.rest_api_timeout_in_ms / 1e3
        guard = Guard(
            application(core, files.monitoring), limits, budget, seconds, core.manager.knows
        )
        rest_server = RestServer(guard, options.host, options.rest_api_port, limits, context)
    manager.on_change = lambda: grpc_server.set_serving(manager.ready())
    manager.on_change()
    grpc_server.start()
    logging.info("gRPC on %s:%d%s", options.host, grpc_server.port, secure)
    if rest_server is not None:
        rest_server.start()
        logging.info("REST on %s:%d%s", options.host, options.rest_api_port, secure)
    if options.model_config_file_poll_wait_seconds:
        threading.Thread(
            target=_poll_config, args=(options, manager, stop), name="models file", daemon=True
        ).start()
    stop.wait()
    logging.info("ending: answering in-flight requests")
    manager.on_change = lambda: None
    drained = grpc_server.drain(options.drain_seconds)
    if rest_server is not None:
        rest_server.stop(options.drain_seconds)
    drained.result()


def _check_labels(options: ServeOptions, files: ServerFiles) -> None:
    """As TensorFlow Serving does before anything is loaded."""
    if options.allow_version_labels_for_unavailable_models:
        return
    for model in files.models:
        for number in model.labels.values():
            raise UserError(
                f"Request to assign label to version {number} of model {model.name}, which is not "
                "currently available for inference. Labels in the models file need "
                "`allow_version_labels_for_unavailable_models`."
            )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _check_address(host: str, port: int, what: str, field: str) -> None:
    """Finds out about a port that is taken before the models are loaded, not after."""
    if not port:
        return
    try:
        with socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        ):
            pass
    except OSError as error:
        raise UserError(
            f"cannot listen on {host}:{port} for {what}: {os.strerror(error.errno or 0)}. "
            f"Choose another `{field}`."
        ) from error


def _warn_of_listening(host: str, files: ServerFiles) -> None:
    if files.tls is not None and files.tls.client_verify:
        return
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = host == "localhost"
    if not is_loopback:
        logging.warning(
            "listening on %s: whoever reaches it may use it%s",
            host,
            "" if files.tls else ", and read along: no TLS",
        )


def _poll_config(options: ServeOptions, manager: Manager, stop: threading.Event) -> None:
    """Serves what the models file says, again and again; a file that is wrong changes nothing.

    As in TensorFlow Serving, the file also undoes what clients have asked for meanwhile.
    """
    path = pathlib.Path(options.model_config_file)
    last, models = None, None
    while not stop.wait(options.model_config_file_poll_wait_seconds):
        try:
            text = path.read_bytes()
            if text != last:
                last, models = text, None
                models = read_models(str(path))
            if models is not None and models != manager.models:
                manager.reload(models, Deadline.after(_LOAD_SECONDS))
                logging.info("%s: serving what it says now", path)
        except OSError:
            continue  # replaced at this moment, or gone: what is served stays
        except (UserError, ServingError) as error:
            logging.error("%s: %s", path, error)
