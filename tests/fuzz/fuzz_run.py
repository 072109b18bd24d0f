"""Feeds damaged files to the readers and counts what comes of them.

    python tests/fuzz/fuzz_run.py                        2,000 inputs for every reader, as in CI
    python tests/fuzz/fuzz_run.py --count=100000         on demand
    python tests/fuzz/fuzz_run.py --reader=hdf5 --seed=7 --keep=found/

Every input is made from (seed, reader, number), so that a failure can be made again. It counts as
right when the reader raises UserError with one line, or returns something that the reader's own
check accepts. Anything else is a failure:
another exception, a crash, more than ten seconds, or more memory than ten times the file and 200
MB.
"""

import argparse
import collections
import dataclasses
import hashlib
import json
import mmap
import os
import pathlib
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
import traceback

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

_SECONDS = 10.0
_SPARE = 200 << 20
_STATE = struct.Struct("<qqq")  # the input that is being read, clear errors and results so far


@dataclasses.dataclass
class Counts:
    """What came of the inputs of one reader."""

    errors: int = 0
    results: int = 0
    failures: list[dict] = dataclasses.field(default_factory=list)
    seconds: float = 0.0


def input_of(reader: str, seed: int, number: int) -> bytes:
    """The bytes of one input."""
    from fuzz_mutations import mutated
    from fuzz_readers import reader_of, seeds_of

    rng = random.Random(f"{seed} {reader} {number}")
    return mutated(seeds_of(reader), rng, text=reader_of(reader).text)


def fuzz(reader: str, count: int, seed: int = 0, keep: pathlib.Path | None = None) -> Counts:
    """Runs inputs 0 to count - 1 of a reader in child processes; a crash or a hang costs one
    input, not the run.
    """
    counts, start, begin = Counts(), 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder, "place")
        place.write_bytes(_STATE.pack(-1, 0, 0))
        while start < count:
            start = _child(reader, start, count, seed, pathlib.Path(folder), place, counts)
    counts.seconds = time.monotonic() - begin
    for failure in counts.failures:
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            content = input_of(reader, seed, failure["number"])
            keep.joinpath(f"{reader}-{hashlib.sha256(content).hexdigest()[:12]}").write_bytes(
                content
            )
    return counts


def _child(reader, start, count, seed, folder, place, counts) -> int:
    out = folder / "out"
    command = [sys.executable, __file__, "--worker", reader, str(start), str(count), str(seed)]
    with open(out, "w+") as log:
        child = subprocess.Popen([*command, str(folder)], stdout=log, stderr=subprocess.STDOUT)
        at, since, hung = -1, time.monotonic() + 120, False  # more for imports
        while child.poll() is None:
            time.sleep(0.02)
            now, _, _ = _STATE.unpack(place.read_bytes())
            if now != at:
                at, since = now, time.monotonic()
            elif time.monotonic() - since > _SECONDS:
                child.kill()
                child.wait()
                hung = True
    lines = out.read_text(errors="replace").splitlines()
    at, counts.errors, counts.results = _STATE.unpack(place.read_bytes())
    for line in lines:
        if line.startswith("@"):
            counts.failures.append(json.loads(line[1:]))
    if child.returncode == 0 and not hung:
        return count
    if at < start:
        raise RuntimeError(f"{reader}: the worker did not start:\n" + "\n".join(lines[-20:]))
    what = "hang" if hung else f"crash ({child.returncode})"
    tail = " | ".join(lines[-3:])[-300:]
    counts.failures.append({"failure": what, "number": at, "text": tail})
    return at + 1


def _work(reader: str, start: int, count: int, seed: int, folder: pathlib.Path) -> None:
    import warnings

    from fuzz_readers import reader_of

    from tf_dictsum.util.errors import UserError

    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    found = reader_of(reader)
    found.warm(folder)
    input_of(reader, seed, 0)  # the seeds, which may take imports, count for no input
    with open(folder / "place", "r+b") as handle, mmap.mmap(handle.fileno(), _STATE.size) as place:
        _, errors, results = _STATE.unpack(place)
        for number in range(start, count):
            place[:] = _STATE.pack(number, errors, results)
            content = input_of(reader, seed, number)
            path = folder / found.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            before = _peak(reset=True)
            failure = ""
            try:
                found.check(found.read(path))
                kind = "result"
            except UserError as error:
                kind, text = "error", str(error)
                if "\n" in text or len(text) > 2000:
                    failure = f"a message of {len(text)} characters"
            except BaseException as error:
                failure = type(error).__name__
                text = "".join(traceback.format_exception(error)[-3:])[-600:]
            used = _peak() - before
            if not failure and used > 10 * len(content) + _SPARE:
                failure, text = "memory", f"{used >> 20} MiB for {len(content)} bytes"
            if failure:
                print(
                    "@" + json.dumps({"failure": failure, "number": number, "text": text}),
                    flush=True,
                )
            else:
                errors, results = errors + (kind == "error"), results + (kind == "result")
        place[:] = _STATE.pack(count, errors, results)


def _peak(reset: bool = False) -> int:
    """Bytes of resident memory: the most since the last reset."""
    if reset:
        with open("/proc/self/clear_refs", "w") as handle:
            handle.write("5")
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) << 10


def main() -> int:
    from fuzz_readers import READERS

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reader", default="", help="one of them; without it: all")
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", default="", help="folder for inputs that fail")
    options = parser.parse_args()
    bad = 0
    print("| reader | inputs | clear error | result | failures | s |\n|---|---|---|---|---|---|")
    for name in [options.reader] if options.reader else READERS:
        counts = fuzz(
            name, options.count, options.seed, pathlib.Path(options.keep) if options.keep else None
        )
        bad += len(counts.failures)
        row = (name, options.count, counts.errors, counts.results, len(counts.failures))
        print("| " + " | ".join(map(str, row)) + f" | {counts.seconds:.0f} |", flush=True)
        kinds = collections.Counter(
            (f["failure"], (f["text"].strip().splitlines() or [""])[-1][:100])
            for f in counts.failures
        )
        for kind, number in kinds.most_common(12):
            one = next(
                f["number"]
                for f in counts.failures
                if f["failure"] == kind[0] and kind[1] in f["text"]
            )
            print(f"    {number} x {kind} (such as input {one})", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    if sys.argv[1:2] == ["--worker"]:
        reader, start, count, seed, folder = sys.argv[2:]
        _work(reader, int(start), int(count), int(seed), pathlib.Path(folder))
    else:
        sys.exit(main())
