"""The URLs of the REST API (model_servers/http_rest_api_util.cc)."""

import dataclasses
import re
import urllib.parse
from typing import Any

from tf_dictsum.serving.server.status import Code, ServingError, invalid

__all__ = ["BadVersionError", "Target", "is_api", "target"]

_API = re.compile(r"/v1/.*", re.IGNORECASE | re.DOTALL)
_WHICH = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_POST = re.compile(
    rf"/v1/models/(?P<model>[^/:]+){_WHICH}:(?P<method>classify|regress|predict)", re.IGNORECASE
)
_GET = re.compile(
    rf"/v1/models(?:/(?P<model>[^/:]+))?{_WHICH}(?:/(?P<metadata>metadata))?", re.IGNORECASE
)


class BadVersionError(ServingError):
    """A version that is no int64: TensorFlow Serving answers it without a body."""


@dataclasses.dataclass(frozen=True)
class Target:
    """What a URL names.

    Attributes:
      model: decoded; "" where the URL names none.
      version, label: of the model, as the URL says them.
      method: "predict", "classify", "regress"; of GET "metadata" or "status".
    """

    model: str
    version: int | None
    label: str | None
    method: str

    def fill(self, spec: Any) -> None:
        """Says it in a ModelSpec."""
        spec.name = _utf8(self.model)
        if self.version is not None:
            spec.version.value = self.version
        if self.label is not None:
            spec.version_label = _utf8(self.label)


def is_api(path: str) -> bool:
    """Whether the API answers a path, rather than the HTTP server with 404."""
    return _API.fullmatch(path) is not None


def target(method: str, path: str) -> Target:
    """What a request names.

    Args:
      method: of HTTP.
      path: of the URL with its query, as it was sent.

    Raises:
      ServingError: INVALID_ARGUMENT, no such URL; BadVersionError.
    """
    pattern = {"GET": _GET, "POST": _POST}.get(method)
    match = pattern.fullmatch(path) if pattern else None
    named = match.groupdict() if match else {}
    # Matched in any case, compared in this one: ":PREDICT" is no method, "/METADATA" is the status.
    wanted = named.get("method") or (
        "metadata" if named.get("metadata") == "metadata" else "status"
    )
    if not match or wanted != wanted.lower():
        raise invalid(f"Malformed request: {method} {path}")
    number = named["version"].lstrip("0") or "0" if named["version"] else None
    if number is not None and (len(number) > 19 or int(number) >= 2**63):
        message = f"Failed to convert version: {named['version']} to numeric."
        raise BadVersionError(Code.INVALID_ARGUMENT, message)
    return Target(
        _decoded(named["model"] or ""),
        int(number) if number else None,
        _decoded(named["label"]) if named["label"] else None,
        wanted,
    )


def _decoded(text: str) -> str:
    return urllib.parse.unquote(text, errors="surrogateescape")


def _utf8(text: str) -> str:
    """A text that a protocol buffer can hold; bytes that were not UTF-8 are replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
