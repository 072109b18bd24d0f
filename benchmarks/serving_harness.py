"""What the serving benchmark and tests share: exported models, the server as a process of its own,
raw requests.
"""

import dataclasses
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from types import TracebackType
from typing import Any, Self

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import get_model_status_pb2, model_service_pb2_grpc, predict_pb2

__all__ = [
    "CHANNEL",
    "ActiveClock",
    "EmbeddedServer",
    "Replies",
    "encode",
    "free_port",
    "publish",
    "write_model",
]

ROOT = pathlib.Path(__file__).parents[1]
CHANNEL = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
PREDICT = "/tensorflow.serving.PredictionService/Predict"


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_model(
    folder: pathlib.Path, version: int = 1, width: int = 7, units: int = 5
) -> pathlib.Path:
    """Exports an untrained selector, another one for every version; returns the version's
    folder.
    """
    from tf_dictsum.layers.initializers import Initializers
    from tf_dictsum.selectors.bilstm import BiLSTMSelector
    from tf_dictsum.serving.export.saved_model import write_saved_model

    scorer = BiLSTMSelector(width, units, Initializers(seed=version), name="scorer")
    return write_saved_model(scorer, folder, version, {"method": "untrained"})


def publish(source: pathlib.Path, destination: pathlib.Path) -> None:
    """Copies a version beside its place and renames it, as the exporter does."""
    beside = destination.with_name(f"copying_{destination.name}")
    shutil.copytree(source, beside)  # with the folders above
    beside.rename(destination)


class EmbeddedServer:
    """`python -m tf_dictsum.serve` as a process, on free loopback ports, ready when the constructor
    returns.

    Args:
      flags: of the server, without ports; `--rest_api_port=0` for no REST.
      wait: name of a model to wait for; "" does not wait.
      seconds: how long to wait.

    Attributes:
      process, address, rest: the process, HOST:PORT of gRPC and of REST.
      log: what it writes to stdout and stderr.
    """

    def __init__(
        self,
        *flags: str,
        wait: str = "dictsum",
        seconds: float = 120.0,
        ports: tuple[int, int] | None = None,
    ):
        self.ports = ports or (free_port(), free_port())
        self.address, self.rest = (f"127.0.0.1:{port}" for port in self.ports)
        self.log = pathlib.Path(tempfile.mkstemp(prefix="serve-", suffix=".log")[1])
        own = (
            ()
            if any(flag.startswith("--rest_api_port") for flag in flags)
            else (f"--rest_api_port={self.ports[1]}",)
        )
        command = [
            sys.executable,
            "-m",
            "tf_dictsum.serve",
            f"--port={self.ports[0]}",
            *own,
            *flags,
        ]
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        }
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        if wait:
            try:
                self.wait_for(wait, seconds)
            except BaseException:
                self.kill()
                raise

    def wait_for(self, model: str, seconds: float) -> None:
        """Returns once a version of the model is AVAILABLE.

        Raises:
          RuntimeError: the process ended or did not get ready in time; with its log.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(
                    "the server ended with status "
                    f"{self.process.returncode}:\n{self.log.read_text()}"
                )
            with grpc.insecure_channel(
                self.address
            ) as channel:  # a fresh one: a refused connection waits before it is tried again
                if available(channel, model):
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the server is not ready after {seconds} s:\n{self.log.read_text()}")

    @property
    def memory(self) -> int:
        """Resident memory, bytes."""
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def stop(self, seconds: float = 60.0) -> int:
        """SIGTERM; returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            self.log.unlink(missing_ok=True)


def available(channel: Any, model: str) -> list[int]:
    """The versions of a model that are AVAILABLE; none when the server does not answer."""
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = model
    try:
        reply = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(request, timeout=10)
    except grpc.RpcError:
        return []
    return [
        row.version
        for row in reply.model_version_status
        if row.state == get_model_status_pb2.ModelVersionStatus.AVAILABLE
    ]


def encode(
    features: np.ndarray, lengths: np.ndarray | None = None, model: str = "dictsum"
) -> bytes:
    """A PredictRequest for features float32 [batch, time, D], as bytes: encoded once, so that
    clients cost little.
    """
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.inputs["features"].CopyFrom(tf.make_tensor_proto(features))
    request.inputs["lengths"].CopyFrom(
        tf.make_tensor_proto(
            np.full(len(features), features.shape[1], np.int32) if lengths is None else lengths
        )
    )
    return request.SerializeToString()


class ActiveClock:
    """Seconds that this process was allowed to run: a machine that is suspended, or pauses its
    batch jobs, does not count.

    A context manager; a thread of its own looks at the time ten times a second.

    Attributes:
      longest_pause: seconds.
    """

    def __init__(self) -> None:
        self._seconds, self._last = 0.0, time.monotonic()
        self.longest_pause = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)

    def _tick(self) -> None:
        while not self._ended.wait(0.1):
            now = time.monotonic()
            passed = now - self._last
            self._seconds += passed if passed < 2 else 0.1
            self.longest_pause = max(self.longest_pause, passed - 0.1)
            self._last = now

    def __call__(self) -> float:
        return self._seconds

    def __enter__(self) -> Self:
        self._last = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()


@dataclasses.dataclass
class Replies:
    """Sends encoded requests; counts and times the answers. One per client thread.

    Attributes:
      seconds: latency of every answered request.
      errors: "CODE: text" of every refused one.
      versions: model version of every answer.
    """

    address: str
    deadline: float = 600.0
    seconds: list[float] = dataclasses.field(default_factory=list)
    errors: list[str] = dataclasses.field(default_factory=list)
    versions: list[int] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        # Without this, channels of one process share one connection.
        self.channel = grpc.insecure_channel(
            self.address, [*CHANNEL, ("grpc.use_local_subchannel_pool", 1)]
        )
        self._call = self.channel.unary_unary(
            PREDICT, response_deserializer=predict_pb2.PredictResponse.FromString
        )

    def send(self, request: bytes) -> Any:
        """Sends one request; returns the reply, None if it was refused."""
        begin = time.perf_counter()
        try:
            reply = self._call(request, timeout=self.deadline)
        except grpc.RpcError as error:
            self.errors.append(f"{error.code().name}: {error.details()}")
            return None
        self.seconds.append(time.perf_counter() - begin)
        self.versions.append(int(reply.model_spec.version.value))
        return reply

    def close(self) -> None:
        """Closes the connection."""
        self.channel.close()
