import pathlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf_dictsum.serving.config.files import (
    TLS,
    Batching,
    Monitoring,
    ServedModel,
    VersionPolicy,
    batching_text,
    models_from_message,
    models_text,
    monitoring_text,
    read_batching,
    read_models,
    read_monitoring,
    read_ssl,
    ssl_text,
)
from tf_dictsum.util.errors import UserError

KEY = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("config")


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "file.config"
        path.write_text(text)
        return str(path)

    return write


def one_line(error):
    assert "\n" not in str(error.value)
    return str(error.value)


# Batching


def test_the_guides_batching_file(write):
    found = read_batching(
        write("""
        # as in tensorflow_serving/batching/README.md
        max_batch_size { value: 128 }
        batch_timeout_micros { value: 0 }
        max_enqueued_batches { value: 1000000 }
        num_batch_threads { value: 8 }
        allowed_batch_sizes: 8
        allowed_batch_sizes: 128
        pad_variable_length_inputs: true
        """)
    )
    assert found == Batching(128, 0, 1_000_000, 8, "batch_threads", (8, 128), True)
    assert found.largest_execution == 128


def test_a_batching_file_that_says_nothing_means_tensorflows_defaults(write):
    assert read_batching(write("# nothing")) == Batching()
    with pytest.raises(UserError, match=r"empty; expected the text form of .*BatchingParameters"):
        read_batching(write(""))
    assert Batching().max_batch_size == 1000
    assert Batching().num_batch_threads >= 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "max_bach_size { value: 8 }",
            r'line 1: .*BatchingParameters" has no field named "max_bach_size"\. Fields of .*: max_batch_size,',  # noqa: E501
        ),
        (
            "\nmax_batch_size { value: eight }",
            r"line 2: max_batch_size: Couldn't parse integer: eight\.$",
        ),
        ("max_batch_size { value: 8", r'line 1: max_batch_size: Expected "}"\.$'),
        (
            "pad_variable_length_inputs: maybe",
            r"line 1: pad_variable_length_inputs: Expected \"true\" or \"false\"\.$",
        ),
        (
            "# first\n\nmax_batch_size { value: 0 }",
            r"line 3: max_batch_size: 0; must be at least 1",
        ),
        (
            "batch_timeout_micros { value: -1 }",
            r"line 1: batch_timeout_micros: -1; must be at least 0",
        ),
        ("max_enqueued_batches { value: -1 }", r"max_enqueued_batches: -1; must be at least 0"),
        ("num_batch_threads { value: 0 }", r"num_batch_threads: 0; must be at least 1"),
        (
            "max_batch_size { value: 8 }\nallowed_batch_sizes: 4\nallowed_batch_sizes: 6",
            r"line 3: allowed_batch_sizes: Last entry .* must match max_batch_size; last entry was 6; expected 8",  # noqa: E501
        ),
        ("allowed_batch_sizes: 4", r"last entry was 4; expected 1000"),
        (
            "enable_large_batch_splitting { value: true } max_batch_size "
            "{ value: 4 }\nmax_execution_batch_size { value: 8 }",
            r"line 2: max_execution_batch_size: 8; must not exceed max_batch_size \(4\)",
        ),
        (
            "enable_large_batch_splitting { value: true } max_batch_size { value: 8 } "
            "max_execution_batch_size { value: 4 }\n"
            "allowed_batch_sizes: 4",
            r"line 2: .*must match max_batch_size; last entry was 4; expected 8",
        ),
    ],
)
def test_bad_batching_files(write, text, message):
    with pytest.raises(UserError, match=message) as error:
        read_batching(write(text))
    assert one_line(error).startswith(write(text))


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_batching(str(tmp_path / "none"))
    with pytest.raises(UserError, match="cannot read it: Is a directory"):
        read_batching(str(tmp_path))
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(
        UserError,
        match=r"not a text file; expected the text form of tensorflow\.serving.BatchingParameters",
    ):
        read_batching(str(tmp_path / "binary"))


@given(
    st.builds(
        lambda most, some, **rest: Batching(
            max_batch_size=most, allowed_batch_sizes=(*(s for s in some if s < most), most), **rest
        ),
        st.integers(1, 2**31),
        st.sets(st.integers(1, 2**31), max_size=4).map(sorted),
        batch_timeout_micros=st.integers(0, 2**62),
        max_enqueued_batches=st.integers(1, 2**31),
        num_batch_threads=st.integers(1, 64),
        thread_pool_name=st.text(max_size=5),
        pad_variable_length_inputs=st.booleans(),
    )
)
def test_batching_survives_writing(folder, batching):
    path = folder / "batching.config"
    path.write_text(batching_text(batching), encoding="utf-8")
    assert read_batching(str(path)) == batching


def test_splitting(write):
    batching = Batching(
        8, enable_large_batch_splitting=True, max_execution_batch_size=4, allowed_batch_sizes=(2, 8)
    )
    assert read_batching(write(batching_text(batching))) == batching
    assert batching.largest_execution == 4
    assert Batching(8, enable_large_batch_splitting=True).largest_execution == 8


# Monitoring


def test_monitoring(write):
    text = 'prometheus_config { enable: true path: "/metrics" }'
    assert read_monitoring(write(text)) == Monitoring(True, "/metrics")
    assert read_monitoring(write("#")) == Monitoring(False, "/monitoring/prometheus/metrics")
    assert (
        read_monitoring(write("prometheus_config: <enable: true>")).path
        == "/monitoring/prometheus/metrics"
    )
    for value in (Monitoring(True), Monitoring(False, "/m")):
        assert read_monitoring(write(monitoring_text(value))) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prometheus_config {\n enable: yes }", r"line 2: enable: Expected"),
        (
            'prometheus_config {\n enable: true\n path: "metrics" }',
            r"line 3: path: 'metrics'; expected the path of a URL",
        ),
        ('prometheus_config { path: "/a b" }', r"path: '/a b'; expected"),
        (
            "prometheus { }",
            r'no field named "prometheus"\. Fields of MonitoringConfig: prometheus_config',
        ),
    ],
)
def test_bad_monitoring_files(write, text, message):
    with pytest.raises(UserError, match=message) as error:
        read_monitoring(write(text))
    one_line(error)


# TLS


def test_ssl(write):
    for tls in (TLS(KEY, CERTIFICATE), TLS(KEY, CERTIFICATE + CERTIFICATE, CERTIFICATE, True)):
        assert read_ssl(write(ssl_text(tls))) == tls
    assert "MIIB" not in repr(TLS(KEY, CERTIFICATE))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (ssl_text(TLS("", CERTIFICATE)), r"server_key is missing; put the PEM text there"),
        (ssl_text(TLS(KEY, "")), r"server_cert is missing"),
        (
            ssl_text(TLS("/etc/server.key", CERTIFICATE)),
            r"line 1: server_key: not the PEM text of a private key \(a file name",
        ),
        (ssl_text(TLS(KEY, KEY)), r"line 2: server_cert: not the PEM text of a certificate"),
        (ssl_text(TLS(KEY, CERTIFICATE, "ca.pem")), r"line 3: custom_ca: not the PEM text"),
        (
            ssl_text(TLS(KEY, CERTIFICATE, "", True)),
            r"line 3: client_verify: true, but custom_ca is missing",
        ),
        ("client_verify: 7", r"line 1: "),
        (ssl_text(TLS(KEY, CERTIFICATE)).replace("\n", " ") + "client_verify: 7", r"line 1: "),
        ("server_keys: ''", r'no field named "server_keys"'),
    ],
)
def test_bad_ssl_files(write, text, message):
    with pytest.raises(UserError, match=message) as error:
        read_ssl(write(text))
    assert "MIIB" not in one_line(error)


SECRET = "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBg\\nkqhkiG9w0BAQEF\\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'server_key: "{SECRET}\n', r"line 1: server_key: String missing ending quote\."),
        (f'  server_key: "{SECRET}\nclient_verify: false', r"String missing ending quote\."),
        (f"server_key: '{SECRET}\"\n", r"line 1: server_key: String missing ending quote\."),
        (f"server_key: {SECRET}", r"line 1: server_key: Expected string\."),
        (f'server_key "{SECRET}"', r'line 1: server_key: Expected ":"'),
        (f'server_key: "a" "{SECRET}', r"line 1: server_key: String missing ending quote\."),
        ("MIIEvQIBADANBg: 1", r"line 1: a word that is no field; is a quote missing"),
        ('server_key: "-----BEGIN"\nkqhkiG9w0BAQEF\n"', r"line 2: a word that is no field"),
        (f'server_key: "{SECRET}"}}', r"line 1: "),
    ],
)
def test_no_message_shows_a_part_of_the_key(write, text, message):
    with pytest.raises(UserError, match=message) as error:
        read_ssl(write(text))
    assert not re.search("MIIE|QIBA|kqhk|BAQEF|BEGIN", one_line(error).replace("BEGIN ...", ""))


# Models


def test_the_guides_models_file(write):
    found = read_models(
        write("""
        model_config_list {
          config {
            name: 'first' base_path: '/models/first' model_platform: 'tensorflow'
            model_version_policy { specific { versions: 43 versions: 42 } }
            version_labels { key: 'stable' value: 42 }
            version_labels { key: 'canary' value: 43 }
          }
          config { name: "second" base_path: "gs://models/second" model_platform: "tensorflow" model_version_policy { all {} } }
          config { name: "third" base_path: "/models/third" model_type: TENSORFLOW model_version_policy { latest { num_versions: 2 } } }
          config { name: "fourth" base_path: "/models/fourth" model_platform: "tensorflow" }
        }
        """)  # noqa: E501
    )
    assert found == (
        ServedModel(
            "first",
            "/models/first",
            VersionPolicy("specific", versions=(42, 43)),
            {"stable": 42, "canary": 43},
        ),
        ServedModel("second", "gs://models/second", VersionPolicy("all")),
        ServedModel("third", "/models/third", VersionPolicy("latest", 2)),
        ServedModel("fourth", "/models/fourth"),
    )
    assert read_models(write(models_text(found))) == found


def test_no_models_is_a_valid_list(write):
    assert read_models(write("model_config_list {}")) == ()
    assert read_models(write(models_text([]))) == ()


CONFIG = 'name: "m" base_path: "/m" model_platform: "tensorflow"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#", r": empty; expected model_config_list"),
        ("", r": empty; expected the text form of tensorflow.serving.ModelServerConfig"),
        ("custom_model_config { }", r"line 1: custom_model_config: not supported"),
        (
            f"model_config_list {{\nconfig {{ {CONFIG} }}\nconfig {{ {CONFIG} }} }}",
            r"line 3: config: Illegal to list model m multiple times in config list",
        ),
        (
            'model_config_list { config { name: "m" model_platform: "tensorflow" } }',
            r"config: Expected model m to have an absolute path or URI; got base_path\(\)=$",
        ),
        (
            f'model_config_list {{ config {{ {CONFIG} }}\n config {{ name: "n"\n base_path: "models/n" }} }}',  # noqa: E501
            r"line 3: base_path: Expected model n to have an absolute path or URI; got base_path\(\)=models/n",  # noqa: E501
        ),
        (
            'model_config_list { config { name: "m" base_path: "/m" } }',
            r"neither ModelServerConfig::model_type \(deprecated\) nor ModelServerConfig::model_platform, model name is m",  # noqa: E501
        ),
        (
            f"model_config_list {{ config {{ {CONFIG} model_type: TENSORFLOW }} }}",
            r"both ModelServerConfig::model_type \(deprecated\) and ModelServerConfig::model_platform, model name is m",  # noqa: E501
        ),
        (
            'model_config_list { config { name: "m" base_path: "/m" model_platform: "caffe" } }',
            r"model_platform: Model m requests unsupported platform caffe",
        ),
        (
            f"model_config_list "
            f"{{ config {{ {CONFIG} model_version_policy {{ latest {{ num_versions: -1 }} }} }} }}",
            r"line 1: num_versions: .*-1",
        ),
        (
            f"model_config_list {{ config {{ {CONFIG} nonsense: 1 }} }}",
            r'no field named "nonsense"',
        ),
        (
            f"model_config_list "
            f"{{ config {{ {CONFIG} version_labels {{ key: 'a' value: 'b' }} }} }}",
            r"line 1: version_labels: Couldn't parse integer: 'b'",
        ),
    ],
)
def test_bad_models_files(write, text, message):
    with pytest.raises(UserError, match=message) as error:
        read_models(write(text))
    assert one_line(error).startswith(write(text))


def test_models_of_a_request_are_checked_too():
    from tensorflow_serving.apis import model_management_pb2

    request = model_management_pb2.ReloadConfigRequest()
    with pytest.raises(UserError, match=r"^request: empty; expected model_config_list"):
        models_from_message(request.config, "request")
    request.config.model_config_list.config.add(name="m", base_path="m")
    with pytest.raises(
        UserError,
        match=re.escape("Expected model m to have an absolute path or URI; got base_path()=m"),
    ):
        models_from_message(request.config, "")
    request.config.model_config_list.config[0].base_path = "file:///m"
    request.config.model_config_list.config[0].model_type = 1
    assert models_from_message(request.config, "")[0].folder == pathlib.Path("/m")


def test_words_in_comments_and_strings_are_not_taken_for_fields(write):
    path = write(
        '# max_batch_size { value: 3 }\nthread_pool_name { value: "max_batch_size { }" }\nmax_batch_size { value: 0 }'  # noqa: E501
    )
    with pytest.raises(UserError, match="line 3: max_batch_size: 0"):
        read_batching(path)
