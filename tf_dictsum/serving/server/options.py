"""The flags of `python -m tf_dictsum.serve`; names and defaults are tensorflow_model_server's unless the help says otherwise."""

import dataclasses

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.flags import option

__all__ = ["ServeOptions"]


@dataclasses.dataclass(frozen=True)
class ServeOptions:
    """What is served, where and how."""

    # Where
    host: str = option(
        "127.0.0.1",
        "address to listen on (not a flag of tensorflow_model_server); 0.0.0.0 for all: there is no login",
    )
    port: int = option(
        8500,
        "port of gRPC; 0: any free one, printed at the start",
        lower_bound=0,
        upper_bound=65535,
    )
    rest_api_port: int = option(0, "port of REST; 0: no REST", lower_bound=0, upper_bound=65535)
    ssl_config_file: str = option("", "TLS for gRPC: SSLConfig in text form")

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
    drain_seconds: float = option(
        30.0,
        "longest wait for requests inside at the end (not a flag of tensorflow_model_server)",
        lower_bound=0.0,
    )

    def __post_init__(self) -> None:
        if not self.model_config_file and not self.model_base_path:
            raise UserError(
                "say what to serve: --model_name=NAME --model_base_path=FOLDER, or --model_config_file=FILE."
            )
        if self.batching_parameters_file and not self.enable_batching:
            raise UserError(
                "--batching_parameters_file is set without --enable_batching. Add it, or drop the file."
            )
        if self.monitoring_config_file and not self.rest_api_port:
            raise UserError(
                "--monitoring_config_file shows metrics on the REST port. Add --rest_api_port."
            )
        if self.model_config_file_poll_wait_seconds and not self.model_config_file:
            raise UserError("--model_config_file_poll_wait_seconds needs --model_config_file.")
        if self.tensorflow_session_parallelism and (
            self.tensorflow_intra_op_parallelism or self.tensorflow_inter_op_parallelism
        ):
            raise UserError(
                "--tensorflow_session_parallelism excludes --tensorflow_intra_op_parallelism and --tensorflow_inter_op_parallelism."
            )

    @property
    def session_threads(self) -> tuple[int, int]:
        """Intra- and inter-op threads."""
        both = self.tensorflow_session_parallelism
        return (
            both or self.tensorflow_intra_op_parallelism,
            both or self.tensorflow_inter_op_parallelism,
        )
