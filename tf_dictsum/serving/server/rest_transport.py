"""The sockets under the REST front end: listening, TLS, time limits, ending."""

import asyncio
import os
import socket
import ssl
import threading
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from tf_dictsum.serving.server.limits import Limits
from tf_dictsum.serving.server.rest_guard import Guard
from tf_dictsum.util.errors import UserError

__all__ = ["RestServer"]


def _protocol(limits: Limits) -> type[H11Protocol]:
    """A connection that is closed when nothing is asked on it, or when a head does not arrive
    whole.
    """

    class Protocol(H11Protocol):
        _timer: asyncio.TimerHandle | None = None
        _in_head = False

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._set_timer(limits.idle_seconds)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.transport.is_closing():
                return
            in_head = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
            if self.conn.their_state is not h11.IDLE:
                self._set_timer(None)
            elif not in_head:
                self._set_timer(limits.idle_seconds)
            elif not self._in_head:  # not again for every byte
                self._set_timer(limits.header_seconds)
            self._in_head = in_head

        def connection_lost(self, exc: Exception | None) -> None:
            self._set_timer(None)
            super().connection_lost(exc)

        def _set_timer(self, seconds: float | None) -> None:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = (
                None
                if seconds is None
                else self.loop.call_later(seconds, self.timeout_keep_alive_handler)
            )

    return Protocol


class RestServer:
    """An application on an address, in a thread of its own.

    Args:
      guard: the application with its limits.
      host, port: where.
      limits: of waiting.
      context: TLS; None: plain text.

    Raises:
      UserError: the address cannot be had.
    """

    def __init__(
        self,
        guard: Guard,
        host: str,
        port: int,
        limits: Limits,
        context: ssl.SSLContext | None = None,
    ):
        config = uvicorn.Config(
            guard,
            http=_protocol(limits),
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_keep_alive=max(1, int(limits.idle_seconds)),
        )
        config.load()
        config.ssl = context
        self._guard, self._server = guard, uvicorn.Server(config)
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family, backlog=config.backlog)
        except OSError as error:
            raise UserError(
                f"cannot listen on {host}:{port} for REST: {os.strerror(error.errno or 0)}. "
                "Choose another `rest_api_port`."
            ) from error
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="rest", daemon=True
        )

    def start(self) -> None:
        """Takes requests from now on."""
        self._thread.start()

    def stop(self, grace: float) -> None:
        """Takes no more requests and waits until those inside are answered.

        Args:
          grace: longest wait, seconds.
        """
        self._server.config.timeout_graceful_shutdown = max(1, int(grace))
        self._guard.end()
        self._server.should_exit = True
        self._thread.join(grace + 1.0)
