"""The flags of `python -m tf_dictsum.serve`; names and defaults are tensorflow_model_server's
unless the help says otherwise.
"""

import dataclasses

from tf_dictsum.serving.server.limits import Limits
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.flags import option

__all__ = ["ServeOptions"]


@dataclasses.dataclass(frozen=True)
class ServeOptions:
    """What is served, where and how."""

    # Where
    host: str = option(
        "127.0.0.1",
        "address to listen on (not a flag of tensorflow_model_server); 0.0.0.0 for all: there is "
        "no login",
    )
    port: int = option(
        8500,
        "port of gRPC; 0: any free one, printed at the start",
        lower_bound=0,
        upper_bound=65535,
    )
    rest_api_port: int = option(0, "port of REST; 0: no REST", lower_bound=0, upper_bound=65535)
    ssl_config_file: str = option(
        "", "TLS for gRPC and REST (tensorflow_model_server: gRPC only): SSLConfig in text form"
    )

    # What
    model_name: str = option("default", "name of the model; ignored with --model_config_file")
    model_base_path: str = option(
        "", "folder that holds the version folders; ignored with --model_config_file"
    )
    model_config_file: str = option("", "several models: ModelServerConfig in text form")
    model_config_file_poll_wait_seconds: int = option(
        0, "read --model_config_file again so often; 0: never", lower_bound=0
    )
    file_system_poll_wait_seconds: int = option(
        1, "look for new versions so often; 0: once, at the start; negative: as 0"
    )
    allow_version_labels_for_unavailable_models: bool = option(
        False, "new labels may name versions that are not loaded yet"
    )

    max_num_load_retries: int = option(
        0,
        "try a version that does not load again so often (tensorflow_model_server: 5); it stays "
        "LOADING meanwhile",
        lower_bound=0,
    )
    load_retry_interval_micros: int = option(
        60_000_000, "the wait before each of these tries", lower_bound=0
    )
    enable_model_reload: bool = option(
        False,
        "let clients say by HandleReloadConfigRequest what is served; the graph of a SavedModel "
        "can "
        "read and write files (not a flag of tensorflow_model_server, where every client may; here "
        "it is also on where ssl_config_file demands client certificates)",
    )

    # How
    enable_batching: bool = option(False, "put requests together")
    batching_parameters_file: str = option(
        "", "how: BatchingParameters in text form; needs --enable_batching"
    )
    grpc_max_threads: int = option(
        64,
        "gRPC requests worked on at the same time (tensorflow_model_server: 4 per core)",
        lower_bound=1,
    )
    tensorflow_session_parallelism: int = option(
        0, "threads within and between operations; 0: TensorFlow chooses", lower_bound=0
    )
    tensorflow_intra_op_parallelism: int = option(
        0, "threads within an operation; 0: TensorFlow chooses", lower_bound=0
    )
    tensorflow_inter_op_parallelism: int = option(
        0, "operations at the same time; 0: TensorFlow chooses", lower_bound=0
    )
    enable_serialization_as_tensor_content: bool = option(
        False, "replies carry tensors as bytes instead of typed fields"
    )
    monitoring_config_file: str = option(
        "", "Prometheus metrics on the REST port: MonitoringConfig in text form"
    )
    rest_api_timeout_in_ms: int = option(
        30_000, "longest time for the answer to a REST request", lower_bound=1
    )

    # How much one client may ask for (not flags of tensorflow_model_server)
    max_message_bytes: int = option(
        128 << 20, "largest gRPC message; 0: no limit", lower_bound=0, upper_bound=2**31 - 1
    )
    max_body_bytes: int = option(128 << 20, "largest body of a REST request", lower_bound=1)
    max_implied_bytes: int = option(
        1 << 20,
        "most bytes of values that a gRPC request may leave out (one value stands for the rest)",
        lower_bound=0,
    )
    max_request_steps: int = option(
        1 << 16,
        "most videos x time steps of a request, and of all that is computed at once",
        lower_bound=1,
    )
    max_inflight_bytes: int = option(
        1 << 30,
        "most bytes of all requests that are being answered; more are told to try again",
        lower_bound=1,
    )
    request_read_seconds: float = option(
        60.0, "longest wait for the rest of a request that has begun", lower_bound=0.001
    )
    rest_header_seconds: float = option(
        10.0, "longest wait for the rest of a REST request's head", lower_bound=0.001
    )
    rest_idle_seconds: float = option(
        60.0, "REST connections without a request are closed after this time", lower_bound=0.001
    )
    drain_seconds: float = option(
        30.0,
        "longest wait for requests inside at the end (not a flag of tensorflow_model_server)",
        lower_bound=0.0,
    )

    def __post_init__(self) -> None:
        if not self.model_config_file and not self.model_base_path:
            raise UserError(
                "say what to serve: --model_name=NAME --model_base_path=FOLDER, or "
                "--model_config_file=FILE."
            )
        if self.batching_parameters_file and not self.enable_batching:
            raise UserError(
                "--batching_parameters_file is set without --enable_batching. Add it, or drop "
                "the file."
            )
        if self.monitoring_config_file and not self.rest_api_port:
            raise UserError(
                "--monitoring_config_file shows metrics on the REST port. Add --rest_api_port."
            )
        if self.model_config_file_poll_wait_seconds and not self.model_config_file:
            raise UserError("--model_config_file_poll_wait_seconds needs --model_config_file.")
        if (
            self.tensorflow_session_parallelism
            and self.tensorflow_intra_op_parallelism
            and self.tensorflow_inter_op_parallelism
        ):
            raise UserError(
                "set `tensorflow_session_parallelism`, or `tensorflow_intra_op_parallelism` and "
                "`tensorflow_inter_op_parallelism`, not all three."
            )

    @property
    def limits(self) -> Limits:
        """What one client may ask for."""
        return Limits(
            message_bytes=self.max_message_bytes,
            body_bytes=self.max_body_bytes,
            implied_bytes=self.max_implied_bytes,
            steps=self.max_request_steps,
            inflight_bytes=self.max_inflight_bytes,
            read_seconds=self.request_read_seconds,
            header_seconds=self.rest_header_seconds,
            idle_seconds=self.rest_idle_seconds,
        )

    @property
    def session_threads(self) -> tuple[int, int]:
        """Intra- and inter-op threads."""
        both = self.tensorflow_session_parallelism
        return (
            both or self.tensorflow_intra_op_parallelism,
            both or self.tensorflow_inter_op_parallelism,
        )
