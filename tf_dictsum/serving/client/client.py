"""A client of any server that speaks TensorFlow Serving's gRPC protocol."""

import dataclasses
import random
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import tenacity
from absl import logging

from tf_dictsum.serving.client.channel import Connection, open_channel
from tf_dictsum.util.errors import UserError

__all__ = ["Backoff", "Model", "Scores", "ScoringClient"]

if TYPE_CHECKING:
    import grpc
    from tensorflow.core.framework.tensor_pb2 import TensorProto
    from tensorflow_serving.apis.model_pb2 import ModelSpec
    from tensorflow_serving.apis.predict_pb2 import PredictRequest

Request = TypeVar("Request")
Reply = TypeVar("Reply")


@dataclasses.dataclass(frozen=True)
class Model:
    """Which model of the server, as a request's ModelSpec names it.

    Attributes:
      name: its name.
      version: number; None: the newest one that is served.
      label: of a version, instead of a number.
      signature: name of the signature.
    """

    name: str = "dictsum"
    version: int | None = None
    label: str = ""
    signature: str = "serving_default"

    def __post_init__(self) -> None:
        if self.version is not None and self.label:
            raise UserError(
                "`model_version` and `model_label` exclude each other; give one of them."
            )


@dataclasses.dataclass(frozen=True)
class Backoff:
    """Waits between tries: `first` seconds, doubled every time up to `most`, each shortened at
    random by up to a half.
    """

    retries: int = 8
    first: float = 0.5
    most: float = 10.0

    def seconds(self, number: int) -> float:
        """The wait before retry `number`, from 0."""
        return min(self.most, self.first * 2.0**number) * random.uniform(0.5, 1.0)


@dataclasses.dataclass(frozen=True)
class Scores:
    """Answer for one video: float32 [n_steps], and the model version that computed it."""

    values: np.ndarray
    version: int


class ScoringClient:
    """Sends features, receives scores; safe to call from several threads. A context manager.

    UNAVAILABLE is tried again: it says that the server did not take the request (starting,
    restarting, its queue full). So is NOT_FOUND of a model that has answered before: its folder is
    being replaced, or the server changes over. After any other error another try would bring the
    same answer or hide a fault.

    Args:
      connection: where the server is.
      model: which model of it.
      deadline: seconds that one try may take.
      backoff: how often and when to try again.
      when_slow: advice for whoever meets the deadline.
    """

    def __init__(
        self,
        connection: Connection,
        model: Model,
        deadline: float = 60.0,
        backoff: Backoff | None = None,
        when_slow: str = "Raise `deadline`, or send fewer requests at once (`in_flight`).",
    ):
        from tensorflow_serving.apis import prediction_service_pb2_grpc

        self.model = model
        self._connection, self._deadline, self._when_slow = connection, deadline, when_slow
        self._backoff = backoff or Backoff()
        self._waiting = threading.Event()
        self._seen = threading.Event()  # whether the model has answered
        self._closed = threading.Event()
        self._channel = open_channel(connection)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)

    def signature(self) -> tuple[int, int | None]:
        """Asks the server what it serves, and checks that it is a scorer.

        Returns:
          The version that answers now, and D, the width of features that it expects (None: any).

        Raises:
          UserError: the server does not answer, has no such model or signature, or it is not one
            that scores features.
        """
        from tensorflow_serving.apis import get_model_metadata_pb2

        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        self._fill(request.model_spec, with_signature=False)
        reply = self._call(self._stub.GetModelMetadata, request)
        signatures = get_model_metadata_pb2.SignatureDefMap()
        reply.metadata["signature_def"].Unpack(signatures)
        what = f"{self._connection.server}: model {self.model.name}, version {reply.model_spec.version.value}"  # noqa: E501
        definition = signatures.signature_def.get(self.model.signature)
        if definition is None:
            names = ", ".join(
                sorted(name for name in signatures.signature_def if not name.startswith("__"))
            )
            raise UserError(f"{what}: no signature {self.model.signature!r}; it has {names}.")
        if (
            not {"features", "lengths"} <= definition.inputs.keys()
            or "scores" not in definition.outputs
        ):
            has = (
                f"{', '.join(sorted(definition.inputs))} -> {', '.join(sorted(definition.outputs))}"
            )
            raise UserError(
                f"{what}: signature {self.model.signature} is {has}; expected features, lengths "
                "-> scores."
            )
        dims = definition.inputs["features"].tensor_shape.dim
        width = int(dims[2].size) if len(dims) == 3 and dims[2].size > 0 else None
        return int(reply.model_spec.version.value), width

    def score(self, features: np.ndarray) -> Scores:
        """Scores one video.

        Args:
          features: float [n_steps, D].

        Raises:
          UserError: the server refuses, does not answer in time, or answers something else than
            n_steps finite scores.
        """
        import tensorflow as tf

        reply = self._call(self._stub.Predict, self.request(features))
        if "scores" not in reply.outputs:
            raise UserError(
                f"{self._connection.server}: the answer has no scores, only "
                f"{', '.join(sorted(reply.outputs)) or 'nothing'}."
            )
        scores = tf.make_ndarray(reply.outputs["scores"])
        steps = len(features)
        if scores.ndim != 2 or len(scores) != 1 or scores.shape[1] < steps:
            raise UserError(
                f"{self._connection.server}: scores of shape {list(scores.shape)} for {steps} "
                f"steps; expected [1, {steps}]."
            )
        scores = scores[0, :steps]  # the server may have padded it in a batch
        if not np.isfinite(scores).all():
            raise UserError(
                f"{self._connection.server}: scores that are not finite; check the features and "
                "the exported model."
            )
        return Scores(scores.astype(np.float32), int(reply.model_spec.version.value))

    def request(self, features: np.ndarray) -> "PredictRequest":
        """The PredictRequest for one video: features float32 [1, n_steps, D], lengths int32 [1]."""
        from tensorflow.core.framework import tensor_pb2, tensor_shape_pb2, types_pb2
        from tensorflow_serving.apis import predict_pb2

        def tensor(array: np.ndarray, kind: int) -> "TensorProto":
            shape = tensor_shape_pb2.TensorShapeProto(
                dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in array.shape]
            )
            return tensor_pb2.TensorProto(
                dtype=kind, tensor_shape=shape, tensor_content=array.tobytes()
            )

        request = predict_pb2.PredictRequest(output_filter=["scores"])
        self._fill(request.model_spec)
        request.inputs["features"].CopyFrom(
            tensor(np.asarray(features, "<f4")[None], types_pb2.DT_FLOAT)
        )
        request.inputs["lengths"].CopyFrom(
            tensor(np.array([len(features)], "<i4"), types_pb2.DT_INT32)
        )
        return request

    def _fill(self, spec: "ModelSpec", with_signature: bool = True) -> None:
        spec.name = self.model.name
        if with_signature:
            spec.signature_name = self.model.signature
        if self.model.version is not None:
            spec.version.value = self.model.version
        elif self.model.label:
            spec.version_label = self.model.label

    def _call(self, method: Callable[..., Reply], request: Request) -> Reply:
        import grpc

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(self._may_pass),
            stop=tenacity.stop_after_attempt(self._backoff.retries + 1),
            wait=lambda state: self._backoff.seconds(state.attempt_number - 1),
            sleep=self._pause,
            before_sleep=self._say,
            reraise=True,
        )
        try:
            reply = retrying(method, request, timeout=self._deadline)
        except grpc.RpcError as error:
            tries = int(retrying.statistics["attempt_number"])
            raise UserError(self._explain(error.code().name, _text(error), tries)) from error
        except ValueError as error:  # gRPC's word for "the channel is closed"
            raise UserError(f"{self._connection.server}: the connection was closed.") from error
        self._seen.set()
        return reply

    def _pause(self, seconds: float) -> None:
        self._closed.wait(seconds)  # `close` ends it

    def _may_pass(self, error: BaseException) -> bool:
        import grpc

        if not isinstance(error, grpc.RpcError) or self._closed.is_set():
            return False
        code = error.code().name
        return code == "UNAVAILABLE" or (code == "NOT_FOUND" and self._seen.is_set())

    def _say(self, state: tenacity.RetryCallState) -> None:
        """From the second failure on, once, by whichever call meets it first."""
        if state.attempt_number < 2 or self._waiting.is_set() or state.outcome is None:
            return
        self._waiting.set()
        error: Any = state.outcome.exception()
        logging.warning(
            "%s: %s: %s; trying up to %d times more.",
            self._connection.server,
            error.code().name,
            _text(error).rstrip("."),
            self._backoff.retries - state.attempt_number + 1,
        )

    def _explain(self, code: str, text: str, tries: int) -> str:
        where = f"{self._connection.server}: {code}: {text.rstrip('.')}"
        if code == "UNAVAILABLE":
            return f"{where} ({tries} tries). Is the server running there, on its gRPC port, with or without TLS as asked?"  # noqa: E501
        if code == "DEADLINE_EXCEEDED":
            return f"{where}. No answer within {self._deadline:g} s. {self._when_slow}"
        return f"{where}."

    def close(self) -> None:
        """Ends running calls and the connection."""
        self._closed.set()
        self._channel.close()

    def __enter__(self) -> "ScoringClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _text(error: "grpc.RpcError") -> str:
    return " ".join(str(error.details()).split())[:300]
