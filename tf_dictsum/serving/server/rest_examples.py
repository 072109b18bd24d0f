"""The JSON of :classify and :regress requests: tf.Examples, checked (util/json_tensor.cc)."""

from tf_dictsum.serving.server.json_reader import Json, JsonObject
from tf_dictsum.serving.server.json_tensor import is_base64
from tf_dictsum.serving.server.rest_json import Document
from tf_dictsum.serving.server.status import invalid

__all__ = ["check_examples"]


def check_examples(document: Document) -> None:
    """Raises ServingError, INVALID_ARGUMENT, unless a document has a list of examples."""
    if "context" in document:
        _check_example(document["context"])
    if "examples" not in document:
        raise document.wrong(
            "When method is classify, key 'examples' is expected and was not found"
        )
    examples = document["examples"]
    if not isinstance(examples, list):
        raise document.wrong("Expecting 'examples' value to be an list/array")
    if not examples:
        raise document.wrong("'examples' value is an empty array")
    for example in examples:
        _check_example(example)


def _check_example(example: Json) -> None:
    if not isinstance(example, JsonObject):
        raise invalid(f"Example must be JSON object but got JSON {_json_type(example)}")
    for name, content in example.members:
        kind = ""
        for value in content if isinstance(content, list) else [content]:
            kind_of_value = _kind(name, value)
            if kind and kind_of_value != kind:
                raise invalid(f"Unexpected element type in feature: {name} expecting type: {kind}")
            kind = kind_of_value


def _kind(name: str, value: Json) -> str:
    """Which list of a tf.Feature a value goes into."""
    if isinstance(value, str) or is_base64(value):
        return "bytes"
    if isinstance(value, float) or (isinstance(value, int) and not -(2**63) <= value < 2**64):
        return "float"
    if isinstance(value, int):  # booleans too
        if value >= 2**63:
            raise invalid(f"Feature: {name} has uint64 element. Only int64 is supported.")
        return "int64"
    raise invalid(f"Feature: {name} has element with unexpected JSON type: {_json_type(value)}")


def _json_type(value: Json) -> str:
    if isinstance(value, bool):
        return str(value)
    names = {type(None): "Null", JsonObject: "Object", list: "Array", str: "String"}
    return names.get(type(value), "Number")
