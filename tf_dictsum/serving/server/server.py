"""The embedded server: models, front ends and signals put together."""

import contextlib
import ipaddress
import os
import pathlib
import signal
import threading
from typing import Any

from absl import logging

from tf_dictsum.serving.config.files import read_models
from tf_dictsum.serving.server.batcher import BatchThreads
from tf_dictsum.serving.server.core import Core
from tf_dictsum.serving.server.grpc_server import GrpcServer
from tf_dictsum.serving.server.manager import Manager
from tf_dictsum.serving.server.metrics import Metrics
from tf_dictsum.serving.server.options import ServeOptions
from tf_dictsum.serving.server.rest_transport import RestServer
from tf_dictsum.serving.server.server_files import ServerFiles
from tf_dictsum.serving.server.status import ServingError
from tf_dictsum.util.errors import UserError

__all__ = ["serve"]


def serve(options: ServeOptions, files: ServerFiles) -> None:
    """Serves until SIGTERM or SIGINT, then answers what is inside and returns.

    Raises:
      UserError: an address cannot be had, or key and certificate do not fit.
    """
    metrics = Metrics()
    batch_threads = BatchThreads(files.batching) if options.enable_batching else None
    manager = Manager(
        files.models,
        metrics,
        options.session_threads,
        batch_threads,
        options.file_system_poll_wait_seconds,
        options.allow_version_labels_for_unavailable_models,
    )
    core = Core(manager, metrics, options.enable_serialization_as_tensor_content)
    if not _is_loopback(options.host):
        logging.warning(
            "listening on %s: whoever reaches it may use it%s",
            options.host,
            "" if files.tls else ", and read along: no TLS",
        )
    host = f"[{options.host}]" if ":" in options.host else options.host
    grpc_server = GrpcServer(core, f"{host}:{options.port}", options.grpc_max_threads, files.tls)
    rest_server = (
        RestServer(core, options.host, options.rest_api_port, files.monitoring)
        if options.rest_api_port
        else None
    )
    manager.on_change = lambda: grpc_server.set_serving(manager.ready())
    stop = _stop_event()
    manager.start()
    grpc_server.start()
    logging.info(
        "gRPC on %s:%d%s", options.host, grpc_server.port, " with TLS" if files.tls else ""
    )
    if rest_server is not None:
        rest_server.start()
        logging.info("REST on %s:%d", options.host, options.rest_api_port)
    if options.model_config_file_poll_wait_seconds:
        threading.Thread(
            target=_poll_config, args=(options, manager, stop), name="models file", daemon=True
        ).start()
    stop.wait()
    logging.info("ending: answering what is inside")
    manager.on_change = lambda: None
    drained = grpc_server.drain(options.drain_seconds)
    if rest_server is not None:
        rest_server.stop(options.drain_seconds)
    drained.wait()
    manager.stop()
    if batch_threads is not None:
        batch_threads.stop()
    logging.info("ended")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _stop_event() -> threading.Event:
    """An event that SIGTERM and SIGINT set; a second signal ends the process at once."""
    stop = threading.Event()

    def handle(number: int, _: Any) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)
    return stop


def _poll_config(options: ServeOptions, manager: Manager, stop: threading.Event) -> None:
    """Serves what the models file says whenever it changed; a file that is wrong is told and changes nothing."""
    path = pathlib.Path(options.model_config_file)
    known = path.read_bytes()
    while not stop.wait(options.model_config_file_poll_wait_seconds):
        with contextlib.suppress(OSError):
            text = path.read_bytes()
            if text == known:
                continue
            known = text
            try:
                manager.reload(read_models(str(path)))
                logging.info("%s: serving what it says now", path)
            except (UserError, ServingError) as error:
                logging.error("%s: %s", path, error)
