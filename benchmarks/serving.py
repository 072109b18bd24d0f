"""Measures the embedded server: the server is one process, its clients another. One JSON line per
mode.

python benchmarks/serving.py --mode=overhead            # p50 over a bare session call at T = 320
python benchmarks/serving.py --mode=throughput          # 8 clients, lengths 60 to 1,300, with and
without batching
python benchmarks/serving.py --mode=soak --seconds=300  # 64 clients: errors, memory
python benchmarks/serving.py --mode=malformed --requests=10000
python benchmarks/serving.py --mode=swaps --swaps=20    # new versions under load
python benchmarks/serving.py --mode=kill                # kill -9 and restart

Measured numbers and their date: benchmarks/serving.md. Ends with status 1 when something failed
that must not.
"""

import collections
import contextlib
import dataclasses
import json
import pathlib
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.quiet import load_tensorflow

ROOT = pathlib.Path(__file__).parents[1]
ROUNDS = 4
MODES = ("overhead", "throughput", "soak", "malformed", "swaps", "kill")
BATCHING = (
    "--enable_batching",
    f"--batching_parameters_file={ROOT / 'export' / 'batching.config'}",
)


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    mode: str = cli.option("overhead", "what to measure", choices=MODES)
    hidden_size: int = cli.option(500, "H of the model", lower_bound=1)
    input_size: int = cli.option(1024, "D of the model", lower_bound=4)
    length: int = cli.option(320, "overhead: sampled frames", lower_bound=1)
    shortest: int = cli.option(60, "throughput, soak: shortest video", lower_bound=1)
    longest: int = cli.option(1300, "throughput, soak: longest video", lower_bound=1)
    clients: int = cli.option(
        0, "clients at a time; 0: 8 for throughput, 64 for soak, 4 for swaps", lower_bound=0
    )
    requests: int = cli.option(
        0, "requests; 0: 100 for overhead, 160 for throughput, 10000 for malformed", lower_bound=0
    )
    seconds: float = cli.option(300.0, "soak: how long", lower_bound=1.0)
    restart_limit: float = cli.option(
        10.0, "kill: seconds that a restart may take", lower_bound=0.0
    )
    swaps: int = cli.option(20, "swaps: how many new versions", lower_bound=1)
    batching: bool = cli.option(True, "soak, malformed, swaps: serve with export/batching.config")
    seed: int = cli.option(0, "seed of lengths and faults", lower_bound=0)


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds."""
    values = np.asarray(seconds) * 1e3
    return {
        name: round(float(np.quantile(values, q)), 3)
        for name, q in (("p50_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99))
    }


@contextlib.contextmanager
def server(
    options: Options, folder: pathlib.Path, *flags: str, batching: bool = False
) -> Iterator[Any]:
    """A running server of a freshly exported model, version 1."""
    from serving_harness import EmbeddedServer, write_model

    if not (folder / "dictsum" / "1").is_dir():
        write_model(folder / "dictsum", 1, options.input_size, options.hidden_size)
    own = (
        "--model_name=dictsum",
        f"--model_base_path={folder / 'dictsum'}",
        *(BATCHING if batching else ()),
    )
    with EmbeddedServer(*own, *flags) as process:
        yield process


def encoded(options: Options, count: int) -> list[bytes]:
    """Requests for videos of random lengths."""
    from serving_harness import encode

    rng = np.random.default_rng(options.seed)
    lengths = rng.integers(options.shortest, options.longest + 1, count)
    return [encode(rng.random((1, length, options.input_size), np.float32)) for length in lengths]


def together(clients: int, work: Callable[[int], None]) -> None:
    """Runs work(0), work(1), ... in threads; raises what one of them raised."""
    raised: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def bare_loop(folder: pathlib.Path) -> Callable[[Sequence[bytes]], None]:
    """Computes encoded requests one after the other in TensorFlow's session, without any server."""
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        loaded = tf.compat.v1.saved_model.load(
            session, [tf.saved_model.SERVING], str(folder / "dictsum" / "1")
        )
    signature = loaded.signature_def["serving_default"]
    names = [signature.inputs[name].name for name in ("features", "lengths")]
    call = session.make_callable([signature.outputs["scores"].name], names)

    def compute(requests: Sequence[bytes]) -> None:
        for request in requests:
            inputs = predict_pb2.PredictRequest.FromString(request).inputs
            call(tf.make_ndarray(inputs["features"]), tf.make_ndarray(inputs["lengths"]))

    return compute


def overhead(options: Options, folder: pathlib.Path) -> dict[str, Any]:
    """Latency of one client at a fixed length against a bare call of TensorFlow's session, in
    turns.
    """
    import tensorflow as tf
    from serving_harness import Replies, encode

    count = options.requests or 100
    features = np.random.default_rng(options.seed).random(
        (1, options.length, options.input_size), np.float32
    )
    lengths = np.array([options.length], np.int32)
    request = encode(features)
    with server(options, folder) as process:
        session = tf.compat.v1.Session(graph=tf.Graph())
        with session.graph.as_default():
            loaded = tf.compat.v1.saved_model.load(
                session, [tf.saved_model.SERVING], str(folder / "dictsum" / "1")
            )
        signature = loaded.signature_def["serving_default"]
        names = [signature.inputs["features"].name, signature.inputs["lengths"].name]
        call = session.make_callable(
            [signature.outputs[name].name for name in ("lengths", "scores")], names
        )
        client = Replies(process.address)
        bare: list[float] = []
        for number in range(count + 10):
            if number == 10:  # both are warm
                bare.clear()
                client.seconds.clear()
            begin = time.perf_counter()
            call(features, lengths)
            bare.append(time.perf_counter() - begin)
            client.send(request)
        client.close()
    ms = (statistics.median(client.seconds) - statistics.median(bare)) * 1e3
    return {
        "requests": count,
        "length": options.length,
        "bare_session": quantiles(bare),
        "server": quantiles(client.seconds),
        "overhead_p50_ms": round(ms, 3),
        "errors": client.errors[:5],
        "failed": bool(client.errors),
    }


def throughput(options: Options, folder: pathlib.Path) -> dict[str, Any]:
    """The same videos from several clients to two servers, without and with batching, and in a bare
    loop of the exported graph in this process: in turns."""
    from serving_harness import Replies

    clients, count = options.clients or 8, options.requests or 160
    requests = encoded(options, count)
    chunk = -(-count // ROUNDS)
    with server(options, folder) as alone, server(options, folder, batching=True) as batched:
        replies = {
            name: [Replies(p.address) for _ in range(clients)]
            for name, p in (("alone", alone), ("batched", batched))
        }
        rates: dict[str, list[float]] = {name: [] for name in ("bare", *replies)}
        compute = bare_loop(folder)
        compute(requests[:4])  # warm

        def ask(name: str, waiting: collections.deque[bytes]) -> None:
            def work(number: int) -> None:
                with contextlib.suppress(IndexError):
                    while True:
                        replies[name][number].send(waiting.popleft())

            together(clients, work)

        for name in replies:  # warm
            ask(name, collections.deque(requests[: 2 * clients]))
            for reply in replies[name]:
                reply.seconds.clear()
        for place in range(0, count, chunk):
            some = requests[place : place + chunk]
            begin = time.perf_counter()
            compute(some)
            rates["bare"].append(len(some) / (time.perf_counter() - begin))
            for name in replies:
                begin = time.perf_counter()
                ask(name, collections.deque(some))
                rates[name].append(len(some) / (time.perf_counter() - begin))
    report: dict[str, Any] = {
        "clients": clients,
        "requests": count,
        "lengths": [options.shortest, options.longest],
    }
    failed = False
    for name, clients_of in replies.items():
        errors = [error for reply in clients_of for error in reply.errors]
        seconds = [second for reply in clients_of for second in reply.seconds]
        report[name] = {
            "videos_per_s": [round(rate, 2) for rate in rates[name]],
            **quantiles(seconds),
            "errors": errors[:5],
        }
        failed |= bool(errors)
        report[name]["of_bare_loop"] = round(
            statistics.median(a / b for a, b in zip(rates[name], rates["bare"], strict=True)), 3
        )
    report["bare_loop_videos_per_s"] = [round(rate, 2) for rate in rates["bare"]]
    report["speedup"] = round(
        statistics.median(b / a for a, b in zip(rates["alone"], rates["batched"], strict=True)), 3
    )
    return report | {"failed": failed}


def soak(options: Options, folder: pathlib.Path) -> dict[str, Any]:
    """Many clients for a long time: no error, flat memory."""
    from serving_harness import ActiveClock, Replies

    clients = options.clients or 64
    requests = encoded(options, 64)
    with server(options, folder, batching=options.batching) as process, ActiveClock() as clock:
        replies = [Replies(process.address) for _ in range(clients)]
        memory: list[tuple[float, int]] = []

        def work(number: int) -> None:
            if number == clients:  # looks at the memory
                while clock() < options.seconds:
                    memory.append((clock(), process.memory))
                    time.sleep(0.5)
                return
            place = number
            while clock() < options.seconds:
                replies[number].send(requests[place % len(requests)])
                place += 1

        together(clients + 1, work)
    warm = min(60.0, options.seconds / 5)
    window = min(30.0, options.seconds / 5)
    first = [size for at, size in memory if warm <= at < warm + window]
    last = [size for at, size in memory if at >= options.seconds - window]
    growth = statistics.median(last) / statistics.median(first) - 1
    errors = [error for reply in replies for error in reply.errors]
    answered = sum(len(reply.seconds) for reply in replies)
    return {
        "clients": clients,
        "seconds": options.seconds,
        "lengths": [options.shortest, options.longest],
        "answered": answered,
        "videos_per_s": round(answered / options.seconds, 3),
        **quantiles([second for reply in replies for second in reply.seconds]),
        "errors": len(errors),
        "first_errors": errors[:5],
        "memory_mib": {
            "after_warm_up": round(statistics.median(first) / 2**20),
            "at_the_end": round(statistics.median(last) / 2**20),
            "peak": round(max(size for _, size in memory) / 2**20),
        },
        "memory_growth": round(growth, 4),
        "longest_pause_of_the_machine_s": round(clock.longest_pause, 1),
        "failed": bool(errors) or not answered,
    }


def malformed(options: Options, folder: pathlib.Path) -> dict[str, Any]:
    """Made-up faults one after the other, with valid requests beside them all the time."""
    import http.client

    import hypothesis
    from serving_faults import Fault, faults
    from serving_harness import ActiveClock, Replies, encode

    count = options.requests or 10_000
    rng = np.random.default_rng(options.seed)
    valid = [
        encode(rng.random((1, length, options.input_size), np.float32)) for length in (3, 12, 40)
    ]
    wrong: list[str] = []
    kinds: collections.Counter[str] = collections.Counter()
    codes: collections.Counter[str] = collections.Counter()
    with server(options, folder, batching=options.batching) as process, ActiveClock() as clock:
        faulty, beside = (
            Replies(process.address),
            Replies(process.address),
        )  # with a deadline: a hang is a failure
        host, _, port = process.rest.partition(":")
        done = threading.Event()

        def send(fault: Fault) -> str:
            if fault.rest:
                connection = http.client.HTTPConnection(host, int(port), timeout=600)
                connection.request("POST", "/v1/models/dictsum:predict", fault.payload)
                code = str(connection.getresponse().status)
                connection.close()
                return code
            return (
                "OK"
                if faulty.send(fault.payload) is not None
                else faulty.errors[-1].partition(":")[0]
            )

        def check(fault: Fault) -> None:
            code = send(fault)
            kinds[fault.kind] += 1
            codes[code] += 1
            if code not in fault.codes:
                text = code if fault.rest or code == "OK" else faulty.errors[-1]
                wrong.append(
                    f"{fault.kind}: {text[:200]} instead of {', '.join(sorted(fault.codes))}: "
                    f"{fault.payload[:200]!r}"
                )

        def make_up(kind: Any, number: int, seed: int) -> None:
            settings = hypothesis.settings(
                max_examples=number,
                database=None,
                deadline=None,
                phases=[hypothesis.Phase.generate],
                suppress_health_check=list(hypothesis.HealthCheck),
            )
            hypothesis.seed(seed)(settings(hypothesis.given(kind)(check)))()

        def all_kinds() -> None:
            strategies = faults(options.input_size)
            for number, kind in enumerate(strategies):
                wanted = kinds.total() + -(-(count - kinds.total()) // (len(strategies) - number))
                while (
                    kinds.total() < wanted
                ):  # hypothesis ends early where it thinks that it has seen everything
                    make_up(kind, wanted - kinds.total(), options.seed + kinds.total())

        def work(number: int) -> None:
            try:
                if number == 0:
                    all_kinds()
                    return
                while not done.is_set():
                    for request in valid:
                        beside.send(request)
            finally:
                done.set()

        together(2, work)
        alive = process.process.poll() is None
    return {
        "requests": kinds.total(),
        "kinds": dict(sorted(kinds.items())),
        "codes": dict(sorted(codes.items())),
        "wrong": len(wrong),
        "first_wrong": wrong[:10],
        "valid_beside": len(beside.seconds),
        "valid_refused": len(beside.errors),
        "first_refused": beside.errors[:5],
        "valid_slowest_ms": round(max(beside.seconds) * 1e3, 1),
        "longest_pause_of_the_machine_s": round(clock.longest_pause, 1),
        "server_alive": alive,
        "failed": bool(wrong or beside.errors) or not alive,
    }


def swaps(options: Options, folder: pathlib.Path) -> dict[str, Any]:
    """New versions appear under load; every request must be answered."""
    from serving_harness import Replies, encode, write_model

    clients = options.clients or 4
    rng = np.random.default_rng(options.seed)
    requests = [
        encode(rng.random((1, length, options.input_size), np.float32)) for length in (60, 120, 320)
    ]
    with server(
        options, folder, "--file_system_poll_wait_seconds=1", batching=options.batching
    ) as process:
        staged = [
            write_model(folder / "staged", number + 2, options.input_size, options.hidden_size)
            for number in range(2)
        ]
        replies = [Replies(process.address) for _ in range(clients)]
        done = threading.Event()
        taken: list[float] = []

        def work(number: int) -> None:
            if number < clients:
                place = number
                while not done.is_set():
                    replies[number].send(requests[place % len(requests)])
                    place += 1
                return
            from serving_harness import publish

            try:
                for version in range(2, options.swaps + 2):
                    begin = time.monotonic()
                    publish(staged[version % 2], folder / "dictsum" / str(version))
                    while not all(reply.versions[-1:] == [version] for reply in replies):
                        if time.monotonic() - begin > 120:
                            raise RuntimeError(
                                f"version {version} does not "
                                f"answer:\n{process.log.read_text()[-4000:]}"
                            )
                        time.sleep(0.02)
                    taken.append(time.monotonic() - begin)
            finally:
                done.set()

        together(clients + 1, work)
    errors = [error for reply in replies for error in reply.errors]
    backwards = sum(
        b < a for reply in replies for a, b in zip(reply.versions, reply.versions[1:], strict=False)
    )
    return {
        "clients": clients,
        "swaps": len(taken),
        "answered": sum(len(reply.seconds) for reply in replies),
        "errors": len(errors),
        "first_errors": errors[:5],
        "answers_of_an_older_version_after_a_newer": backwards,
        "seconds_until_all_clients_see_it": {
            "median": round(statistics.median(taken), 2),
            "max": round(max(taken), 2),
        },
        **quantiles([second for reply in replies for second in reply.seconds]),
        "failed": bool(errors or backwards) or len(taken) < options.swaps,
    }


def kill(options: Options, folder: pathlib.Path) -> dict[str, Any]:
    """kill -9 under load, and the time from a restart on the same ports to the first answer."""
    from serving_harness import EmbeddedServer, Replies, encode

    request = encode(np.zeros((1, options.length, options.input_size), np.float32))
    with server(options, folder) as process:
        client = Replies(process.address)
        client.send(request)
        threading.Timer(0.5, process.kill).start()
        while not client.errors:
            client.send(request)
        died = client.errors[0].partition(":")[0]
        client.close()
        begin = time.monotonic()
        flags = ("--model_name=dictsum", f"--model_base_path={folder / 'dictsum'}")
        with EmbeddedServer(*flags, ports=process.ports, wait="") as again:
            while True:
                client = Replies(again.address)
                if client.send(request) is not None:
                    break
                client.close()
                if time.monotonic() - begin > 120:
                    raise RuntimeError(f"no answer after the restart:\n{again.log.read_text()}")
                time.sleep(0.02)
            seconds = time.monotonic() - begin
    return {
        "code_when_killed": died,
        "seconds_until_answered": round(seconds, 2),
        "failed": seconds > options.restart_limit or died != "UNAVAILABLE",
    }


def main(argv: list[str]) -> int:
    """Prints the measurement; 1 if something failed that must not."""
    if argv[1:]:
        raise UserError(
            f"unexpected argument {argv[1]!r}; everything is given by flags, see --help."
        )
    options = cli.from_flags(Options)
    load_tensorflow()
    modes = {
        "overhead": overhead,
        "throughput": throughput,
        "soak": soak,
        "malformed": malformed,
        "swaps": swaps,
        "kill": kill,
    }
    with tempfile.TemporaryDirectory() as folder:
        report = modes[options.mode](options, pathlib.Path(folder))
    common = {
        "mode": options.mode,
        "hidden_size": options.hidden_size,
        "input_size": options.input_size,
    }
    print(json.dumps(common | report))
    return int(report["failed"])


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
