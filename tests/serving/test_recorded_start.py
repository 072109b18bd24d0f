"""Which flags and files tensorflow_model_server starts with, and which the embedded server."""

import dataclasses
import json

import pytest
from recorded_serving import unpack_models

from tf_dictsum.serving.server.options import ServeOptions
from tf_dictsum.serving.server.server_files import ServerFiles
from tf_dictsum.util.errors import UserError

DIFFERENT = {  # name of the row: why it is refused here
    "base path missing": "TensorFlow Serving waits for the folder without listening",
    "monitoring: garbage": "TensorFlow Serving hangs",
    "monitoring: relative path": "it would never be answered",
    "config poll without file": "a flag without an effect",
    "unknown flag": "TensorFlow Serving passes over a flag that it does not know",
}


@pytest.fixture(scope="module")
def rows(shared):
    found = json.loads((shared / "golden/serving/startup_real.json").read_text())
    assert len(found) == 58
    return found


@pytest.fixture(scope="module")
def models(shared, tmp_path_factory):
    folder = unpack_models(shared, tmp_path_factory.mktemp("models")).parent
    (folder / "empty").mkdir()
    return folder


def options(flags):
    """The options of some flags. Raises UserError, also where a flag is unknown or no value of its
    type.
    """
    kinds = {field.name: type(field.default) for field in dataclasses.fields(ServeOptions)}
    values = {}
    for flag in flags:
        name, _, text = flag.removeprefix("--").partition("=")
        if name not in kinds:
            raise UserError(f"{name}: unknown")
        if kinds[name] is bool:
            if text not in ("", "true", "false"):
                raise UserError(f"{name}: {text}")
            values[name] = text != "false"
        else:
            values[name] = kinds[name](text)
    return ServeOptions(**values)


def refusal(flags):
    """One line that says what is wrong; "" for nothing."""
    try:
        ServerFiles.read(options(flags))
    except UserError as error:
        return str(error)
    return ""


def test_the_start_is_refused_and_accepted_alike(rows, models, tmp_path):
    unexpected = {}
    for number, row in enumerate(rows):
        files = {}
        for key, text in row["files"].items():
            files[key] = tmp_path / f"{number}_{key}.config"
            files[key].write_text(text.replace("/models", str(models)))
        flags = [flag.format(**files).replace("/models", str(models)) for flag in row["flags"]]
        ours = "refused" if refusal(flags) else "accepted"
        waits = row["outcome"].startswith("not listening")  # for a version; so does ours
        real = "accepted" if row["outcome"] == "listens" or waits else "refused"
        if ours != ("refused" if row["name"] in DIFFERENT else real):
            unexpected[row["name"]] = (ours, row["outcome"], row["text"])
    assert not unexpected
    assert set(DIFFERENT) <= {row["name"] for row in rows}


@pytest.mark.parametrize(
    "name",
    [
        *("models: no platform", "models: platform pytorch", "models: platform and type"),
        *("models: twice", "models: relative", "models: no path", "models: label"),
        *("relative base path", "batching: allowed sizes last != max"),
        "batching: allowed with splitting, last = execution",
    ],
)
def test_the_words_are_tensorflow_servings(rows, models, tmp_path, name):
    (row,) = (row for row in rows if row["name"] == name)
    files = {}
    for key, text in row["files"].items():
        files[key] = tmp_path / f"{key}.config"
        files[key].write_text(text.replace("/models", str(models)))
    words = row["text"].rsplit(": ", 1)[-1].removesuffix("}, }")
    flags = [flag.format(**files).replace("/models", str(models)) for flag in row["flags"]]
    assert words in refusal(flags)
    assert "\n" not in refusal(flags)


def test_the_models_files_advice_starts(rows):
    """What export/models.config says of labels is what was recorded."""
    outcomes = {row["name"]: row["outcome"] for row in rows}
    assert outcomes["models: label"].startswith("exit")
    assert outcomes["models: label and allow flag"] == "listens"
