"""The batching parameters file (--batching_parameters_file) of tensorflow_model_server."""

import dataclasses
import os
from typing import Any

from google.protobuf import text_format

from tf_dictsum.serving.config.text_protos import BatchingParameters, at, read_message
from tf_dictsum.util.errors import UserError

__all__ = ["Batching", "batching_text", "read_batching"]


def _cores() -> int:
    return len(os.sched_getaffinity(0))


@dataclasses.dataclass(frozen=True)
class Batching:
    """How requests are put together. Defaults are TensorFlow's
    (kernels/batching_util/shared_batch_scheduler.h).

    Attributes:
      max_batch_size: most videos of a batch.
      batch_timeout_micros: how long a request waits for others, µs.
      max_enqueued_batches: batches that may wait; beyond, requests are refused with UNAVAILABLE.
      num_batch_threads: batches that are computed at the same time; the file's default is the
        number of cores.
      thread_pool_name: name of these threads.
      allowed_batch_sizes: batches are padded to the first of these sizes that holds them; empty:
        any size. The last one is max_batch_size, also where batches are split.
      pad_variable_length_inputs: requests of different lengths may share a batch, padded with each
        tensor's first element.
      enable_large_batch_splitting: a request may be split over several batches.
      max_execution_batch_size: size of the pieces, only with splitting; None: max_batch_size.
    """

    max_batch_size: int = 1000
    batch_timeout_micros: int = 0
    max_enqueued_batches: int = 10
    num_batch_threads: int = dataclasses.field(default_factory=_cores)
    thread_pool_name: str = "batch_threads"
    allowed_batch_sizes: tuple[int, ...] = ()
    pad_variable_length_inputs: bool = False
    enable_large_batch_splitting: bool = False
    max_execution_batch_size: int | None = None

    @property
    def largest_execution(self) -> int:
        """Most videos that are computed at once."""
        split = self.enable_large_batch_splitting and self.max_execution_batch_size is not None
        return (
            self.max_execution_batch_size
            if split and self.max_execution_batch_size
            else self.max_batch_size
        )


def read_batching(path: str) -> Batching:
    """Reads and checks a batching parameters file.

    Raises:
      UserError: names file, line, field, finding and rule.
    """
    message, text = read_message(path, BatchingParameters())
    values: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.name == "allowed_batch_sizes":
            values[field.name] = tuple(value)
        elif field.message_type is None:
            values[field.name] = value
        elif message.HasField(field.name):
            values[field.name] = value.value
    batching = Batching(**values)
    _check(batching, path, text)
    return batching


def _check(found: Batching, path: str, text: str) -> None:
    for name, least in (
        ("max_batch_size", 1),
        ("batch_timeout_micros", 0),
        ("max_enqueued_batches", 0),
        ("num_batch_threads", 1),
        ("max_execution_batch_size", 1),
    ):
        value = getattr(found, name)
        if value is not None and value < least:
            raise UserError(f"{at(path, text, name)}: {value}; must be at least {least}.")
    if found.enable_large_batch_splitting and found.largest_execution > found.max_batch_size:
        where = at(path, text, "max_execution_batch_size")
        raise UserError(
            f"{where}: {found.largest_execution}; must not exceed max_batch_size "
            f"({found.max_batch_size})."
        )
    sizes = found.allowed_batch_sizes
    if sizes and sizes[-1] != found.max_batch_size:
        where = at(path, text, "allowed_batch_sizes", len(sizes))
        raise UserError(
            f"{where}: Last entry in allowed_batch_sizes must match max_batch_size; "
            f"last entry was {sizes[-1]}; expected {found.max_batch_size}"
        )


def batching_text(batching: Batching) -> str:
    """The file's text; `read_batching` gives the same values back."""
    message = BatchingParameters()
    for field in message.DESCRIPTOR.fields:
        value = getattr(batching, field.name)
        if field.name == "allowed_batch_sizes":
            message.allowed_batch_sizes.extend(value)
        elif field.message_type is None:
            setattr(message, field.name, value)
        elif value is not None and not (field.name == "enable_large_batch_splitting" and not value):
            getattr(message, field.name).value = value
    return text_format.MessageToString(message)
