"""The gRPC front end: TensorFlow Serving's services, grpc.health.v1 and reflection.

It is an asynchronous server: a call costs a coroutine until its message is there, so any number of
silent calls leaves the others alone.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from concurrent import futures
from typing import TypeVar

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from tf_dictsum.serving.config.files import TLS
from tf_dictsum.serving.server.budget import Budget
from tf_dictsum.serving.server.core import Core
from tf_dictsum.serving.server.grpc_calls import Calls
from tf_dictsum.serving.server.grpc_services import (
    MODEL_SERVICE,
    PREDICTION_SERVICE,
    Reflection,
    Unknown,
    service_handlers,
)
from tf_dictsum.util.errors import UserError

__all__ = ["GrpcServer"]

T = TypeVar("T")
_HEALTH_NAMES = (
    "",
    PREDICTION_SERVICE,
    MODEL_SERVICE,
    "PredictionService",  # TensorFlow Serving's names
    "ModelService",
)


class GrpcServer:
    """A gRPC server on one address, on an event loop in a thread of its own.

    Args:
      core: answers.
      address: host:port.
      threads: Predict requests that are worked on at the same time.
      budget: counts the messages that are being answered.
      tls: None: plain text.

    Raises:
      UserError: the address cannot be had, or the TLS file's key and certificate do not fit.
    """

    def __init__(
        self,
        core: Core,
        address: str,
        threads: int,
        budget: Budget,
        tls: TLS | None = None,
    ):
        self._core, self._limits, self._tls = core, core.limits, tls
        self._calls = Calls(self._limits.read_seconds, budget)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="grpc", daemon=True)
        self._thread.start()
        try:
            self.port = self._soon(self._build(address, threads)).result()
        except BaseException:
            self._end()
            raise

    def _soon(self, coroutine: Coroutine[object, object, T]) -> futures.Future[T]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _build(self, address: str, threads: int) -> int:
        self._server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", self._limits.message_bytes or -1),
                ("grpc.max_send_message_length", -1),
                ("grpc.so_reuseport", 0),
                ("grpc.keepalive_time_ms", 300_000),  # finds out that a client's machine is gone
            ]
        )
        self._server.add_generic_rpc_handlers(
            tuple(service_handlers(self._core, self._calls, threads))
        )
        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        names = [PREDICTION_SERVICE, MODEL_SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME]
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(
            Reflection(names, self._limits.read_seconds), self._server
        )
        self._server.add_generic_rpc_handlers((Unknown(),))
        await self._set(health_pb2.HealthCheckResponse.NOT_SERVING)
        try:
            if self._tls is None:
                return int(self._server.add_insecure_port(address))
            return int(self._server.add_secure_port(address, _credentials(self._tls)))
        except RuntimeError:
            what = (
                "" if self._tls is None else ", or key and certificate of the TLS file do not fit"
            )
            raise UserError(
                f"cannot listen on {address} for gRPC: the port is in use or not allowed{what}. "
                "Choose another `port`."
            ) from None

    async def _set(self, state: health_pb2.HealthCheckResponse.ServingStatus) -> None:
        for name in _HEALTH_NAMES:
            await self._health.set(name, state)

    def set_serving(self, serving: bool) -> None:
        """Sets what grpc.health.v1 answers for every name."""
        states = health_pb2.HealthCheckResponse
        self._soon(self._set(states.SERVING if serving else states.NOT_SERVING))

    def start(self) -> None:
        """Takes requests from now on."""
        self._soon(self._server.start()).result()

    def drain(self, grace: float) -> futures.Future[None]:
        """Takes no more requests and says so in the health service.

        Calls that say nothing, and streams on which nothing is asked, do not hold up the end.

        Args:
          grace: seconds after which requests inside are cancelled.

        Returns:
          Done when those inside are answered.
        """
        return self._soon(self._drain(grace))

    async def _drain(self, grace: float) -> None:
        await self._health.enter_graceful_shutdown()
        stopping = asyncio.create_task(self._server.stop(grace))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._calls.finished()
        await asyncio.sleep(0.1)  # for the last bytes, and for those who watch the health
        await self._server.stop(None)
        await stopping


def _credentials(tls: TLS) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials(
        [(tls.server_key.encode(), tls.server_cert.encode())],
        root_certificates=tls.custom_ca.encode() or None,
        require_client_auth=tls.client_verify,
    )
