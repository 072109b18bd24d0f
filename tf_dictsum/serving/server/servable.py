"""One loaded version of a model: the SavedModel in TensorFlow's C++ session, as in TensorFlow Serving."""

import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.status import Code, ServingError, invalid

__all__ = ["DEFAULT_SIGNATURE", "Servable", "type_name"]

DEFAULT_SIGNATURE = "serving_default"
_TYPE_NAMES = {
    "float16": "half",
    "float32": "float",
    "float64": "double",
}  # DataTypeString of the C++ code

# The v1 loader is the one that gives a Session, TensorFlow Serving's own way to run a model; its notice is no news to users.
tf.get_logger().addFilter(lambda record: "saved_model.loader_impl" not in record.getMessage())


def type_name(dtype: Any) -> str:
    """A type's name in TensorFlow's C++ messages: float, double, int32, ..."""
    name = tf.as_dtype(dtype).name
    return _TYPE_NAMES.get(name, name)


class Servable:
    """A SavedModel, loaded for inference. Thread-safe; TensorFlow releases Python's lock while it computes.

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
        self._session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
        try:
            with self._session.graph.as_default():
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
        self._callables: dict[tuple[tuple[str, ...], tuple[str, ...]], Any] = {}

    def check(self, signature: str, inputs: Mapping[str, np.ndarray]) -> None:
        """Refuses arrays of another type or shape than the signature's inputs, as TensorFlow's kernels would.

        Raises:
          ServingError: INVALID_ARGUMENT.
        """
        for alias, value in inputs.items():
            info = self.signatures[signature].inputs[alias]
            if tf.as_dtype(info.dtype).as_numpy_dtype != value.dtype.type:
                raise invalid(
                    f"Type mismatch: actual {type_name(value.dtype)} vs. expect {type_name(info.dtype)}"
                )
            expected = tf.TensorShape(info.tensor_shape)
            if not expected.is_compatible_with(value.shape):
                found = ",".join(map(str, value.shape))
                wanted = (
                    "<unknown>"
                    if expected.rank is None
                    else ",".join("?" if d is None else str(d) for d in expected.as_list())
                )
                raise invalid(
                    f"Shape of tensor {alias} [{found}] is not compatible with expected shape [{wanted}]."
                )

    def run(
        self,
        signature: str,
        inputs: Mapping[str, np.ndarray],
        outputs: Sequence[str],
        deadline: Deadline | None = None,
    ) -> dict[str, np.ndarray]:
        """Computes outputs of a signature.

        Args:
          signature: one of `signatures`.
          inputs: an array for every input that the caller feeds, of the type and shape that `check` accepts.
          outputs: which outputs.
          deadline: when the run must have ended; None: no limit.

        Returns:
          Output name -> array.

        Raises:
          ServingError: what the kernels said, DEADLINE_EXCEEDED, or CANCELLED before the run.
        """
        definition = self.signatures[signature]
        feeds = tuple(definition.inputs[alias].name for alias in inputs)
        fetches = tuple(definition.outputs[alias].name for alias in outputs)
        options = None
        if deadline is not None:
            deadline.check()
            left = deadline.remaining()
            if left is not None:
                options = tf.compat.v1.RunOptions(timeout_in_ms=max(1, int(left * 1000)))
        call = self._callables.get((feeds, fetches))
        if call is None:
            call = self._callables[feeds, fetches] = self._session.make_callable(
                list(fetches), list(feeds), accept_options=True
            )
        try:
            values = call(*inputs.values(), options=options)
        except tf.errors.OpError as error:
            raise ServingError(Code(error.error_code), _text(error)) from error
        except (
            ValueError,
            TypeError,
            RuntimeError,
        ) as error:  # RuntimeError: the session was closed
            code = Code.UNAVAILABLE if isinstance(error, RuntimeError) else Code.INVALID_ARGUMENT
            raise ServingError(code, str(error)) from error
        return dict(zip(outputs, values, strict=True))

    def close(self) -> None:
        """Frees what the model holds."""
        self._callables.clear()
        self._session.close()


def _text(error: Exception) -> str:
    """The kernel's own words, without Python's traceback of where the node was made."""
    text = error.message if isinstance(error, tf.errors.OpError) else str(error)
    text = text.removeprefix("Graph execution error:").strip()
    if text.startswith("Detected at node"):
        text = text.rsplit("\n\n", 1)[-1]
    return " ".join(text.split("\n\nOriginal stack trace")[0].split())
