"""python -m tf_dictsum.score: scores a whole feature file, by a trained selector here or on a model
server.

    python -m tf_dictsum.score --model=runs/demo --dataset=FILE.h5 --out=scores.json
    python -m tf_dictsum.score --server=127.0.0.1:8500 --dataset=FILE.h5 --out=scores.json

--model is a run or selector directory, a SavedModel, a preset or grpc://HOST:PORT/NAME (the same as
--server=HOST:PORT
--model_name=NAME). The server is `python -m tf_dictsum.serve` or TensorFlow Serving. The result is
what `python -m tf_dictsum.evaluate --scores` reads. An interrupted job on a server goes on where it
was when the same command is run again.
"""

import dataclasses
import pathlib

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.video import Dataset
from tf_dictsum.selectors.loading import load_selector
from tf_dictsum.selectors.remote import is_address, parse_address
from tf_dictsum.selectors.scoring import score
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.progress import Progress
from tf_dictsum.util.quiet import load_tensorflow

__all__ = ["Options", "main", "run"]


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    model: str = cli.option(
        "",
        "trained selector: a run or selector directory, a SavedModel, grpc://HOST:PORT/NAME, or "
        "the name of a preset",
    )
    server: str = cli.option("", "instead of --model: HOST:PORT of the server's gRPC port")
    dataset: str = cli.option("", "feature file in the ECCV16 layout, or demo")
    out: str = cli.option(
        "", 'JSON file to write: {"video_1": [one number per sampled frame], ...}'
    )
    model_name: str = cli.option("dictsum", "name of the model on the server")
    model_version: int = cli.option(
        -1, "version of the model; -1: the newest one that is served", lower_bound=-1
    )
    model_label: str = cli.option("", "label of a version, instead of its number")
    signature_name: str = cli.option("serving_default", "signature of the model")
    in_flight: int = cli.option(
        8,
        "requests on their way at a time; a batching server wants about twice its batch size",
        lower_bound=1,
    )
    deadline: float = cli.option(60.0, "seconds that a request may take", lower_bound=0.001)
    retries: int = cli.option(
        8,
        "tries after an UNAVAILABLE (0.5 s, doubled up to 10 s); no other error is tried again",
        lower_bound=0,
    )
    max_message_mib: int = cli.option(
        0, "largest message, MiB; 0: no limit", lower_bound=0, upper_bound=2047
    )
    tls: bool = cli.option(False, "use TLS; implied by the flags below")
    ca_file: str = cli.option("", "PEM file of the authorities to trust, instead of the machine's")
    client_cert_file: str = cli.option("", "PEM file: certificate for servers that ask for one")
    client_key_file: str = cli.option("", "PEM file: its private key")
    tls_server_name: str = cli.option(
        "", "name that the server's certificate must carry, if not HOST"
    )
    progress: bool = cli.option(True, "show a progress bar; --noprogress for none")


def main(argv: list[str]) -> None:
    """Scores as the flags say. Raises UserError for bad input and for what the server refuses."""
    options = cli.from_flags(Options)
    for name in ("dataset", "out"):
        if not getattr(options, name):
            raise UserError(
                f"--{name} is missing, as in --server=127.0.0.1:8500 --dataset=tvsum.h5 "
                "--out=scores.json."
            )
    if options.server and options.model:
        raise UserError("--server and --model exclude each other; give one of them.")
    if not options.server and not options.model:
        raise UserError(
            "--server is missing, as in --server=127.0.0.1:8500 --dataset=tvsum.h5 "
            "--out=scores.json; "
            "or give --model."
        )
    if "://" in options.server:
        raise UserError(
            f"--server={options.server}: give HOST:PORT of the gRPC port, without {options.server.split('://')[0]}://."
        )
    if is_address(options.model):
        server, name, tls = parse_address(options.model)
        options = dataclasses.replace(
            options, server=server, model_name=name, tls=tls or options.tls
        )
    out = pathlib.Path(options.out)
    if out.is_dir():
        raise UserError(f"{out}: a directory; name a file to write, such as {out / 'scores.json'}.")
    dataset = load_dataset(options.dataset)
    if options.server:
        _score_remotely(options, dataset, out)
    else:
        _score_here(options, dataset, out)


def _score_here(options: Options, dataset: Dataset, out: pathlib.Path) -> None:
    selector = load_selector(options.model)
    with Progress(len(dataset.videos), options.progress, unit="video") as bar:
        scores = score(selector, dataset, progress=lambda done: bar.advance())
    scores.write(out)
    print(f"{out}: scores of {len(scores)} videos from {selector.source} ({selector.method})")


def _score_remotely(options: Options, dataset: Dataset, out: pathlib.Path) -> None:
    load_tensorflow()
    try:
        from tf_dictsum.serving.client.channel import Connection
        from tf_dictsum.serving.client.client import Backoff, Model, ScoringClient
        from tf_dictsum.serving.client.scoring import score_dataset

        connection = Connection(
            options.server,
            options.tls,
            options.ca_file,
            options.client_cert_file,
            options.client_key_file,
            options.tls_server_name,
            options.max_message_mib * 2**20 or -1,
        )
        pinned = None if options.model_version < 0 else options.model_version
        model = Model(options.model_name, pinned, options.model_label, options.signature_name)
        client = ScoringClient(connection, model, options.deadline, Backoff(options.retries))
    except ImportError as error:
        raise UserError(
            f"this needs the package {error.name}: pip install 'tf-dictsum[serve]'."
        ) from error
    with client:
        version = score_dataset(
            client, dataset, out, in_flight=options.in_flight, progress=options.progress
        )
    print(
        f"{out}: scores of {len(dataset.videos)} videos from {options.server}, model "
        f"{model.name} version {version}"
    )


run = cli.command(main, Options)


if __name__ == "__main__":
    run()
