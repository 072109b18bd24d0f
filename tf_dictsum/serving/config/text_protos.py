"""Reads TensorFlow Serving's configuration files: protocol buffers in text form.

tensorflow-serving-api has `ModelServerConfig` but lacks three messages that its server reads as
well: `BatchingParameters` (servables/tensorflow/session_bundle_config.proto), `MonitoringConfig`
(config/monitoring_config.proto) and `SSLConfig` (config/ssl_config.proto). They are declared here,
name by name and type by type, in a descriptor pool of their own, so that protobuf's parser reads
the files and a later tensorflow-serving-api that brings them does not clash.
"""

import difflib
import re
from collections.abc import Collection
from typing import Any, TypeVar

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)
from google.protobuf.message import Message

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_text

__all__ = ["BatchingParameters", "MonitoringConfig", "SSLConfig", "at", "read_message"]

M = TypeVar("M", bound=Message)

_SECRET = frozenset({"server_key"})
_UNTERMINATED = "String missing ending quote"
# Of files that hold a key the parser's own words are repeated only as far as these go: everything
# behind them may be a part of the key (an unterminated string is quoted whole, with its line or
# without).
_QUOTES_NOTHING = (
    rf'{_UNTERMINATED}|Expected "(true" or "false|:)"|Expected (string|identifier|number)'
)

_INT64, _BOOL, _STRING = (
    "google.protobuf.Int64Value",
    "google.protobuf.BoolValue",
    "google.protobuf.StringValue",
)
# Message -> (field, number, type); [] repeats; a name with a dot is another message.
_MESSAGES = {
    "BatchingParameters": (
        ("max_batch_size", 1, _INT64),
        ("batch_timeout_micros", 2, _INT64),
        ("max_enqueued_batches", 3, _INT64),
        ("num_batch_threads", 4, _INT64),
        ("thread_pool_name", 5, _STRING),
        ("allowed_batch_sizes", 6, "int64[]"),
        ("pad_variable_length_inputs", 7, "bool"),
        ("enable_large_batch_splitting", 8, _BOOL),
        ("max_execution_batch_size", 9, _INT64),
    ),
    "PrometheusConfig": (("enable", 1, "bool"), ("path", 2, "string")),
    "MonitoringConfig": (("prometheus_config", 1, "tensorflow.serving.PrometheusConfig"),),
    "SSLConfig": (
        ("server_key", 1, "string"),
        ("server_cert", 2, "string"),
        ("custom_ca", 3, "string"),
        ("client_verify", 4, "bool"),
    ),
}


def _declare() -> dict[str, type[Message]]:
    file = descriptor_pb2.FileDescriptorProto(
        name="tf_dictsum/serving_config.proto",
        package="tensorflow.serving",
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            plain = kind.removesuffix("[]")
            made = message.field.add(
                name=field,
                number=number,
                label=kinds.LABEL_REPEATED if kind != plain else kinds.LABEL_OPTIONAL,
            )
            if "." in plain:
                made.type, made.type_name = kinds.TYPE_MESSAGE, f".{plain}"
            else:
                made.type = kinds.Type.Value(f"TYPE_{plain.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"tensorflow.serving.{name}")
        )
        for name in _MESSAGES
    }


_CLASSES: dict[str, Any] = _declare()
BatchingParameters = _CLASSES["BatchingParameters"]
MonitoringConfig = _CLASSES["MonitoringConfig"]
SSLConfig = _CLASSES["SSLConfig"]


def read_message(path: str, message: M) -> tuple[M, str]:
    """Fills `message` from a text file.

    Args:
      path: the file.
      message: an empty message of the expected type.

    Returns:
      The message, and the file's text (for `at`).

    Raises:
      UserError: the file is missing or unreadable, is not the text form, or has an unknown field or
        a value of a wrong type; names file, line and finding.
    """
    text = read_text(path, f"the text form of {message.DESCRIPTOR.full_name}")
    if not text:  # tensorflow_model_server cannot read a file without a byte; a comment is enough
        raise UserError(f"{path}: empty; expected the text form of {message.DESCRIPTOR.full_name}.")
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        raise UserError(f"{path}: {_explain(error, text, message)}") from None
    return message, text


def _explain(error: text_format.ParseError, text: str, message: Message) -> str:
    """The parser's finding as "line N: field: finding."; without what it quotes of the file."""
    line, column = error.GetLine() or 0, error.GetColumn() or 0
    lines = text.splitlines()
    descriptor = message.DESCRIPTOR
    fields = _names(descriptor)
    where = f"line {line}: " if line else ""
    finding = re.sub(r"^\d+:\d+ : ", "", str(error)).rstrip(".")
    for quoted in lines[line - 1 : line]:
        finding = finding.replace(f"'{quoted}': ", "")
    if "no field named" in finding:
        if not fields.isdisjoint(_SECRET) and _distant(finding, fields):
            finding = "a word that is no field; is a quote missing before it?"
        names = ", ".join(field.name for field in descriptor.fields)
        return f"{where}{finding}. Fields of {descriptor.name}: {names}."
    if not fields.isdisjoint(_SECRET) or finding.startswith(_UNTERMINATED):
        match = re.match(_QUOTES_NOTHING, finding)
        finding = match[0] if match else f"not the text form of {descriptor.full_name}"
    before = _without_strings(
        "\n".join([*lines[: line - 1], *(row[: column - 1] for row in lines[line - 1 : line])])
    )
    named = [word for word in re.findall(r"\w+", before) if word in fields]
    return f"{where}{named[-1] + ': ' if named else ''}{finding}."


def _distant(finding: str, fields: Collection[str]) -> bool:
    """Whether the unknown name is no misspelt field: behind a lost quote it is a part of a
    value.
    """
    name = finding.rsplit('no field named "', 1)[-1].rstrip('"')
    return not difflib.get_close_matches(name, fields, cutoff=0.6)


def _names(descriptor: Any, seen: tuple[str, ...] = ()) -> set[str]:
    """Names of all fields at any depth, except the wrappers' own `value` and a map's `key`."""
    if descriptor.full_name in seen:
        return set()
    below = [
        _names(f.message_type, (*seen, descriptor.full_name))
        for f in descriptor.fields
        if f.message_type is not None
    ]
    return {f.name for f in descriptor.fields}.union(*below) - {"value", "key"}


def _without_strings(text: str) -> str:
    """The text with empty strings and without comments; lines stay."""
    return re.sub(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|#[^\n]*', '""', text)


def at(path: str, text: str, field: str, nth: int = 0) -> str:
    """Where a field stands: "FILE: line N: field", or "FILE: field" when the file does not set it.

    Args:
      path, text: the file.
      field: its name, the last one where it is nested.
      nth: which of several such fields; the last one if there are fewer.
    """
    lines = [
        number
        for number, line in enumerate(_without_strings(text).splitlines(), start=1)
        for _ in re.finditer(rf"\b{re.escape(field)}\b\s*[:{{<\[]", line)
    ]
    return (
        f"{path}: line {lines[min(nth, len(lines) - 1)]}: {field}" if lines else f"{path}: {field}"
    )
