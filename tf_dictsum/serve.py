"""python -m tf_dictsum.serve: serves exported models by gRPC and REST, with
tensorflow_model_server's flags and answers.

    python -m tf_dictsum.serve --model_name=dictsum --model_base_path=export/models/dictsum
    --rest_api_port=8501
    python -m tf_dictsum.serve --model_config_file=export/models.config --enable_batching
    --batching_parameters_file=export/batching.config

Needs `pip install 'tf-dictsum[serve]'`. Ctrl-C or SIGTERM ends it once the requests inside are
answered.
"""

import importlib.util

from tf_dictsum.serving.server.options import ServeOptions
from tf_dictsum.serving.server.server_files import ServerFiles
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.quiet import load_tensorflow

__all__ = ["main", "run"]

_NEEDED = (
    "grpc",
    "grpc_health",
    "grpc_reflection",
    "prometheus_client",
    "starlette",
    "tensorflow_serving",
    "uvicorn",
)


def main(argv: list[str]) -> None:
    """Serves until a signal. Raises UserError for bad input."""
    options = cli.from_flags(ServeOptions)
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(f"serving needs {', '.join(missing)}: pip install 'tf-dictsum[serve]'.")
    files = ServerFiles.read(options)
    load_tensorflow()

    from tf_dictsum.serving.server.server import serve

    serve(options, files)


run = cli.command(main, ServeOptions)


if __name__ == "__main__":
    run()
