"""The sockets under the REST front end: listening, ending."""

import os
import socket
import threading

import uvicorn

from tf_dictsum.serving.config.files import Monitoring
from tf_dictsum.serving.server.core import Core
from tf_dictsum.serving.server.rest_server import application
from tf_dictsum.util.errors import UserError

__all__ = ["RestServer"]


class RestServer:
    """The application on an address, in a thread of its own.

    Args:
      core: answers.
      host, port: where.
      monitoring: whether and where metrics are shown.

    Raises:
      UserError: the address cannot be had.
    """

    def __init__(self, core: Core, host: str, port: int, monitoring: Monitoring):
        config = uvicorn.Config(
            application(core, monitoring), log_config=None, access_log=False, lifespan="off"
        )
        self._server = uvicorn.Server(config)
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family, backlog=config.backlog)
        except OSError as error:
            raise UserError(
                f"cannot listen on {host}:{port} for REST: {os.strerror(error.errno or 0)}. Choose another --rest_api_port."
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
        self._server.should_exit = True
        self._thread.join(grace)
