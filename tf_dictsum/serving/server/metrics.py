"""What the server counts, under tensorflow_model_server's names."""

import threading
from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

__all__ = ["Metrics"]

_BUCKETS = [10 * 1.8**n for n in range(33)]  # µs; tensorflow_serving/servables/tensorflow/util.cc


class _RequestCount(Collector):
    """A counter whose name does not end in _total, which prometheus_client's own Counter insists
    on.
    """

    name = ":tensorflow:serving:request_count"

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def add(self, model: str, status: str) -> None:
        with self._lock:
            self._counts[model, status] += 1

    def collect(self) -> Iterator[Metric]:
        metric = Metric(self.name, "The total number of requests.", "unknown")
        with self._lock:
            counts = dict(self._counts)
        for (model, status), count in counts.items():
            metric.add_sample(self.name, {"model_name": model, "status": status}, count)
        yield metric


class Metrics:
    """The server's metrics; latencies in microseconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.request_count = _RequestCount()
        self.registry.register(self.request_count)
        ProcessCollector(registry=self.registry)
        prefix = ":tensorflow:serving:"
        self.request_latency = self._histogram(
            prefix + "request_latency",
            "Distribution of wall time (µs) of requests.",
            "model_name",
            "API",
            "entrypoint",
        )
        self.runtime_latency = self._histogram(
            prefix + "runtime_latency",
            "Distribution of wall time (µs) for running inference.",
            "model_name",
            "API",
            "runtime",
        )
        self.warmup_latency = self._histogram(
            prefix + "model_warmup_latency",
            "Distribution of wall time (µs) for warming up a version.",
            "model_path",
            "status",
        )

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(name, text, labels, registry=self.registry, buckets=_BUCKETS)

    def text(self) -> bytes:
        """All of it in Prometheus' text form."""
        return generate_latest(self.registry)
