"""python -m tf_dictsum.serving_files: writes models.config, batching.config and monitoring.config
for a model server.

    python -m tf_dictsum.serving_files --out=DIR --models_dir=$PWD/export/models

The files in export/ are its output with default flags: the paths inside the tensorflow/serving
container.
"""

import dataclasses
import pathlib

from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.quiet import load_tensorflow

__all__ = ["Options", "main", "run"]


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    out: str = cli.option("", "folder to write into")
    models_dir: str = cli.option(
        "/models", "absolute folder of the exported models, as the server sees it"
    )
    model_name: str = cli.option("dictsum", "the model: a folder below --models_dir")
    max_batch_size: int = cli.option(8, "most videos of a batch", lower_bound=1)
    batch_timeout_micros: int = cli.option(
        5000, "how long a request waits for others, µs", lower_bound=0
    )
    max_enqueued_batches: int = cli.option(
        100, "batches that may wait before requests are refused", lower_bound=1
    )
    num_batch_threads: int = cli.option(
        2, "batches computed at a time; the number of cores", lower_bound=1
    )


def main(argv: list[str]) -> None:
    """Writes the files as the flags say. Raises UserError for bad input."""
    options = cli.from_flags(Options)
    if not options.out:
        raise UserError("--out is missing; name a folder, as in --out=config.")
    load_tensorflow()
    try:
        import tensorflow_serving.config.model_server_config_pb2  # noqa: F401
    except ImportError as error:
        raise UserError(
            f"this needs the package {error.name}: pip install 'tf-dictsum[serve]'."
        ) from error
    from tf_dictsum.serving.config.files import Batching
    from tf_dictsum.serving.config.shipped_files import Settings, write_serving_files

    batching = Batching(
        options.max_batch_size,
        options.batch_timeout_micros,
        options.max_enqueued_batches,
        options.num_batch_threads,
        pad_variable_length_inputs=True,
    )
    for path in write_serving_files(
        Settings(options.models_dir, options.model_name, batching), pathlib.Path(options.out)
    ):
        print(path)


run = cli.command(main, Options)


if __name__ == "__main__":
    run()
