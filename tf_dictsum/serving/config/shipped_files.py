"""The configuration files that go with an exported model: models, batching, monitoring."""

import dataclasses
import pathlib

from tf_dictsum.serving.config.files import (
    Batching,
    Monitoring,
    ServedModel,
    batching_text,
    models_text,
    monitoring_text,
)
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import write_text

__all__ = ["BATCHING", "Settings", "serving_files", "write_serving_files"]

BATCHING = Batching(
    max_batch_size=8,
    batch_timeout_micros=5000,
    max_enqueued_batches=100,
    num_batch_threads=2,
    pad_variable_length_inputs=True,
)
"""For a CPU of two cores; measured in benchmarks/serving.md."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the files say.

    Attributes:
      models_dir: absolute folder, as the server sees it, that holds a folder of versions for the
        model.
      model_name: name of the model and of that folder.
      batching: how requests are put together.
    """

    models_dir: str = "/models"
    model_name: str = "dictsum"
    batching: Batching = BATCHING

    def __post_init__(self) -> None:
        if (
            not pathlib.PurePosixPath(self.models_dir).is_absolute()
            and "://" not in self.models_dir
        ):
            raise UserError(
                f"--models_dir={self.models_dir}: the server wants an absolute path, such as "
                f"{pathlib.Path.cwd() / 'export/models'}."
            )
        if not self.model_name or "/" in self.model_name:
            raise UserError(f"--model_name={self.model_name}: expected a name without slashes.")


def serving_files(settings: Settings) -> dict[str, str]:
    """File name -> text of models.config, batching.config and monitoring.config."""
    model = ServedModel(
        settings.model_name, f"{settings.models_dir.rstrip('/')}/{settings.model_name}"
    )
    texts = {
        "models.config": (
            "# --model_config_file: the newest version below base_path is served; a new version "
            "folder\n"
            "# replaces it while the server runs. To serve some versions side by side, add to "
            "config { }:\n"
            "#   model_version_policy { specific { versions: 1 versions: 2 } }\n"
            '#   version_labels { key: "stable" value: 1 } version_labels { key: "canary" value: 2 }\n'  # noqa: E501
            "# Labels in this file need --allow_version_labels_for_unavailable_models=true: they "
            "are given\n"
            "# before the versions are loaded, and without the flag the server does not start.\n"
            + models_text([model])
        ),
        "batching.config": (
            "# --batching_parameters_file (with --enable_batching). num_batch_threads: the "
            "number of cores.\n"
            "# FOR CLIENTS YOU TRUST: with pad_variable_length_inputs one malformed request "
            "beside a good\n"
            "# one ends the process of tensorflow_model_server (2.20.0, SIGABRT). Without it "
            "videos of\n"
            "# different lengths that meet in a batch fail together (FAILED_PRECONDITION). For "
            "other\n"
            "# clients leave batching off. The embedded server refuses only the malformed "
            "request.\n" + batching_text(settings.batching)
        ),
        "monitoring.config": "# --monitoring_config_file: Prometheus metrics on the REST port.\n"
        + monitoring_text(Monitoring(True)),
    }
    by = "# Written by python -m tf_dictsum.serving_files.\n"
    return {name: by + text for name, text in texts.items()}


def write_serving_files(settings: Settings, folder: pathlib.Path) -> list[pathlib.Path]:
    """Writes the files into `folder`; returns their paths. Raises UserError when the file system
    refuses.
    """
    texts = serving_files(settings)
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]
