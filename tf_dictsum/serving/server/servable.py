"""One loaded version of a model: the SavedModel in TensorFlow's C++ session, as in TensorFlow
Serving.
"""

import contextlib
import logging
import os
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeGuard

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.client import pywrap_tf_session as tf_session

from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.status import Code, ServingError, invalid
from tf_dictsum.serving.server.tensor_codec import Unfeedable, type_name

__all__ = ["DEFAULT_SIGNATURE", "Inputs", "Servable"]

DEFAULT_SIGNATURE = "serving_default"

_WIDEST = (*(1,) * 63, 0)  # the shape of most dimensions that numpy has

Inputs: TypeAlias = Mapping[str, np.ndarray | Unfeedable]
"""Input name -> its value."""


class Servable:
    """A SavedModel, loaded for inference. Thread-safe; TensorFlow releases Python's lock while it
    computes.

    Args:
      path: the version's folder.
      intra_op_threads, inter_op_threads: as in tf.compat.v1.ConfigProto; 0: TensorFlow chooses.

    Attributes:
      signatures: name -> SignatureDef, all that the model has.

    Raises:
      ServingError: not a SavedModel, or one that does not load.
    """

    def __init__(
        self, path: str | os.PathLike[str], intra_op_threads: int = 0, inter_op_threads: int = 0
    ):
        self.path = pathlib.Path(path)
        config = tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=intra_op_threads,
            inter_op_parallelism_threads=inter_op_threads,
        )
        _check_bundle(self.path)
        self._session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
        try:
            with self._session.graph.as_default(), _without_notice():
                loaded = tf.compat.v1.saved_model.load(
                    self._session, [tf.saved_model.SERVING], str(path)
                )
        except (tf.errors.OpError, OSError, RuntimeError, ValueError, KeyError) as error:
            self._session.close()
            code = (
                Code(error.error_code) if isinstance(error, tf.errors.OpError) else Code.NOT_FOUND
            )
            raise ServingError(code, f"{path}: cannot load it: {_text(error)}") from error
        self.signatures = dict(loaded.signature_def)
        self._ends: dict[str, Any] = {}  # tensor name -> TF_Output

    def fits(self, inputs: Inputs, signature: str) -> TypeGuard[Mapping[str, np.ndarray]]:
        """Whether values have the types and shapes that a signature tells, so that they may share
        a batch.
        """
        for alias, value in inputs.items():
            info = self.signatures[signature].inputs[alias]
            if (
                isinstance(value, Unfeedable)
                or tf.as_dtype(info.dtype).as_numpy_dtype != value.dtype.type
                or not tf.TensorShape(info.tensor_shape).is_compatible_with(value.shape)
            ):
                return False
        return True

    def run(
        self,
        signature: str,
        inputs: Inputs,
        outputs: Sequence[str],
        deadline: Deadline | None = None,
    ) -> dict[str, np.ndarray]:
        """Computes outputs of a signature.

        This is the call under `Session.run`, without its conversions: a wrong type or shape reaches
        TensorFlow's own checks, whose words are those of TensorFlow Serving.

        Args:
          signature: one of `signatures`.
          inputs: a value for every input that the caller feeds.
          outputs: which outputs.
          deadline: when the run must have ended; None: no limit.

        Returns:
          Output name -> array.

        Raises:
          ServingError: what the kernels said, DEADLINE_EXCEEDED, or CANCELLED before the run.
        """
        definition = self.signatures[signature]
        names = {alias: definition.inputs[alias].name for alias in inputs}
        feeds: dict[Any, np.ndarray] = {}
        shape = ""
        for number, alias in enumerate(sorted(names, key=lambda alias: names[alias])):
            value = inputs[alias]
            if isinstance(value, Unfeedable):
                _refuse_type(value, definition.inputs[alias].dtype, number)
                shape = f"[{','.join(map(str, value.shape))}]"
                value = np.zeros(_WIDEST, value.dtype.as_numpy_dtype)
            feeds[self._end(names[alias])] = value
        fetches = [self._end(definition.outputs[alias].name) for alias in outputs]
        options = None
        if deadline is not None:
            deadline.check()
            left = deadline.remaining()
            if left is not None:
                options = _run_options(max(1, int(left * 1000)))
        try:
            values = self._session._call_tf_sessionrun(options, feeds, fetches, [], None)
        except tf.errors.OpError as error:
            message = error.message
            if shape:
                message = message.replace(f"[{','.join(map(str, _WIDEST))}]", shape)
            raise ServingError(Code(error.error_code), message) from error
        except (
            ValueError,
            TypeError,
            RuntimeError,
        ) as error:  # RuntimeError: the session was closed
            code = Code.UNAVAILABLE if isinstance(error, RuntimeError) else Code.INVALID_ARGUMENT
            raise ServingError(code, str(error)) from error
        finally:
            if options is not None:
                tf_session.TF_DeleteBuffer(options)
        return dict(zip(outputs, values, strict=True))

    def _end(self, name: str) -> Any:
        """The TF_Output of a tensor's name; kept, as finding it takes longer than a small run."""
        end = self._ends.get(name)
        if end is None:
            try:
                tensor = self._session.graph.get_tensor_by_name(
                    name if ":" in name else name + ":0"
                )
            except (ValueError, KeyError) as error:
                raise invalid(
                    f"FetchOutputs {name}: output index too large, must be < 0"
                ) from error
            end = self._ends[name] = tensor._as_tf_output()
        return end

    def close(self) -> None:
        """Frees what the model holds."""
        self._ends.clear()
        self._session.close()


def _run_options(milliseconds: int) -> Any:
    options = tf.compat.v1.RunOptions(timeout_in_ms=milliseconds)
    return tf_session.TF_NewBufferFromString(options.SerializeToString())


def _refuse_type(value: Unfeedable, expected: int, number: int) -> None:
    """Raises ServingError unless the value is of the type that is expected."""
    if value.refusal:
        raise invalid(value.refusal)
    if value.dtype != tf.as_dtype(expected):
        wanted, given = type_name(expected), type_name(value.dtype)
        raise invalid(f"Expects arg[{number}] to be {wanted} but {given} is provided")


def _check_bundle(path: pathlib.Path) -> None:
    """What TensorFlow Serving says of folders that hold no model, or half of one.

    Raises:
      ServingError: NOT_FOUND; OUT_OF_RANGE, saved_model.pb is no whole message.
    """
    file = path / "saved_model.pb"
    if not file.exists():
        if (path / "saved_model.pbtxt").exists():
            return
        raise ServingError(
            Code.NOT_FOUND,
            "Specified file path does not appear to contain a SavedModel bundle (should have a "
            "file "
            f"called `saved_model.pb`)\nSpecified file path: {path}",
        )
    try:
        saved_model_pb2.SavedModel.FromString(file.read_bytes())
    except DecodeError:
        raise ServingError(Code.OUT_OF_RANGE, "Read less bytes than requested") from None


@contextlib.contextmanager
def _without_notice() -> Iterator[None]:
    """Without the notice that the v1 loader is deprecated: it alone gives a Session, which is how
    TensorFlow Serving runs a model."""

    def is_news(record: logging.LogRecord) -> bool:
        return "saved_model.loader_impl" not in record.getMessage()

    logger = tf.get_logger()
    logger.addFilter(is_news)
    try:
        yield
    finally:
        logger.removeFilter(is_news)


def _text(error: Exception) -> str:
    """The kernel's own words, without Python's traceback of where the node was made."""
    text = error.message if isinstance(error, tf.errors.OpError) else str(error)
    text = text.removeprefix("Graph execution error:").strip()
    if text.startswith("Detected at node"):
        text = text.rsplit("\n\n", 1)[-1]
    return " ".join(text.split("\n\nOriginal stack trace")[0].split())
