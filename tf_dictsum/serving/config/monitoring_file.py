"""The monitoring file (--monitoring_config_file) of tensorflow_model_server."""

import dataclasses

from google.protobuf import text_format

from tf_dictsum.serving.config.text_protos import MonitoringConfig, at, read_message
from tf_dictsum.util.errors import UserError

__all__ = ["DEFAULT_PATH", "Monitoring", "monitoring_text", "read_monitoring"]

DEFAULT_PATH = "/monitoring/prometheus/metrics"


@dataclasses.dataclass(frozen=True)
class Monitoring:
    """Whether and where (on the REST port) Prometheus metrics are shown."""

    enable: bool = False
    path: str = DEFAULT_PATH


def read_monitoring(path: str) -> Monitoring:
    """Reads and checks a monitoring file.

    Raises:
      UserError: names file, line, field and finding.
    """
    message, text = read_message(path, MonitoringConfig())
    shown = message.prometheus_config.path or DEFAULT_PATH
    if not shown.startswith("/") or any(c.isspace() or c in "?#" for c in shown):
        raise UserError(
            f"{at(path, text, 'path')}: {shown!r}; expected the path of a URL, such as "
            f"{DEFAULT_PATH}."
        )
    return Monitoring(message.prometheus_config.enable, shown)


def monitoring_text(monitoring: Monitoring) -> str:
    """The file's text; `read_monitoring` gives the same values back."""
    message = MonitoringConfig()
    message.prometheus_config.enable = monitoring.enable
    message.prometheus_config.path = monitoring.path
    return text_format.MessageToString(message)
