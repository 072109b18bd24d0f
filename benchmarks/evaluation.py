"""How long an evaluation takes on one core: all videos, and many draws of random scores.

    python benchmarks/evaluation.py --datasets=summe.h5,tvsum.h5 [--draws=1000] [--repeats=3]

Measures, per dataset: reading the file, then F against every user and rank correlation with every
annotator of one system (the median of the repeats), then as many draws of random scores with the
same measures. One JSON line. One thread does all the work (so do matrix products here); `*_s` are
seconds of wall clock, `*_cpu_s` those that the thread had a core, for a busy machine.
"""

import dataclasses
import json
import platform
import statistics
import time
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from tf_dictsum.baselines.random_scores import random_measures
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.metrics.averages import average
from tf_dictsum.metrics.evaluation import METRICS, VideoMeasures, evaluate_video
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError

PROTOCOLS = ("f", "rank")


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    datasets: str = cli.option("demo", "dataset files, comma-separated")
    draws: int = cli.option(1000, "draws of random scores", lower_bound=1)
    repeats: int = cli.option(3, "repeats of the evaluation", lower_bound=1)


def main(argv: list[str]) -> None:
    """Prints the line."""
    del argv
    options = cli.from_flags(Options)
    paths = [path for path in options.datasets.split(",") if path]
    if not paths:
        raise UserError("--datasets is empty.")
    with threadpool_limits(1):
        rows = [measure(path, options) for path in paths]
    report = {
        "benchmark": "evaluation",
        "threads": 1,
        "machine": platform.machine(),
        "datasets": rows,
        "random_draws": options.draws,
        "random_s": round(sum(row["random_s"] for row in rows), 2),
        "random_cpu_s": round(sum(row["random_cpu_s"] for row in rows), 2),
    }
    print(json.dumps(report))


def measure(path: str, options: Options) -> dict[str, Any]:
    """One dataset."""
    start = time.perf_counter()
    dataset = load_dataset(path, need_features=False)
    read = time.perf_counter() - start
    scores = {
        key: np.random.default_rng(0).random(video.n_steps) for key, video in dataset.videos.items()
    }
    # Features would add the representation error; what is timed here are the measures against
    # people.
    videos = {
        key: dataclasses.replace(video, features=None) for key, video in dataset.videos.items()
    }
    seconds, cpu = [], []
    for _ in range(options.repeats):
        start, cpu_start = time.perf_counter(), time.process_time()
        results = {key: evaluate_video(scores[key], video) for key, video in videos.items()}
        average({k: result.metrics() for k, result in results.items()}, [list(videos)], METRICS)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - cpu_start)
    start, cpu_start = time.perf_counter(), time.process_time()
    for video in videos.values():
        random_measures(VideoMeasures(video, protocols=PROTOCOLS), options.draws)
    return {
        "dataset": dataset.name,
        "videos": len(videos),
        "read_s": round(read, 3),
        "evaluate_s": round(statistics.median(seconds), 3),
        "evaluate_cpu_s": round(statistics.median(cpu), 3),
        "random_s": round(time.perf_counter() - start, 2),
        "random_cpu_s": round(time.process_time() - cpu_start, 2),
    }


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
