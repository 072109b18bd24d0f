"""Times feature extraction: the network alone, decoding alone, and both together. One JSON line.

python benchmarks/features.py --video=FILE.mp4 --weights=FILE
"""

import dataclasses
import json
import os
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.quiet import load_tensorflow


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    video: str = cli.option("", "the video to read")
    backbone: str = cli.option("googlenet", "the network")
    weights: str = cli.option("", "its weights")
    fps: float = cli.option(2.0, "sampled frames per second")
    batch_size: int = cli.option(16, "frames per call of the network", lower_bound=1)
    repeats: int = cli.option(3, "alternating rounds of the three timings", lower_bound=1)
    network_frames: int = cli.option(192, "frames of a round for the network alone", lower_bound=1)
    variants: bool = cli.option(
        False, "also time the network compiled by XLA and with other batch sizes"
    )


def main(argv: list[str]) -> None:
    """Prints the timings."""
    del argv
    options = cli.from_flags(Options)
    if not options.video:
        raise UserError("--video is missing, as in --video=film.mp4.")
    load_tensorflow()
    from tf_dictsum.extractors.extractor import make_extractor
    from tf_dictsum.footage.extraction import extract
    from tf_dictsum.video.reader import VideoFile

    extractor = make_extractor(options.backbone, options.weights)
    rounds: list[dict[str, float]] = []
    pictures = np.stack(
        [
            frame.rgb
            for frame, _ in zip(
                VideoFile(options.video).sampled_frames(2.0, extractor.crop),
                range(16),
                strict=False,
            )
        ]
    )
    pictures = np.resize(pictures, (options.batch_size, *pictures.shape[1:]))
    extractor(pictures)
    steps = 0
    video = VideoFile(options.video)
    for _ in range(options.repeats):
        video = VideoFile(options.video)
        jobs: dict[str, Callable[[], int]] = {
            "network": lambda: run_network(extractor, pictures, options.network_frames),
            "decode": lambda video=video: sum(
                1 for _ in video.sampled_frames(options.fps, extractor.crop)
            ),  # type: ignore[misc]
            "both": lambda: len(
                extract(
                    VideoFile(options.video), extractor, options.fps, batch_size=options.batch_size
                ).picks
            ),
        }
        found = {}
        for name, job in jobs.items():
            cpu, begin = time.process_time(), time.perf_counter()
            steps = job()
            found[name] = steps / (time.perf_counter() - begin)
            found[f"{name}_cpu_s"] = (time.process_time() - cpu) / steps
        rounds.append(found)
    speed = {
        name: statistics.median(r[name] for r in rounds) for name in ("network", "decode", "both")
    }
    assert video.timeline is not None
    seconds = float(video.timeline.ends[-1])
    report: dict[str, Any] = dataclasses.asdict(options) | {
        "cores": len(os.sched_getaffinity(0)),
        "frame": [video.info.width, video.info.height],
        "video_s": seconds,
        "steps": steps,
        "decoded_frames_per_s": video.timeline.n_frames * speed["decode"] / steps,
        "steps_per_s": speed,
        # Processor time does not depend on what else the machine does.
        "cpu_s_per_step": {
            name: statistics.median(r[f"{name}_cpu_s"] for r in rounds) for name in speed
        },
        "rounds": rounds,
        "both_over_network": statistics.median(r["both"] / r["network"] for r in rounds),
        "s_per_minute_of_video": steps / speed["both"] / seconds * 60,
    }
    if options.variants:
        report["variants"] = variants(extractor, pictures, options.network_frames)
    report["peak_memory_gib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps(report))


def run_network(run: Callable[[Any], Any], pictures: np.ndarray, frames: int) -> int:
    """Runs the network alone on about so many frames; returns how many it were."""
    count = max(frames // len(pictures), 1)
    for _ in range(count):
        run(pictures)
    return count * len(pictures)


def variants(extractor: Any, pictures: np.ndarray, frames: int) -> dict[str, float]:
    """Frames per second of the network run in other ways."""
    import tensorflow as tf

    found = {}
    for size in (1, 4, 8, 32, 64):
        batch = np.resize(pictures, (size, *pictures.shape[1:]))
        found[f"batch {size}"] = speed_of(extractor, batch, frames)
    compiled = tf.function(
        lambda x: extractor.model(tf.cast(x, tf.float32), training=False), jit_compile=True
    )
    found[f"XLA, batch {len(pictures)}"] = speed_of(
        lambda x: compiled(tf.constant(x)).numpy(), pictures, frames
    )
    return found


def speed_of(run: Callable[[Any], Any], pictures: np.ndarray, frames: int) -> float:
    """Frames per second, after a first call."""
    run(pictures)
    begin = time.perf_counter()
    return run_network(run, pictures, frames) / (time.perf_counter() - begin)


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
