"""One unary gRPC call: its message is read on the event loop and answered in a thread."""

import asyncio
import dataclasses
import time
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
from absl import logging
from google.protobuf.message import DecodeError, Message

from tf_dictsum.serving.server.budget import Budget
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.status import Code, ServingError

__all__ = ["Calls", "Method"]

_CODES = {code.value[0]: code for code in grpc.StatusCode}
_UPLOAD_GRACE = 2.0  # seconds that half-sent requests get at the end


@dataclasses.dataclass(frozen=True)
class Method:
    """How a unary method is answered.

    Attributes:
      name: as in the service.
      request: the message that it takes.
      answer: computes the reply, or raises ServingError.
      pool: where it runs; None: at once, on the event loop.
      refused: the reply that goes along with an error; None: no reply.
      done: called with (request, start on time.perf_counter's clock, code) after every request.
    """

    name: str
    request: type[Message]
    answer: Callable[[Any, Deadline], Message]
    pool: futures.Executor | None = None
    refused: Callable[[ServingError], Message] | None = None
    done: Callable[[Any, float, Code], None] | None = None


@dataclasses.dataclass(frozen=True)
class _Outcome:
    code: Code
    message: str
    reply: bytes | None


class Calls:
    """Makes gRPC handlers of methods, and knows how many requests are being answered.

    A call takes a thread only once its message is there, so calls that say nothing hold none; they
    end after a while.

    Args:
      read_seconds: until a call's message must have arrived.
      budget: counts the messages.
    """

    def __init__(self, read_seconds: float, budget: Budget):
        self._read_seconds, self._budget = read_seconds, budget
        self._reading = self._answering = 0

    def handler(self, method: Method) -> grpc.RpcMethodHandler:
        """The handler of a unary method.

        To gRPC it takes a stream: only so can the server wait for the message with a limit. On the
        wire there is no difference.
        """

        async def answer(_: object, context: grpc.aio.ServicerContext) -> bytes | None:
            data = [await self._read(context)]  # a list, so that the worker can let go of it
            self._answering += 1
            deadline = Deadline.after(_seconds_left(context))
            try:
                with self._budget.hold(len(data[0])):
                    outcome = await _in_pool(method, data, deadline)
            except ServingError as error:
                outcome = _Outcome(error.code, error.short, None)
            except asyncio.CancelledError:
                deadline.cancel()
                raise
            finally:
                self._answering -= 1
            if outcome.code == Code.OK:
                return outcome.reply
            if outcome.reply is None:
                await context.abort(_CODES[int(outcome.code)], outcome.message)
            context.set_code(_CODES[int(outcome.code)])
            context.set_details(outcome.message)
            return outcome.reply

        return grpc.stream_unary_rpc_method_handler(answer)

    async def _read(self, context: grpc.aio.ServicerContext) -> bytes:
        self._reading += 1
        try:
            async with asyncio.timeout(self._read_seconds):
                data = await context.read()
        except TimeoutError:
            await context.abort(
                grpc.StatusCode.DEADLINE_EXCEEDED,
                f"the request did not arrive within {self._read_seconds:g} s",
            )
        finally:
            self._reading -= 1
        if data is grpc.aio.EOF:
            await context.abort(grpc.StatusCode.INTERNAL, "")
        return data

    async def finished(self) -> None:
        """Returns when no request is inside; half-sent ones get a moment to arrive whole."""
        end = time.monotonic() + _UPLOAD_GRACE
        while self._answering or (self._reading and time.monotonic() < end):
            await asyncio.sleep(0.05)


async def _in_pool(method: Method, data: list[bytes], deadline: Deadline) -> _Outcome:
    if method.pool is None:
        return _answer(method, data, deadline)
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(method.pool, _answer, method, data, deadline)


def _answer(method: Method, data: list[bytes], deadline: Deadline) -> _Outcome:
    """Runs a request; turns its errors into codes and texts."""
    start, error, reply = time.perf_counter(), None, None
    request = method.request()
    try:
        request.MergeFromString(data.pop())
    except DecodeError:
        return _Outcome(Code.INTERNAL, "", None)
    try:
        deadline.check()
        reply = method.answer(request, deadline).SerializeToString()
    except ServingError as refusal:
        error = refusal
    except Exception as bug:  # it must not look like the client's mistake, nor show it a stack
        logging.exception("%s failed", method.name)
        error = ServingError(Code.INTERNAL, f"{method.name} failed: {type(bug).__name__}")
    code = Code.OK if error is None else error.code
    if method.done is not None:
        method.done(request, start, code)
    if error is not None and method.refused is not None:
        reply = method.refused(error).SerializeToString()
    return _Outcome(code, "" if error is None else error.short, reply)


def _seconds_left(context: grpc.aio.ServicerContext) -> float | None:
    left = context.time_remaining()
    return None if left is None or left > 1e7 else left
