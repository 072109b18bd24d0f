"""What a request can end with: the canonical codes that gRPC and TensorFlow share, and the texts
of TensorFlow Serving.
"""

import enum

__all__ = ["Code", "ServingError", "invalid"]

_LONGEST, _CUT = 1024, "...TRUNCATED"  # tensorflow_serving/model_servers/grpc_status_util.cc


class Code(enum.IntEnum):
    """google.rpc.Code; the numbers of grpc.StatusCode and of tf.errors.OpError.error_code."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class ServingError(Exception):
    """A request that is answered with a code and a text.

    Attributes:
      code: any but OK.
      message: the text.
    """

    def __init__(self, code: Code, message: str):
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def short(self) -> str:
        """The text as gRPC carries it: at most 1024 characters, longer ones are cut as TensorFlow
        Serving cuts them.
        """
        return self.message if len(self.message) <= _LONGEST else self.message[:_LONGEST] + _CUT


def invalid(message: str) -> ServingError:
    """An INVALID_ARGUMENT."""
    return ServingError(Code.INVALID_ARGUMENT, message)
