"""export/: what is shipped is what the code writes, and says what production needs."""

import pathlib
import re
import subprocess
import sys

import pytest
import yaml

from tf_dictsum.serving.config.files import (
    Batching,
    Monitoring,
    ServedModel,
    read_batching,
    read_models,
    read_monitoring,
)
from tf_dictsum.serving.config.shipped_files import (
    BATCHING,
    Settings,
    serving_files,
    write_serving_files,
)
from tf_dictsum.util.errors import UserError

EXPORT = pathlib.Path(__file__).parents[3] / "export"


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((EXPORT / "docker-compose.yml").read_text())["services"]["serving"]


def test_the_shipped_files_are_the_written_ones():
    for name, text in serving_files(Settings()).items():
        assert (EXPORT / name).read_text() == text, (
            f"{name}: run python -m tf_dictsum.serving_files --out=export"
        )


def test_the_shipped_files_read_back():
    assert read_models(str(EXPORT / "models.config")) == (
        ServedModel("dictsum", "/models/dictsum"),
    )
    assert read_batching(str(EXPORT / "batching.config")) == BATCHING
    assert BATCHING.pad_variable_length_inputs
    assert read_monitoring(str(EXPORT / "monitoring.config")) == Monitoring(
        True, "/monitoring/prometheus/metrics"
    )


def test_the_comments_of_the_models_file_are_right(tmp_path):
    """What they tell people to add can be added."""
    lines = (EXPORT / "models.config").read_text().splitlines()
    added = "\n".join(line.removeprefix("#") for line in lines if line.startswith("#   "))
    platform = next(line for line in lines if "model_platform" in line)
    path = tmp_path / "models.config"
    path.write_text("\n".join(lines).replace(platform, f"{platform}\n{added}"))
    (model,) = read_models(str(path))
    assert model.policy.versions == (1, 2)
    assert model.labels == {"stable": 1, "canary": 2}


def test_own_values(tmp_path):
    batching = Batching(16, 0, 10, 4, pad_variable_length_inputs=True)
    paths = write_serving_files(Settings("/srv/models/", "mine", batching), tmp_path / "new")
    assert sorted(path.name for path in paths) == [
        "batching.config",
        "models.config",
        "monitoring.config",
    ]
    assert read_models(str(tmp_path / "new" / "models.config")) == (
        ServedModel("mine", "/srv/models/mine"),
    )
    assert read_batching(str(tmp_path / "new" / "batching.config")) == batching
    with pytest.raises(
        UserError, match=r"--models_dir=models: the server wants an absolute path, such as /"
    ):
        Settings("models")
    with pytest.raises(UserError, match=r"--model_name=a/b: expected a name without slashes"):
        Settings(model_name="a/b")


@pytest.mark.slow
def test_the_command(tmp_path):
    def command(*flags):
        return subprocess.run(
            [sys.executable, "-m", "tf_dictsum.serving_files", *flags],
            capture_output=True,
            text=True,
            timeout=120,
        )

    found = command(
        f"--out={tmp_path}", "--models_dir=/srv", "--max_batch_size=3", "--num_batch_threads=1"
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.splitlines() == [
        str(tmp_path / name) for name in ("models.config", "batching.config", "monitoring.config")
    ]
    assert read_models(found.stdout.split()[0])[0].base_path == "/srv/dictsum"
    assert read_batching(found.stdout.split()[1]).max_batch_size == 3
    found = command()
    assert (found.returncode, found.stderr) == (
        2,
        "error: --out is missing; name a folder, as in --out=config.\n",
    )


def test_compose_mounts_what_the_flags_name(compose):
    flags = dict(flag.removeprefix("--").split("=") for flag in compose["command"])
    text = (EXPORT / "docker-compose.yml").read_text()
    trusted = dict(re.findall(r"^ *# - --(\w+)=(\S+)$", text, re.MULTILINE))
    assert not flags.keys() & trusted.keys()
    flags |= trusted  # what one uncomments for clients that are trusted
    mounts = {
        inside: outside
        for outside, inside, _ in (volume.split(":") for volume in compose["volumes"])
    }
    for flag in ("model_config_file", "batching_parameters_file", "monitoring_config_file"):
        assert (EXPORT / mounts[flags[flag]]).is_file()
    assert flags["enable_batching"] == "true"  # a batching file without it is refused
    assert flags["allow_version_labels_for_unavailable_models"] == "true"  # as models.config says
    assert flags["max_num_load_retries"] == "0"
    assert mounts["/models"] == "./models"
    assert all(volume.endswith(":ro") for volume in compose["volumes"])
    (model,) = read_models(str(EXPORT / "models.config"))
    assert model.base_path.startswith("/models/")
    assert f"/v1/models/{model.name} " in compose["healthcheck"]["test"][1]
    assert compose["ports"] == [
        f"127.0.0.1:{flags[port]}:{flags[port]}" for port in ("port", "rest_api_port")
    ]
    assert f"127.0.0.1/{flags['rest_api_port']}" in compose["healthcheck"]["test"][1]


def test_batching_is_off_where_clients_are_not_trusted(compose):
    assert not [flag for flag in compose["command"] if "batching" in flag]
    comments = [
        line for line in (EXPORT / "batching.config").read_text().splitlines() if "#" in line
    ]
    assert any("FOR CLIENTS YOU TRUST" in line for line in comments)
