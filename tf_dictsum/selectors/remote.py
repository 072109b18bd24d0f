"""Scores from a model server (extra `serve`), for `summarize`."""

import re

import numpy as np

from tf_dictsum.util.errors import UserError

__all__ = ["RemoteScorer"]

_ADDRESS = re.compile(r"(grpcs?)://([^/\s]+:\d+)/([^/\s]+)")


class RemoteScorer:
    """Sends the features of one video, receives its scores. `serving.client.client` does the work; the newest version answers.

    Args:
      source: grpc://HOST:PORT/NAME, or grpcs://HOST:PORT/NAME for TLS.
      width: D of the features that will be scored.
      deadline: seconds that one try may take.
      retries: tries after the server was not there or too busy; 4 take about 6 s.

    Attributes:
      server: HOST:PORT.
      model: NAME.

    Raises:
      UserError: no such address, no answer, no such model, one for features of another width, or the packages for it
        are not installed.
    """

    def __init__(self, source: str, width: int, deadline: float = 600.0, retries: int = 4):
        from tf_dictsum.serving.client.channel import Connection
        from tf_dictsum.serving.client.client import Backoff, Model, ScoringClient

        found = _ADDRESS.fullmatch(source)
        if not found or not 0 < int(found[2].rpartition(":")[2]) < 65536:
            raise UserError(
                f"--model={source}: expected grpc://HOST:PORT/NAME, such as grpc://localhost:8500/dictsum."
            )
        self._source, self.server, self.model = source, found[2], found[3]
        connection, backoff = Connection(self.server, tls=found[1] == "grpcs"), Backoff(retries)
        try:
            self._client = ScoringClient(
                connection, Model(self.model), deadline, backoff, when_slow="Is it overloaded?"
            )
        except ImportError as error:
            raise UserError(
                f"--model={source} needs the package {error.name}: pip install 'tf-dictsum[serve]'."
            ) from None
        try:
            _, wanted = self._client.signature()
        except UserError as error:
            raise UserError(f"--model={source}: {error}") from error
        if wanted not in (None, width):
            raise UserError(
                f"--model={source}: was trained on features of width {wanted}, these have {width}. "
                "Use a model trained on features of the same network."
            )

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """float [n_steps, D] -> float32 [n_steps].

        Raises:
          UserError: the server refused or did not answer, or its answer is not one finite score per step.
        """
        try:
            return self._client.score(features).values
        except UserError as error:
            raise UserError(f"--model={self._source}: {error}") from error
