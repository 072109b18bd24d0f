"""Clips and key frames of real footage: every frame compared with the frame of the video that it
must be.
"""

import itertools
import pathlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from summary_examples import make_summary

av = pytest.importorskip("av", reason="PyAV (extra video) is not installed")

from tf_dictsum.render.outputs import write_outputs  # noqa: E402
from tf_dictsum.video.info import Timeline  # noqa: E402
from tf_dictsum.video.reader import VideoFile  # noqa: E402

pytestmark = pytest.mark.slow

PUBLIC = ["action", "animals", "beach_drone", "lobby", "signs", "stage_and_space", "street"]
MOVING = {
    f"public/{film}.mp4" for film in ("action", "animals", "street")
}  # enough for neighbouring frames to differ clearly
ODD = [
    "animated.gif",
    "hevc_10bit.mp4",
    "nine_frames_0.3s.mp4",
    "odd_size_yuv444.mp4",
    "one_frame.mp4",
    "rotated_displaymatrix.mp4",
    "truncated_moov_first.mp4",
    "vfr.mp4",
    "vp9.webm",
]


def small(picture: np.ndarray) -> np.ndarray:
    """float [36, 64, 3]"""
    return np.asarray(Image.fromarray(picture).resize((64, 36), Image.Resampling.BOX), np.float64)


def clip_pictures(path: pathlib.Path) -> Iterator[tuple[float, np.ndarray]]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield float(frame.pts * frame.time_base), frame.to_ndarray(format="rgb24")


def some_shots(line: Timeline) -> tuple[list[tuple[int, int]], list[int]]:
    """Fifty shots of uneven length; three of them chosen, the first and the last among them."""
    edges = np.unique((np.linspace(0, 1, 51) ** 1.3 * line.n_frames).astype(int))
    shots = [(a, b - 1) for a, b in itertools.pairwise(edges.tolist())]
    return shots, sorted({0, len(shots) // 2, len(shots) - 1})


@pytest.mark.parametrize(
    "name", [*(f"public/{film}.mp4" for film in PUBLIC), *(f"odd/{file}" for file in ODD)]
)
def test_every_frame_of_the_clip_is_the_right_one(
    tmp_path: pathlib.Path, shared: pathlib.Path, name: str
):
    video = shared / "videos" / name
    file = VideoFile(video)
    line = file.scan()
    shots, chosen = some_shots(line)
    summary = make_summary(video, file.info, line, shots, chosen)
    files = write_outputs(summary, tmp_path, ["mp4", "keyframes"], timeline=line)
    numbers = [n for s in summary.segments for n in range(s.start_frame, s.end_frame + 1)]
    around = sorted({n + d for n in numbers for d in (-1, 0, 1) if 0 <= n + d < line.n_frames})
    video_pictures = {frame.number: small(frame.rgb) for frame in file.frames(around)}

    begins, place = {}, 0.0
    for segment in summary.segments:
        begins.update(
            {
                n: place + line.seconds[n] - segment.start
                for n in range(segment.start_frame, segment.end_frame + 1)
            }
        )
        place += segment.duration
    count, moving = 0, 0
    for number, (seconds, picture) in zip(numbers, clip_pictures(files[-1]), strict=True):
        assert seconds == pytest.approx(begins[number], abs=1e-4)
        height, width = picture.shape[:2]
        assert (width, height) == (
            file.info.width + file.info.width % 2,
            file.info.height + file.info.height % 2,
        )
        shown = small(picture[: file.info.height, : file.info.width])
        errors = {
            d: np.abs(shown - video_pictures[number + d]).mean()
            for d in (-1, 0, 1)
            if number + d in video_pictures
        }
        assert errors[0] < 4, f"frame {number}"
        steps = [
            np.abs(video_pictures[number] - video_pictures[number + d]).mean() for d in errors if d
        ]
        if steps and min(steps) > 2:  # where neighbours differ, the right one is the nearest
            assert errors[0] == min(errors.values()), f"frame {number}: {errors}"
            moving += 1
        count += 1
    assert count == summary.summary_frames
    assert moving > 10 or name not in MOVING

    for key, path in zip(summary.key_frames, files[:-1], strict=True):
        with Image.open(path) as image:
            assert image.size == (file.info.width, file.info.height)
            (frame,) = VideoFile(video).frames(
                [key.frame]
            )  # without a timeline: counted from the first frame
            assert (
                np.abs(np.asarray(image, np.float64) - frame.rgb).mean() < 6
            )  # what JPEG loses of dithered pictures (GIF)
