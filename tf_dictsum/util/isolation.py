"""Calls into native code that may crash on a damaged file, made in a process of their own."""

import atexit
import contextlib
import importlib
import json
import os
import pickle
import resource
import select
import struct
import subprocess
import sys
from typing import IO, Any

__all__ = ["Isolated", "ProcessDiedError"]

_HEAD = struct.Struct("<q")
_START = "import sys, json; sys.path[:] = json.loads(sys.argv[1])\n"
_START += "from tf_dictsum.util.isolation import serve; serve(sys.argv[2], sys.argv[3])"
_STARTING = 60  # seconds that imports may take beside the call


class ProcessDiedError(Exception):
    """The process ended, or was ended, in the middle of a call; the text says how."""


class Isolated:
    """A function in a process of its own, which is started by the first call and again after a
    crash.

    No fork: threads of TensorFlow do not survive one. No multiprocessing: it runs the user's script
      again. The process
    ends with this one, whichever way that goes.

    Args:
      module, function: what is called, with one argument; argument and result can be pickled.
    """

    def __init__(self, module: str, function: str):
        self._names = module, function
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    def call(self, argument: object, memory: int, seconds: float) -> Any:
        """What the function returns.

        Args:
          argument: of the function.
          memory: bytes that the process may take beside what it has.
          seconds: after which it is ended.

        Raises:
          ProcessDiedError: a crash, or too slow.
          Exception: what the function raised, if that is one of Python's own; else RuntimeError.
        """
        process = self._process
        if process is None or process.poll() is not None:
            self.close()
            command = [sys.executable, "-c", _START, json.dumps(sys.path), *self._names]
            process = self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            _send(process.stdin, (argument, memory))
            if not select.select([process.stdout], [], [], seconds + _STARTING)[0]:
                raise ProcessDiedError(f"it took more than {seconds:.0f} s")
            worked, value = _receive(process.stdout)
        except (OSError, EOFError):
            code = process.wait()
            how = f"by signal {-code}" if code < 0 else f"with status {code}"
            raise ProcessDiedError(f"the process that read it ended {how}") from None
        finally:
            if sys.exc_info()[0] is not None:  # whatever it was, the next call needs a fresh one
                self.close()
        if not worked:
            raise value
        return value

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]


def serve(module: str, function: str) -> None:
    """The process: one call after the other, until the pipe ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what native code prints is no answer
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    work = getattr(importlib.import_module(module), function)
    while True:
        try:
            argument, memory = _receive(requests)
        except EOFError:
            return
        with open("/proc/self/statm") as statm:
            taken = int(statm.read().split()[0]) * resource.getpagesize()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        try:
            resource.setrlimit(resource.RLIMIT_AS, (taken + memory, most))
            answer = True, work(argument)
        except Exception as error:
            plain = type(error).__module__ == "builtins"
            text = f"{type(error).__name__}: {error}"
            answer = False, error if plain else RuntimeError(text)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
        _send(answers, answer)


def _send(pipe: IO[bytes], value: object) -> None:
    content = pickle.dumps(value)
    pipe.write(_HEAD.pack(len(content)))
    pipe.write(content)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    head = pipe.read(_HEAD.size)
    if len(head) < _HEAD.size:
        raise EOFError
    (size,) = _HEAD.unpack(head)
    content = pipe.read(size)
    if len(content) < size:
        raise EOFError
    return pickle.loads(content)
