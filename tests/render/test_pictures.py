"""Key frames as files, storyboard, picture of the scores."""

import dataclasses
import pathlib
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from PIL import Image
from summary_examples import SHOTS, Material, make_summary

pytest.importorskip("av", reason="PyAV (extra video) is not installed")

from made_video import make_video, read_number

from tf_dictsum.render.pictures import Thumbnail, key_frame_pictures, remove_older_key_frames
from tf_dictsum.render.scores_plot import scores_figure, write_scores_plot
from tf_dictsum.render.storyboard import storyboard, write_storyboard
from tf_dictsum.summary.summary import KeyFrame, VideoSummary
from tf_dictsum.util.errors import UserError
from tf_dictsum.video.reader import VideoFile


def test_key_frames_are_the_right_frames(tmp_path: pathlib.Path, material: Material):
    steps: list[int] = []
    small = key_frame_pictures(
        material.summary, VideoFile(material.video, material.line), tmp_path, progress=steps.append
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "holiday-keyframe-001-00h00m02.000s.jpg",
        "holiday-keyframe-002-00h00m05.000s.jpg",
    ]
    for path, key in zip(sorted(tmp_path.iterdir()), material.summary.key_frames, strict=True):
        with Image.open(path) as picture:
            assert picture.size == (256, 144)
            assert picture.format == "JPEG"
            assert read_number(np.asarray(picture)) == key.frame
    assert [thumbnail.key for thumbnail in small] == list(material.summary.key_frames)
    assert sum(steps) == 2


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"size": (96, 128), "rotation": 90}, (96, 128)),
        ({"size": (96, 128), "rotation": 270}, (96, 128)),
        ({"size": (129, 97), "pix_fmt": "yuv444p"}, (129, 97)),
        ({"size": (96, 72), "aspect": Fraction(4, 3)}, (128, 72)),
        ({"size": (1280, 720)}, (1280, 720)),
    ],
)
def test_key_frames_are_upright_and_of_full_size(
    tmp_path: pathlib.Path, options: dict, size: tuple[int, int]
):
    file = VideoFile(make_video(tmp_path / "in.mp4", 20, **options))
    summary = make_summary(tmp_path / "in.mp4", file.info, file.scan(), [(0, 19)], [0])
    (small,) = key_frame_pictures(summary, file, tmp_path / "out")
    (path,) = (tmp_path / "out").iterdir()
    with Image.open(path) as picture:
        assert picture.size == size
        assert read_number(np.asarray(picture)) == summary.key_frames[0].frame
    assert max(small.picture.size) <= 640


def test_shots_may_have_a_sampled_frame_in_common(tmp_path: pathlib.Path, material: Material):
    keys = (
        KeyFrame(1, 15, 0.5, 0, 0.9),
        KeyFrame(2, 15, 0.5, 1, 0.9),
        KeyFrame(3, 30, 1.0, 2, 0.8),
    )
    small = key_frame_pictures(
        dataclasses.replace(material.summary, key_frames=keys),
        VideoFile(material.video, material.line),
        tmp_path,
    )
    assert [thumbnail.key for thumbnail in small] == list(keys)
    assert len(list(tmp_path.iterdir())) == 3


def test_key_frames_of_an_earlier_run_go(tmp_path: pathlib.Path, material: Material):
    ours = ["holiday-keyframe-001-00h00m02.000s.jpg", "holiday-keyframe-009-00h00m07.500s.jpg"]
    others = [
        "holiday-keyframe-1.jpg",
        "holiday2-keyframe-001-00h00m02.000s.jpg",
        "my-holiday-keyframe-001-00h00m02.000s.jpg",
        "a.txt",
    ]
    for name in ours + others:
        (tmp_path / name).write_text("x")
    remove_older_key_frames(tmp_path, material.summary)
    assert {path.name for path in tmp_path.iterdir()} == {ours[0], *others}


def test_a_folder_that_cannot_be_written(tmp_path: pathlib.Path, material: Material):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UserError, match=r"out.*cannot write it"):
        key_frame_pictures(
            material.summary, VideoFile(material.video, material.line), tmp_path / "out"
        )


def thumbnails_of(count: int, size: tuple[int, int]) -> list[Thumbnail]:
    rng = np.random.default_rng(1)
    return [
        Thumbnail(
            KeyFrame(n + 1, n * 15, n * 7.5, n, 0.5),
            Image.new("RGB", size, tuple(rng.integers(60, 255, 3).tolist())),
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (640, 50), (50, 640), (640, 640)])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 20, 300])
def test_a_storyboard_shows_every_key_frame(material: Material, size: tuple[int, int], count: int):
    thumbnails = thumbnails_of(count, size)
    sheet = storyboard(material.summary, thumbnails)
    assert 480 <= sheet.width <= 20_000
    assert sheet.height <= 30_000
    if count <= 20 and max(size) / min(size) < 2:
        assert 0.5 < sheet.width / sheet.height < 3.5
        assert sheet.width <= 1600
    if count <= 20:
        # Each colour fills a part of the sheet, all of them the same part.
        pixels: Any = np.asarray(sheet).astype(np.int16)
        areas = [
            (np.abs(pixels - thumbnail.picture.getpixel((0, 0))).sum(axis=2) < 3).sum()
            for thumbnail in thumbnails[:4]
        ]
        assert min(areas) > 0.5 * max(areas) > 500


def test_a_storyboard_has_readable_times(material: Material):
    """The number and the time are burnt into the lower left corner: white on dark, whatever the
    picture is.
    """
    for colour in ("white", "black", "#888888"):
        thumbnail = Thumbnail(KeyFrame(3, 900, 72.48, 1, 0.5), Image.new("RGB", (640, 360), colour))
        sheet = storyboard(material.summary, [thumbnail])
        corner = (
            np.asarray(sheet.crop((10, sheet.height - 10 - 36, 200, sheet.height - 10)))
            .astype(int)
            .sum(axis=2)
            / 3
        )
        assert (corner > 230).sum() > 300
        assert (corner < 80).sum() > 300


def test_storyboard_file(tmp_path: pathlib.Path, material: Material):
    summary = dataclasses.replace(material.summary, name="été 日本 " * 40, method_text="x" * 500)
    write_storyboard(tmp_path / "s.jpg", summary, thumbnails_of(3, (640, 360)))
    with Image.open(tmp_path / "s.jpg") as sheet:
        assert sheet.format == "JPEG"
    with pytest.raises(ValueError, match="no key frames"):
        storyboard(summary, [])


def green(picture: np.ndarray) -> np.ndarray:
    """bool [width]: where the upper part of the plot is shaded as chosen."""
    row = picture[60].astype(int)
    return (row[:, 1] - row[:, 0] > 20) & (row[:, 1] - row[:, 2] > 10)


def test_the_plot_shades_chosen_shots_where_they_are(tmp_path: pathlib.Path, material: Material):
    picture = scores_figure(dataclasses.replace(material.summary, key_frames=()))
    assert picture.shape == (400, 1200, 3)
    left, right = 0.05 * 1200, 0.985 * 1200
    seconds = (np.arange(1200) + 0.5 - left) / (right - left) * material.summary.duration
    wanted = np.zeros(1200, bool)
    for first, last in (SHOTS[1], SHOTS[3]):
        wanted |= (seconds >= first / 30) & (seconds < (last + 1) / 30)
    inside = (seconds > 0.1) & (seconds < material.summary.duration - 0.1)
    assert (green(picture) == wanted)[inside].mean() > 0.97
    write_scores_plot(tmp_path / "s.png", material.summary)
    with Image.open(tmp_path / "s.png") as written:
        assert written.format == "PNG"


def test_the_plot_takes_any_scores_and_any_name(material: Material):
    def plot(summary: VideoSummary, **changes: Any) -> np.ndarray:
        return scores_figure(dataclasses.replace(summary, **changes))

    flat = np.full(len(material.summary.scores), 0.5)
    assert plot(material.summary, scores=flat, segments=(), key_frames=()).std() > 5
    assert plot(material.summary, name="$x_{ 日本 \x00 " * 9, method_text="\n$y$ " * 99).std() > 5
    changes: dict[str, Any] = {
        "picks": np.array([0]),
        "pick_seconds": np.zeros(1),
        "scores": np.full(1, 0.3),
        "duration": 0.0,
        "n_frames": 1,
    }
    one = make_summary(None, None, material.line, [(0, 0)], [0], **changes)
    assert plot(one).std() > 2


def test_the_plot_leaves_no_pyplot_figures(material: Material):
    import matplotlib.pyplot as plt

    assert (scores_figure(material.summary) == scores_figure(material.summary)).all()
    assert plt.get_fignums() == []
