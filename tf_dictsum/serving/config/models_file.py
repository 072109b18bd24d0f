"""The models file (--model_config_file) of tensorflow_model_server: which models and versions to serve."""

import dataclasses
import pathlib
from collections.abc import Iterable
from typing import Any, Literal

from google.protobuf import text_format

from tf_dictsum.serving.config.text_protos import at, read_message
from tf_dictsum.util.errors import UserError

__all__ = [
    "PLATFORM",
    "ServedModel",
    "VersionPolicy",
    "models_from_message",
    "models_text",
    "read_models",
]

PLATFORM = "tensorflow"


@dataclasses.dataclass(frozen=True)
class VersionPolicy:
    """Which versions of a model are served.

    Attributes:
      kind: the latest `count` versions, all, or exactly `versions`.
      count: for latest.
      versions: for specific.
    """

    kind: Literal["latest", "all", "specific"] = "latest"
    count: int = 1
    versions: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class ServedModel:
    """One model of the file.

    Attributes:
      name: what requests call it.
      base_path: absolute path of the folder that holds the version folders.
      policy: which versions.
      labels: label -> version.
    """

    name: str
    base_path: str
    policy: VersionPolicy = VersionPolicy()
    labels: dict[str, int] = dataclasses.field(default_factory=dict)


def read_models(path: str) -> tuple[ServedModel, ...]:
    """Reads and checks a models file.

    Raises:
      UserError: names file, line, field and finding.
    """
    from tensorflow_serving.config import model_server_config_pb2

    message, text = read_message(path, model_server_config_pb2.ModelServerConfig())
    return models_from_message(message, path, text)


def models_from_message(message: Any, source: str, text: str = "") -> tuple[ServedModel, ...]:
    """The models of a `ModelServerConfig`, checked as tensorflow_model_server checks them.

    Args:
      message: the message.
      source: where it comes from, for errors: a file, or the name of a request.
      text: the file's text, to name lines.

    Raises:
      UserError: no model list, or a model without a name, with a name given twice, a relative path or another platform.
    """
    if message.WhichOneof("config") != "model_config_list":
        found = (
            at(source, text, "custom_model_config") + ": not supported"
            if message.HasField("custom_model_config")
            else f"{source}: empty"
        )
        raise UserError(
            f"{found}; expected model_config_list {{ config {{ name: ... base_path: ... }} }}."
        )
    models: dict[str, ServedModel] = {}
    for number, config in enumerate(message.model_config_list.config):
        if not config.name:
            raise UserError(f"{at(source, text, 'config', number)}: has no name.")
        if config.name in models:
            raise UserError(
                f"{at(source, text, 'config', number)}: model {config.name} is listed several times; names must differ."
            )
        if not config.base_path:
            raise UserError(
                f"{at(source, text, 'config', number)}: model {config.name} has no base_path."
            )
        if (
            "://" not in config.base_path
            and not pathlib.PurePosixPath(config.base_path).is_absolute()
        ):
            where = at(source, text, "base_path", number)
            raise UserError(
                f"{where}: expected model {config.name} to have an absolute path; got base_path {config.base_path!r}."
            )
        _check_platform(config, source, text, number)
        policy = _policy(config, source, text)
        if any(not label for label in config.version_labels):
            raise UserError(
                f"{at(source, text, 'version_labels')}: an empty label in model {config.name}."
            )
        models[config.name] = ServedModel(
            config.name, config.base_path, policy, dict(config.version_labels)
        )
    return tuple(models.values())


def _check_platform(config: Any, source: str, text: str, number: int) -> None:
    if config.model_type == 1:  # TENSORFLOW, the deprecated way to say it
        return
    if not config.model_platform:
        where = at(source, text, "config", number)
        raise UserError(
            f'{where}: model {config.name} has no model_platform; add model_platform: "{PLATFORM}".'
        )
    if config.model_platform != PLATFORM:
        where = at(source, text, "model_platform", number)
        raise UserError(
            f"{where}: {config.model_platform!r} of model {config.name}; only {PLATFORM!r} is served."
        )


def _policy(config: Any, source: str, text: str) -> VersionPolicy:
    kind = config.model_version_policy.WhichOneof("policy_choice")
    if kind == "all":
        return VersionPolicy("all")
    if kind == "specific":
        versions = tuple(config.model_version_policy.specific.versions)
        if not versions or min(versions) < 0:
            found = ", ".join(map(str, versions)) or "no versions"
            raise UserError(
                f"{at(source, text, 'specific')}: {found} in model {config.name}; name versions from 0, as in versions: 1."
            )
        return VersionPolicy("specific", versions=tuple(sorted(set(versions))))
    # 0, which is also "not set", counts as 1 (sources/storage_path/file_system_storage_path_source.cc).
    return VersionPolicy("latest", count=max(1, config.model_version_policy.latest.num_versions))


def models_text(models: Iterable[ServedModel]) -> str:
    """The file's text; `read_models` gives the same models back."""
    from tensorflow_serving.config import model_server_config_pb2

    message = model_server_config_pb2.ModelServerConfig()
    message.model_config_list.SetInParent()
    for model in models:
        config = message.model_config_list.config.add(
            name=model.name, base_path=model.base_path, model_platform=PLATFORM
        )
        policy = config.model_version_policy
        if model.policy.kind == "all":
            policy.all.SetInParent()
        elif model.policy.kind == "specific":
            policy.specific.versions.extend(model.policy.versions)
        elif model.policy.count > 1:
            policy.latest.num_versions = model.policy.count
        config.version_labels.update(model.labels)
    return text_format.MessageToString(message)
