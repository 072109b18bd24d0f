"""The models file (--model_config_file) of tensorflow_model_server: which models and versions to
serve.
"""

import dataclasses
import pathlib
from collections.abc import Iterable, Sequence
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
_FILE = "file://"
_TWO_FIELDS = "ModelServerConfig::model_type (deprecated) {} ModelServerConfig::model_platform, model name is "  # noqa: E501


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
      base_path: absolute path, or file:// and one, of the folder that holds the version folders.
      policy: which versions.
      labels: label -> version.
    """

    name: str
    base_path: str
    policy: VersionPolicy = VersionPolicy()
    labels: dict[str, int] = dataclasses.field(default_factory=dict)

    @property
    def folder(self) -> pathlib.Path:
        """The folder as a path."""
        return pathlib.Path(self.base_path.removeprefix(_FILE))


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
      source: the file it comes from, for errors; "" for a request.
      text: the file's text, to name lines.

    Raises:
      UserError: no model list, or a model whose name is given twice, with a relative path or
        another platform.
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
    configs = list(message.model_config_list.config)
    _check(configs, source, text)
    return tuple(
        ServedModel(config.name, config.base_path, _policy(config), dict(config.version_labels))
        for config in configs
    )


def _check(configs: Sequence[Any], source: str, text: str) -> None:
    """Refuses what tensorflow_model_server refuses, in its words and its order."""

    def fail(field: str, number: int, words: str) -> UserError:
        return UserError(f"{at(source, text, field, number)}: {words}" if source else words)

    names: set[str] = set()
    for number, config in enumerate(configs):
        if config.name in names:
            raise fail(
                "config",
                number,
                f"Illegal to list model {config.name} multiple times in config list",
            )
        names.add(config.name)
    for number, config in enumerate(configs):
        if "://" not in config.base_path and not config.base_path.startswith("/"):
            raise fail(
                "base_path" if config.base_path else "config",
                number,
                f"Expected model {config.name} to have an absolute path or URI; "
                f"got base_path()={config.base_path}",
            )
    for number, config in enumerate(configs):
        if config.model_type and config.model_platform:
            raise fail(
                "config", number, f"Illegal setting both {_TWO_FIELDS.format('and')}{config.name}"
            )
        if not config.model_type and not config.model_platform:
            raise fail(
                "config",
                number,
                f"Illegal setting neither {_TWO_FIELDS.format('nor')}{config.name}",
            )
        if config.model_platform not in ("", PLATFORM) or config.model_type not in (0, 1):
            platform = config.model_platform or "other"
            raise fail(
                "model_platform" if config.model_platform else "model_type",
                number,
                f"Model {config.name} requests unsupported platform {platform}",
            )


def _policy(config: Any) -> VersionPolicy:
    kind = config.model_version_policy.WhichOneof("policy_choice")
    if kind == "all":
        return VersionPolicy("all")
    if kind == "specific":
        versions = config.model_version_policy.specific.versions
        return VersionPolicy("specific", versions=tuple(sorted(set(versions))))
    # 0, which is also "not set", counts as 1
    # (sources/storage_path/file_system_storage_path_source.cc).
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
