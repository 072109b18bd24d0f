"""How long the files of a summary take to write, per minute of video and per minute of clip.

    python benchmarks/render.py --video=FILE [--ratio=0.15] [--shot_seconds=4] [--repeats=3]

The video is read first (not counted: `summarize` does it for the features); then evenly spaced
shots of equal length are written `--repeats` times with all other files. Prints the medians as one
JSON line.
"""

import dataclasses
import json
import pathlib
import statistics
import tempfile
import time

import numpy as np

from tf_dictsum.render.outputs import DEFAULT_KINDS, write_outputs
from tf_dictsum.summary.summary import KeyFrame, Segment, VideoSummary
from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.video.info import Timeline
from tf_dictsum.video.reader import VideoFile
from tf_dictsum.video.sampling import picks_of


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    video: str = cli.option("", "the video")
    ratio: float = cli.option(
        0.15, "part of it that the clip fills", lower_bound=0.0, upper_bound=1.0
    )
    shot_seconds: float = cli.option(4.0, "length of a chosen shot", lower_bound=0.1)
    repeats: int = cli.option(3, "how often everything is written", lower_bound=1)


def summary_of(video: VideoFile, line: Timeline, options: Options) -> VideoSummary:
    """Evenly spaced shots, with the sampled frame nearest to the middle of each as its key
    frame.
    """
    length = max(int(options.shot_seconds * line.fps), 1)
    count = max(int(options.ratio * line.n_frames) // length, 1)
    starts = np.linspace(0, line.n_frames - length, count).astype(int).tolist()
    seconds, ends = line.seconds, line.ends
    picks = picks_of(line.ticks, line.time_base, 2.0)
    segments = tuple(
        Segment(n, a, a + length - 1, float(seconds[a]), float(ends[a + length - 1]), 0.5)
        for n, a in enumerate(starts)
    )
    middles = [
        int(picks[np.argmin(np.abs(picks - (s.start_frame + s.end_frame) / 2))]) for s in segments
    ]
    return VideoSummary(
        video=str(video.path),
        name="benchmark",
        fps=line.fps,
        n_frames=line.n_frames,
        duration=float(ends[-1]),
        start_time=float(line.start * line.time_base),
        width=video.info.width,
        height=video.info.height,
        picks=picks,
        pick_seconds=seconds[picks],
        scores=np.random.default_rng(0).random(len(picks)),
        change_points=np.array([[s.start_frame, s.end_frame] for s in segments]),
        shot_seconds=np.array([[s.start, s.end] for s in segments]),
        shot_scores=np.full(len(segments), 0.5),
        segments=segments,
        key_frames=tuple(
            KeyFrame(n, frame, float(seconds[frame]), n - 1, 0.5)
            for n, frame in enumerate(middles, 1)
        ),
        budget=count * length,
        budget_text=f"{options.ratio:.0%} of the video",
        rule="evenly spaced",
        method="none",
        method_text="Evenly spaced shots, for timing.",
        model="",
        extractor={},
    )


def main(argv: list[str]) -> None:
    """Measures."""
    options = cli.from_flags(Options)
    if not options.video:
        raise UserError("--video=FILE is needed.")
    video = VideoFile(options.video)
    began = time.perf_counter()
    line = video.scan()
    reading = time.perf_counter() - began
    summary = summary_of(video, line, options)
    times: dict[str, list[float]] = {}
    size = 0
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.repeats):
            for kind in DEFAULT_KINDS:
                began = time.perf_counter()
                files = write_outputs(summary, folder, [kind], timeline=line)
                times.setdefault(kind, []).append(time.perf_counter() - began)
                size = files[0].stat().st_size if kind == "mp4" else size
            began = time.perf_counter()
            write_outputs(summary, folder, timeline=line)
            times.setdefault("all", []).append(time.perf_counter() - began)
    medians = {kind: statistics.median(values) for kind, values in times.items()}
    minutes = summary.duration / 60
    report = {
        "video": pathlib.Path(options.video).name,
        "size": f"{summary.width}x{summary.height}",
        "fps": round(summary.fps, 3),
        "seconds_of_video": round(summary.duration, 1),
        "seconds_of_clip": round(summary.summary_duration, 1),
        "shots": len(summary.segments),
        "decode_whole_video_s": round(reading, 2),
        "seconds": {kind: round(value, 2) for kind, value in medians.items()},
        "all_per_minute_of_video_s": round(medians["all"] / minutes, 2),
        "clip_per_minute_of_video_s": round(medians["mp4"] / minutes, 2),
        "clip_frames_per_second": round(summary.summary_frames / medians["mp4"], 1),
        "clip_megabytes_per_minute": round(size / 1e6 / (summary.summary_duration / 60), 2),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    cli.define_flags(Options)
    cli.run(main)
