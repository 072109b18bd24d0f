"""The summary clip: which frames, when, with which sound."""

import pathlib
import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

av = pytest.importorskip("av", reason="PyAV (extra video) is not installed")

from made_video import RATE, beeps, make_video, numbers_of, onsets, sound_of, times_of  # noqa: E402

from tf_dictsum.render.clip import write_clip  # noqa: E402
from tf_dictsum.summary.summary import Segment  # noqa: E402
from tf_dictsum.util.errors import UserError  # noqa: E402
from tf_dictsum.video.info import Timeline  # noqa: E402
from tf_dictsum.video.reader import VideoFile  # noqa: E402

RANGES = [(25, 70), (71, 80), (140, 163)]


def segments_of(line: Timeline, ranges: list[tuple[int, int]]) -> list[Segment]:
    seconds, ends = line.seconds, line.ends
    return [
        Segment(n, a, b, float(seconds[a]), float(ends[b]), 0.5) for n, (a, b) in enumerate(ranges)
    ]


def clip_of(
    video: pathlib.Path, ranges: list[tuple[int, int]] = RANGES
) -> tuple[pathlib.Path, Timeline]:
    line = VideoFile(video).scan()
    out = video.with_name("out.mp4")
    write_clip(out, video, line, segments_of(line, ranges))
    return out, line


def numbers(ranges: list[tuple[int, int]]) -> list[int]:
    return [n for a, b in ranges for n in range(a, b + 1)]


def heard_where_it_should_be(
    out: pathlib.Path,
    line: Timeline,
    ranges: list[tuple[int, int]],
    track: int = 0,
    seconds: int = 20,
) -> None:
    """Every whole second of the video beeps within 3 ms of where the clip shows that second, and
    nothing else does.
    """
    wanted, offset = [], 0.0
    for first, last in ranges:
        begin, end = float(line.seconds[first]), float(line.ends[last])
        # A beep that is cut to less than 10 ms, or begins on the cut, may or may not count as one.
        wanted += [offset + s - begin for s in range(seconds) if begin + 0.005 < s < end - 0.01]
        offset += end - begin
    samples, rate, start = sound_of(out, track)
    assert start == 0
    assert samples.shape[1] / rate == pytest.approx(offset, abs=1024 / rate)
    found = onsets(samples[0], rate)
    assert len(wanted) > 0
    assert len(found) == len(wanted)
    assert np.abs(np.subtract(found, wanted)).max() < 0.003


def test_frames_times_and_sound(tmp_path: pathlib.Path):
    video = make_video(tmp_path / "in.mp4", 200, sounds=[beeps(7)])
    ranges = [*RANGES, (190, 199)]
    out, line = clip_of(video, ranges)
    assert numbers_of(out) == numbers(ranges)
    assert times_of(out) == [Fraction(n, 30) for n in range(len(numbers(ranges)))]
    heard_where_it_should_be(out, line, ranges)
    with av.open(str(out)) as clip:
        assert (clip.streams.video[0].width, clip.streams.video[0].height) == (128, 96)
        assert clip.streams.video[0].codec_context.name == "h264"
        assert clip.streams.audio[0].codec_context.name == "aac"
        assert clip.streams.video[0].duration * clip.streams.video[0].time_base == Fraction(
            len(numbers(ranges)), 30
        )
        keys = [frame.pts * frame.time_base for frame in clip.decode(video=0) if frame.key_frame]
    assert keys == [Fraction(n, 30) for n in (0, 46, 56, 80)]  # the beginning of every segment


def test_sound_goes_on_unchanged_within_a_segment(tmp_path: pathlib.Path):
    """A tone keeps its phase: no sample is lost, doubled or moved."""
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(7 * RATE) / RATE)).astype(np.float32)
    video = make_video(tmp_path / "in.mkv", 200, sounds=[tone], audio_codec="flac")
    out, line = clip_of(video, [(100, 160)])
    samples, rate, _ = sound_of(out)
    middle = slice(rate // 10, rate * 19 // 10)
    begin = float(line.seconds[100])
    wanted = 0.5 * np.sin(2 * np.pi * 440 * (np.arange(samples.shape[1]) / rate + begin))
    assert np.abs(samples[0] - wanted)[middle].max() < 0.04


VARIANTS: dict[str, dict[str, Any]] = {
    "odd size": {"size": (129, 97), "pix_fmt": "yuv444p"},
    "turned left": {"size": (96, 128), "rotation": 90},
    "turned right": {"size": (96, 128), "rotation": 270},
    "upside down": {"rotation": 180},
    "HEVC 10 bit": {
        "codec": "libx265",
        "pix_fmt": "yuv420p10le",
        "options": {"x265-params": "log-level=none"},
    },
    "120 fps": {"fps": 120},
    "29.97 fps": {"fps": Fraction(30000, 1001)},
    "long distance between key frames": {"gop": 250},
    "every frame a key frame": {"gop": 1},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_every_kind_of_picture(tmp_path: pathlib.Path, name: str):
    options: dict[str, Any] = {"size": (128, 96), **VARIANTS[name]}
    ranges = [*RANGES, (220, 280), (500, 560)] if name == "120 fps" else RANGES
    video = make_video(
        tmp_path / "in.mp4", 600 if name == "120 fps" else 200, sounds=[beeps(7)], **options
    )
    out, line = clip_of(video, ranges)
    assert numbers_of(out) == numbers(ranges)
    heard_where_it_should_be(out, line, ranges)
    with av.open(str(out)) as clip:
        stream = clip.streams.video[0]
        assert (stream.width, stream.height) == tuple(side + side % 2 for side in options["size"])
        assert stream.codec_context.pix_fmt == "yuv420p"
        times = [float(frame.pts * frame.time_base) for frame in clip.decode(video=0)]
    assert np.diff(times) == pytest.approx(float(1 / Fraction(options.get("fps", 30))), abs=1e-4)


def test_variable_frame_rate_stays_one(tmp_path: pathlib.Path):
    rng = np.random.default_rng(3)
    ticks = np.concatenate([[0], np.cumsum(rng.choice([33, 40, 120, 400], 199))])
    length = float(ticks[-1]) / 1000 + 1
    video = make_video(
        tmp_path / "in.mkv",
        200,
        ticks=ticks.tolist(),
        time_base=Fraction(1, 1000),
        sounds=[beeps(length)],
    )
    out, line = clip_of(video)
    assert line.ticks.tolist() == ticks.tolist()
    assert numbers_of(out) == numbers(RANGES)
    lengths = np.concatenate([np.diff(ticks)[a : b + 1] for a, b in RANGES])
    assert np.diff(np.array(times_of(out), float)) == pytest.approx(lengths[:-1] / 1000, abs=1e-6)
    with av.open(str(out)) as clip:
        stream = clip.streams.video[0]
        assert float(stream.duration * stream.time_base) == pytest.approx(
            lengths.sum() / 1000, abs=1e-6
        )
    heard_where_it_should_be(out, line, RANGES, seconds=int(length))


CONTAINERS: dict[str, dict[str, Any]] = {
    "mkv": {"suffix": "mkv", "audio_codec": "flac"},
    "webm": {
        "suffix": "webm",
        "codec": "libvpx-vp9",
        "audio_codec": "libopus",
        "options": {"deadline": "realtime", "cpu-used": "8"},
    },
    "ts": {"suffix": "ts", "audio_codec": "mp2"},
    "mov": {"suffix": "mov", "audio_codec": "pcm_s16le"},
    "avi": {"suffix": "avi", "codec": "mpeg4", "audio_codec": "pcm_s16le"},
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers(tmp_path: pathlib.Path, name: str):
    options: dict[str, Any] = {**CONTAINERS[name]}
    video = make_video(tmp_path / f"in.{options.pop('suffix')}", 200, sounds=[beeps(7)], **options)
    out, line = clip_of(video)
    assert numbers_of(out) == numbers(RANGES)
    heard_where_it_should_be(out, line, RANGES)


def test_no_sound(tmp_path: pathlib.Path):
    out, _ = clip_of(make_video(tmp_path / "in.mp4", 200))
    assert numbers_of(out) == numbers(RANGES)
    with av.open(str(out)) as clip:
        assert not clip.streams.audio


def test_all_tracks_stay_with_their_languages(tmp_path: pathlib.Path):
    stereo = np.stack([beeps(7), np.zeros(7 * RATE, np.float32)])
    late = np.where(np.arange(7 * RATE) < 2.5 * RATE, 0, beeps(7)).astype(np.float32)
    video = make_video(tmp_path / "in.mp4", 200, sounds=[stereo, late], languages=["fin", "deu"])
    out, line = clip_of(video)
    with av.open(str(out)) as clip:
        assert [stream.language for stream in clip.streams.audio] == ["fin", "deu"]
        assert [stream.channels for stream in clip.streams.audio] == [2, 1]
    heard_where_it_should_be(out, line, RANGES)
    left, right = sound_of(out)[0]
    assert np.abs(left).max() > 0.5 > 0.05 > np.abs(right).max()
    samples, rate, _ = sound_of(out, 1)
    assert onsets(samples[0], rate) == pytest.approx([56 / 30 + 5 - 140 / 30], abs=0.003)


def test_sound_shorter_than_the_video_becomes_silence(tmp_path: pathlib.Path):
    out, _ = clip_of(make_video(tmp_path / "in.mp4", 200, sounds=[beeps(2.5)]))
    samples, rate, _ = sound_of(out)
    assert samples.shape[1] / rate == pytest.approx(80 / 30, abs=1024 / rate)
    assert onsets(samples[0], rate) == pytest.approx([1 - 25 / 30, 2 - 25 / 30], abs=0.003)


def test_rates_that_aac_lacks(tmp_path: pathlib.Path):
    out, line = clip_of(
        make_video(
            tmp_path / "in.mkv", 200, sounds=[beeps(7, 18900)], audio_codec="pcm_s16le", rate=18900
        )
    )
    heard_where_it_should_be(out, line, RANGES)
    assert sound_of(out)[1] == 48000


def test_picture_and_sound_that_begin_late(tmp_path: pathlib.Path):
    """The file's clock starts elsewhere, as in recordings of a broadcast."""
    video = make_video(
        tmp_path / "in.mkv",
        200,
        ticks=[1500 + n * 40 for n in range(200)],
        time_base=Fraction(1, 1000),
        sounds=[beeps(11)],
    )
    out, line = clip_of(video)
    assert line.start == 1500
    assert numbers_of(out) == numbers(RANGES)
    samples, rate, _ = sound_of(out)
    # 25 frames of 40 ms: the first segment begins at 2.5 s of the file's clock.
    assert onsets(samples[0], rate)[:2] == pytest.approx([0.5, 1.5], abs=0.003)


def test_pixels_that_are_not_square(tmp_path: pathlib.Path):
    out, _ = clip_of(make_video(tmp_path / "in.mp4", 200, aspect=Fraction(4, 3)))
    with av.open(str(out)) as clip:
        assert clip.streams.video[0].sample_aspect_ratio == Fraction(4, 3)
        assert clip.streams.video[0].width == 128


def test_colours_stay(tmp_path: pathlib.Path):
    """A full-range RGB source and a tagged BT.709 one show the same colour in the clip."""
    colour = np.array([200, 60, 30])
    for codec, pix_fmt, suffix in (
        ("libx264rgb", "rgb24", "mkv"),
        ("mjpeg", "yuvj420p", "avi"),
        ("libx264", "yuv420p", "mp4"),
    ):
        path = tmp_path / f"{codec}.{suffix}"
        with av.open(str(path), "w") as output:
            stream = output.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 64, pix_fmt
            for n in range(10):
                picture = np.broadcast_to(colour.astype(np.uint8), (64, 64, 3)).copy()
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pix_fmt)
                frame.pts = n
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        out, _ = clip_of(path, [(2, 6)])
        with av.open(str(out)) as clip:
            shown = next(clip.decode(video=0)).to_ndarray(format="rgb24")
        assert np.abs(shown.reshape(-1, 3).mean(axis=0) - colour).max() < 6, codec


def test_one_frame(tmp_path: pathlib.Path):
    out, _ = clip_of(make_video(tmp_path / "in.mp4", 1), [(0, 0)])
    assert numbers_of(out) == [0]


def test_timestamps_that_cannot_be_trusted_are_counted(tmp_path: pathlib.Path):
    video = make_video(tmp_path / "in.mp4", 200, sounds=[beeps(7)])
    line = VideoFile(video).scan()
    counted = Timeline(line.ticks, line.time_base, line.start, exact=False)
    write_clip(tmp_path / "out.mp4", video, counted, segments_of(line, RANGES))
    assert numbers_of(tmp_path / "out.mp4") == numbers(RANGES)


def test_progress_counts_frames(tmp_path: pathlib.Path):
    video = make_video(tmp_path / "in.mp4", 60)
    line = VideoFile(video).scan()
    steps: list[int] = []
    write_clip(
        tmp_path / "out.mp4",
        video,
        line,
        segments_of(line, [(3, 9), (30, 31)]),
        progress=steps.append,
    )
    assert sum(steps) == 9


def test_names_with_anything_in_them(tmp_path: pathlib.Path):
    for name in ("été 日本 & 'a' 100%d.mp4", "file:a?b#c.mp4", "\udcff.mp4"):
        folder = tmp_path / name[:-4]
        folder.mkdir()
        video = folder / name
        make_video(tmp_path / "plain.mp4", 30).rename(video)
        out, _ = clip_of(video, [(3, 9)])
        out.rename(tmp_path / "plain out.mp4")
        assert numbers_of(tmp_path / "plain out.mp4") == list(range(3, 10))


def test_interrupt_leaves_nothing(tmp_path: pathlib.Path):
    video = make_video(tmp_path / "in.mp4", 200, sounds=[beeps(7)])
    line = VideoFile(video).scan()
    (tmp_path / "out").mkdir()

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_clip(
            tmp_path / "out" / "out.mp4", video, line, segments_of(line, RANGES), progress=interrupt
        )
    assert list((tmp_path / "out").iterdir()) == []


def test_no_room_is_one_clear_line_and_leaves_nothing(tmp_path: pathlib.Path):
    """The operating system refuses to let files grow beyond 8 KiB, in a process of its own."""
    video = make_video(tmp_path / "in.mp4", 200, sounds=[beeps(7)])
    code = f"""
import resource, sys
sys.path.insert(0, {str(pathlib.Path(__file__).parent)!r})
sys.path.insert(0, {str(pathlib.Path(__file__).parents[1] / "helpers")!r})
from test_clip import *
line = VideoFile({str(video)!r}).scan()
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
try:
    write_clip({str(tmp_path / "out" / "out.mp4")!r}, {str(video)!r}, line, segments_of(line, RANGES))
except UserError as error:
    print(error)
    sys.exit(2)
"""  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 2, done.stderr
    assert "out.mp4: cannot write it: File too large" in done.stdout
    assert list((tmp_path / "out").iterdir()) == []


def test_a_video_that_lost_its_end_since_it_was_read(tmp_path: pathlib.Path):
    video = make_video(tmp_path / "in.mkv", 200)
    line = VideoFile(video).scan()
    data = video.read_bytes()
    video.write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match=r"in\.mkv: frame \d+ cannot be decoded.*Run it again"):
        write_clip(tmp_path / "out.mp4", video, line, segments_of(line, [(10, 199)]))
    assert not (tmp_path / "out.mp4").exists()


def test_no_segments(tmp_path: pathlib.Path):
    video = make_video(tmp_path / "in.mp4", 3)
    with pytest.raises(ValueError, match="no segments"):
        write_clip(tmp_path / "out.mp4", video, VideoFile(video).scan(), [])
