"""The URLs of the REST API."""

import pytest
from tensorflow_serving.apis import model_pb2

from tf_dictsum.serving.server.rest_paths import BadVersionError, Target, is_api, target
from tf_dictsum.serving.server.status import ServingError


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v1/models", Target("", None, None, "status")),
        ("GET", "/V1/MODELS/m", Target("m", None, None, "status")),
        ("GET", "/v1/models/a%2Fb", Target("a/b", None, None, "status")),
        ("GET", "/v1/models/m/versions/01", Target("m", 1, None, "status")),
        ("GET", "/v1/models/m/metadata", Target("m", None, None, "metadata")),
        ("GET", "/v1/models/m/METADATA", Target("m", None, None, "status")),
        ("GET", "/v1/models/m/labels/st%61ble/metadata", Target("m", None, "stable", "metadata")),
        ("POST", "/V1/models/m:predict", Target("m", None, None, "predict")),
        ("POST", "/v1/models/m/versions/2:classify", Target("m", 2, None, "classify")),
        ("POST", "/v1/models/m/labels/x:regress", Target("m", None, "x", "regress")),
    ],
)
def test_what_a_url_names(method, path, expected):
    assert is_api(path)
    assert target(method, path) == expected


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/models/"),
        ("GET", "/v1/models/m/"),
        ("GET", "/v1/models/m/metadata/"),
        ("GET", "/v1/models/m:predict"),
        ("GET", "/v1/models/m/versions/-1"),
        ("GET", "/v1/models/m/versions/1/labels/x"),
        ("POST", "/v1/models/m"),
        ("POST", "/v1/models/m:PREDICT"),
        ("POST", "/v1/models/m:predict?x=1"),
        ("POST", "/v1/models/m%3Apredict"),
        ("PUT", "/v1/models/m"),
    ],
)
def test_what_names_nothing(method, path):
    with pytest.raises(ServingError) as error:
        target(method, path)
    assert error.value.message == f"Malformed request: {method} {path}"


@pytest.mark.parametrize("digits", ["9223372036854775808", "9" * 5000])
def test_versions_beyond_int64(digits):
    with pytest.raises(BadVersionError):
        target("GET", f"/v1/models/m/versions/{digits}")
    assert target("GET", f"/v1/models/m/versions/{'0' * 5000}7").version == 7


def test_the_rest_is_for_nobody():
    assert not any(map(is_api, ("/", "/v1", "/v2/models/m", "//v1/models/m", "/favicon.ico")))


def test_a_name_that_is_no_utf8():
    spec = model_pb2.ModelSpec()
    target("GET", "/v1/models/m%ff/labels/%fe").fill(spec)
    assert (spec.name, spec.version_label) == ("m�", "�")
