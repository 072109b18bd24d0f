"""A selector on a model server (extra `serve`)."""

import re

import numpy as np

from tf_dictsum.selectors.loaded import LoadedSelector
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.quiet import load_tensorflow

__all__ = ["RemoteSelector", "is_address", "parse_address"]

_ADDRESS = re.compile(r"(grpcs?)://([^/\s]+:\d+)/([^/\s]+)")


def is_address(source: str) -> bool:
    """Whether `source` names a server, well-formed or not."""
    return source.startswith(("grpc://", "grpcs://"))


def parse_address(source: str) -> tuple[str, str, bool]:
    """grpc://HOST:PORT/NAME -> (HOST:PORT, NAME, whether it is grpcs).

    Raises:
      UserError: it is something else.
    """
    match = _ADDRESS.fullmatch(source)
    if not match or not 0 < int(match[2].rpartition(":")[2]) < 65536:
        raise UserError(
            f"{source}: expected grpc://HOST:PORT/NAME, such as grpc://localhost:8500/dictsum."
        )
    return match[2], match[3], match[1] == "grpcs"


class RemoteSelector(LoadedSelector):
    """Sends the features of one video, receives its scores; the newest version answers.

    Args:
      source: grpc://HOST:PORT/NAME, or grpcs://HOST:PORT/NAME for TLS.
      deadline: seconds that one try may take.
      retries: tries after the server was not there or too busy; 4 take about 6 s.

    Attributes:
      server: HOST:PORT.
      model: NAME.

    Raises:
      UserError: no such address, no answer, no such model, or the packages for it are not
        installed.
    """

    def __init__(self, source: str, deadline: float = 600.0, retries: int = 4):
        self.server, self.model, tls = parse_address(source)
        load_tensorflow()  # its messages are tensors
        try:
            from tf_dictsum.serving.client.channel import Connection
            from tf_dictsum.serving.client.client import Backoff, Model, ScoringClient

            self._client = ScoringClient(
                Connection(self.server, tls=tls),
                Model(self.model),
                deadline,
                Backoff(retries),
                when_slow="Is it overloaded?",
            )
        except ImportError as error:
            raise UserError(
                f"{source} needs the package {error.name}: pip install 'tf-dictsum[serve]'."
            ) from None
        try:
            _, width = self._client.signature()
        except UserError as error:
            raise UserError(f"{source}: {error}") from error
        text = f"Scored by a trained selector (model server {self.server}, model {self.model})."
        super().__init__(source, width, {}, text)

    def _score(self, features: np.ndarray) -> np.ndarray:
        try:
            return self._client.score(features).values
        except UserError as error:
            raise UserError(f"{self.source}: {error}") from error
