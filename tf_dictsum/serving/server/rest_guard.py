"""What stands between a REST client and the application: size and time limits, and clients that
leave.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tf_dictsum.serving.server.budget import Budget
from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.limits import Limits
from tf_dictsum.serving.server.status import ServingError

__all__ = ["Guard"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_SMALL = 1 << 16  # bytes: smaller bodies are read whoever they are for
_UPLOAD_GRACE = 2.0  # seconds that half-sent bodies get at the end
_MODEL = re.compile(r"/v1/models/([^/:]+)", re.IGNORECASE)


class _RefusedError(Exception):
    """A request that is answered before the application sees it."""

    def __init__(self, status: int, message: str):
        self.status, self.message = status, message


class _GoneError(Exception):
    """The client has hung up."""


class Guard:
    """An ASGI application around another, which sees requests only once their body is there.

    It puts a `Deadline` into the scope ("deadline"): the time for the answer, cancelled when the
    client hangs up.

    Args:
      app: the application.
      limits: of bodies and waiting.
      budget: counts bodies.
      seconds: for the answer.
      knows: whether there is a model of this name; large bodies for others are not read.
    """

    def __init__(
        self,
        app: App,
        limits: Limits,
        budget: Budget,
        seconds: float,
        knows: Callable[[str], bool],
    ):
        self._app, self._limits, self._budget = app, limits, budget
        self._seconds, self._knows = seconds, knows
        self._reading: set[asyncio.Timeout] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """The server is ending: half-sent bodies get a moment, then they are refused."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._hurry, self._loop)

    def _hurry(self, loop: asyncio.AbstractEventLoop) -> None:
        for timeout in self._reading:
            timeout.reschedule(loop.time() + _UPLOAD_GRACE)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self._loop = asyncio.get_running_loop()
        try:
            body = await self._body(scope, receive)
            with self._budget.hold(len(body)):
                await self._pass_on(scope, [body], receive, send)
        except _RefusedError as refused:
            await _send(send, refused.status, refused.message)
        except ServingError as error:
            await _send(send, 503, error.message)
        except _GoneError:
            pass

    async def _pass_on(
        self, scope: MutableMapping[str, Any], body: list[bytes], receive: Receive, send: Send
    ) -> None:
        scope["deadline"] = deadline = Deadline.after(self._seconds)
        watching = asyncio.create_task(_watch(receive, deadline))

        async def replay() -> Message:
            if body:
                return {"type": "http.request", "body": body.pop(), "more_body": False}
            await watching
            return {"type": "http.disconnect"}

        try:
            await self._app(scope, replay, send)
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching

    async def _body(self, scope: MutableMapping[str, Any], receive: Receive) -> bytes:
        announced = dict(scope["headers"]).get(b"content-length", b"")
        self._check(scope, int(announced) if announced.isdigit() else 0)
        parts: list[bytes] = []
        size, more = 0, True
        try:
            async with asyncio.timeout(self._limits.read_seconds) as timeout:
                self._reading.add(timeout)
                try:
                    while more:
                        message = await receive()
                        if message["type"] == "http.disconnect":
                            raise _GoneError
                        parts.append(message.get("body", b""))
                        more, size = message.get("more_body", False), size + len(parts[-1])
                        self._check(scope, size)
                finally:
                    self._reading.discard(timeout)
        except TimeoutError:
            raise _RefusedError(408, "the body did not arrive in time") from None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _check(self, scope: MutableMapping[str, Any], size: int) -> None:
        if size <= _SMALL:
            return
        if size > self._limits.body_bytes:
            most = self._limits.body_bytes
            raise _RefusedError(413, f"the body has more than {most} bytes (max_body_bytes)")
        match = _MODEL.match(scope["path"])
        if match is None or not self._knows(match[1]):
            what = f"Servable not found for request: Latest({match[1]})" if match else "Not found"
            raise _RefusedError(404, what)


async def _watch(receive: Receive, deadline: Deadline) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    deadline.cancel()


async def _send(send: Send, status: int, message: str) -> None:
    body = json.dumps({"error": message}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # what is left of the body is not read
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
