"""The configuration files of a server, read and checked before anything heavy is loaded."""

import dataclasses

from tf_dictsum.serving.config.files import (
    TLS,
    Batching,
    Monitoring,
    ServedModel,
    read_batching,
    read_models,
    read_monitoring,
    read_ssl,
)
from tf_dictsum.serving.server.options import ServeOptions
from tf_dictsum.util.errors import UserError

__all__ = ["ServerFiles"]


@dataclasses.dataclass(frozen=True)
class ServerFiles:
    """What the flags' files say.

    Attributes:
      models: to serve; from --model_config_file, or the one of --model_name and --model_base_path.
      batching, monitoring: defaults where there is no file.
      tls: None for plain text.
    """

    models: tuple[ServedModel, ...]
    batching: Batching
    monitoring: Monitoring
    tls: TLS | None

    @classmethod
    def read(cls, options: ServeOptions) -> "ServerFiles":
        """Reads what the options name.

        Raises:
          UserError: a file is missing or wrong, or a model has no folder.
        """
        if options.model_config_file:
            models = read_models(options.model_config_file)
        else:
            models = (ServedModel(options.model_name, options.model_base_path),)
        for model in models:
            _check(model, options.allow_version_labels_for_unavailable_models)
        return cls(
            models,
            read_batching(options.batching_parameters_file)
            if options.batching_parameters_file
            else Batching(),
            read_monitoring(options.monitoring_config_file)
            if options.monitoring_config_file
            else Monitoring(),
            read_ssl(options.ssl_config_file) if options.ssl_config_file else None,
        )


def _check(model: ServedModel, labels_may_wait: bool) -> None:
    """Refuses a model that tensorflow_model_server would not start with either, or would wait for
    without a word.
    """
    if not model.folder.is_absolute():
        raise UserError(
            f"Expected model {model.name} to have an absolute path or URI; got "
            f"base_path()={model.base_path}. Say model_base_path=$PWD/{model.base_path}."
        )
    if model.labels and not labels_may_wait:
        raise UserError(
            f"Request to assign label to version {next(iter(model.labels.values()))} of model "
            f"{model.name}, which is not currently available for inference: nothing is loaded at "
            "the start. Set `allow_version_labels_for_unavailable_models`."
        )
    if not model.folder.is_dir():
        raise UserError(
            f"{model.base_path}: no such folder; expected the version folders of model "
            f"{model.name}."
        )
