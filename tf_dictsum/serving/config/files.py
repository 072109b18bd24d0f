"""TensorFlow Serving's configuration files in one place: readers that check, and writers."""

from tf_dictsum.serving.config.batching_file import Batching, batching_text, read_batching
from tf_dictsum.serving.config.models_file import (
    ServedModel,
    VersionPolicy,
    models_from_message,
    models_text,
    read_models,
)
from tf_dictsum.serving.config.monitoring_file import Monitoring, monitoring_text, read_monitoring
from tf_dictsum.serving.config.ssl_file import TLS, read_ssl, ssl_text

__all__ = [
    "TLS",
    "Batching",
    "Monitoring",
    "ServedModel",
    "VersionPolicy",
    "batching_text",
    "models_from_message",
    "models_text",
    "monitoring_text",
    "read_batching",
    "read_models",
    "read_monitoring",
    "read_ssl",
    "ssl_text",
]
