"""What one client may ask of the server at most."""

import dataclasses

__all__ = ["Limits"]


@dataclasses.dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds.

    Attributes:
      message_bytes: of a gRPC message.
      body_bytes: of a REST request's body, also after it is unpacked.
      implied_bytes: of values that a request asks for without carrying them: one `float_val`
        stands for all that are missing.
      steps: videos times time steps of one request; also of all that is computed at once.
      inflight_bytes: of all requests together that are being answered.
      read_seconds: until a request has arrived whole.
      header_seconds: until the head of a REST request has arrived whole.
      idle_seconds: how long a REST connection may stay without a request.
    """

    message_bytes: int = 128 << 20
    body_bytes: int = 128 << 20
    implied_bytes: int = 1 << 20
    steps: int = 1 << 16
    inflight_bytes: int = 1 << 30
    read_seconds: float = 60.0
    header_seconds: float = 10.0
    idle_seconds: float = 60.0
