import os
import shutil
import sys
from fractions import Fraction

import av
import numpy as np
import pytest
from clips import number_of, picture, write_clip

from tf_dictsum.util.errors import UserError
from tf_dictsum.video.info import Timeline
from tf_dictsum.video.reader import VideoFile
from tf_dictsum.video.sampling import picks_of

KINDS = {
    "mp4, B-frames": ("a.mp4", {}),
    "matroska": ("a.mkv", {}),
    "transport stream": ("a.ts", {}),
    "avi, B-frames": ("a.avi", {}),
    "raw h264": ("a.h264", {"fps": 25}),
    "avi, mpeg4": ("a.avi", {"codec": "mpeg4"}),
    "quicktime, mjpeg": ("a.mov", {"codec": "mjpeg", "pixels": "yuvj420p"}),
    "webm, vp9": (
        "a.webm",
        {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}},
    ),
    "hevc, 10 bit": (
        "a.mp4",
        {"codec": "libx265", "pixels": "yuv420p10le", "options": {"x265-params": "log-level=none"}},
    ),
    "lossless rgb": ("a.mkv", {"codec": "ffv1", "pixels": "bgr0"}),
    "odd size, 4:4:4": ("a.mp4", {"pixels": "yuv444p", "width": 161, "height": 97}),
    "120 fps": ("a.mp4", {"fps": 120}),
    "29.97 fps": ("a.mp4", {"fps": 30000 / 1001}),
    "two audio tracks": ("a.mp4", {"audio": 2}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_sampled_frames_are_the_ones_nearest_in_time(tmp_path, kind):
    name, options = KINDS[kind]
    path = write_clip(tmp_path / name, 70, **options)
    video = VideoFile(path)
    assert video.info.frame_count is None
    found = list(video.sampled_frames(4.0))
    fps = options.get("fps", 30)
    expected = picks_of(np.arange(70), 1 / Fraction(fps).limit_denominator(1001), 4.0)
    assert [number for number, _, _ in found] == expected.tolist()
    assert [number_of(rgb) for _, _, rgb in found] == expected.tolist()
    np.testing.assert_allclose([seconds for _, seconds, _ in found], expected / fps, atol=2e-3)
    assert found[0].rgb.shape == (options.get("height", 96), options.get("width", 160), 3)
    assert found[0].rgb.dtype == np.uint8
    assert video.info.frame_count == video.timeline.n_frames == 70
    assert video.info.average_fps == pytest.approx(fps, rel=1e-3)
    assert len(video.info.audio_streams) == options.get("audio", 0)
    assert video.problem is None


def test_gif(tmp_path):
    path = write_clip(tmp_path / "a.gif", 30, fps=10, codec="gif", pixels="rgb8")
    found = list(VideoFile(path).sampled_frames(2.0))
    assert [f.number for f in found] == [number_of(f.rgb) for f in found] == [0, 5, 10, 15, 20, 25]


def test_variable_frame_rate(tmp_path):
    gaps = np.random.default_rng(3).choice([1, 3, 12], 69)
    ticks = np.cumsum([0, *gaps])
    path = write_clip(tmp_path / "a.mp4", 70, ticks=ticks.tolist(), time_base=Fraction(1, 30))
    video = VideoFile(path)
    found = list(video.sampled_frames(2.0))
    expected = picks_of(ticks, Fraction(1, 30), 2.0)
    assert [f.number for f in found] == [number_of(f.rgb) for f in found] == expected.tolist()
    np.testing.assert_allclose(video.timeline.seconds, ticks / 30, atol=1e-9)


@pytest.mark.parametrize("degrees", [0, 90, 180, -90])
@pytest.mark.parametrize("mirrored", [False, True])
def test_orientation(tmp_path, degrees, mirrored):
    path = write_clip(tmp_path / "a.mp4", 3, rotation=(degrees, mirrored))
    expected = np.rot90(picture(1), degrees // 90)
    expected = expected[:, ::-1] if mirrored else expected
    video = VideoFile(path)
    rgb = next(iter(video.frames([1]))).rgb
    assert (video.info.width, video.info.height) == (rgb.shape[1], rgb.shape[0])
    assert np.abs(rgb.astype(int) - expected).mean() < 8
    assert video.info.mirrored is mirrored


def test_pixels_that_are_not_square(tmp_path):
    wide = VideoFile(write_clip(tmp_path / "wide.mp4", 2, aspect=Fraction(4, 3)))
    assert (wide.info.width, wide.info.height, wide.info.pixel_aspect) == (213, 96, Fraction(4, 3))
    assert next(iter(wide.frames([0]))).rgb.shape == (96, 213, 3)
    high = VideoFile(write_clip(tmp_path / "high.mp4", 2, aspect=Fraction(1, 2)))
    assert (high.info.width, high.info.height) == (160, 192)


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("long") / "a.mp4", 800, fps=10, options={"g": "40"})


def test_frames_by_number(long_clip):
    whole, known = VideoFile(long_clip), VideoFile(long_clip)
    known.scan()
    wanted = [3, 4, 300, 301, 799, 450]
    found = list(whole.frames(wanted))
    assert [f.number for f in found] == [number_of(f.rgb) for f in found] == sorted(wanted)
    assert whole.timeline is None  # nothing made it decode everything
    for a, b in zip(found, known.frames(wanted), strict=True):
        assert (a.number, a.seconds) == (b.number, b.seconds)
        np.testing.assert_array_equal(a.rgb, b.rgb)
    assert [number_of(f.rgb) for f in known.frames(range(200, 204))] == [200, 201, 202, 203]
    assert list(known.frames([])) == []


def test_far_frames_are_sought(long_clip, monkeypatch):
    video = VideoFile(long_clip)
    video.scan()
    decoded = []
    real = VideoFile._decoded

    def count(self, seek=None):
        for frame in real(self, seek):
            decoded.append(frame.pts)
            yield frame

    monkeypatch.setattr(VideoFile, "_decoded", count)
    assert [number_of(f.rgb) for f in video.frames([790])] == [790]
    assert len(decoded) < 60


def test_a_wrong_timeline_does_not_give_wrong_frames(long_clip):
    """Where the file does not seek as the timeline says, everything is decoded instead."""
    line = VideoFile(long_clip).scan()
    video = VideoFile(long_clip, Timeline(line.ticks, line.time_base, line.start + 1, True))
    assert [number_of(f.rgb) for f in video.frames([700])] == [700]


def test_no_such_frame(long_clip):
    for video in (VideoFile(long_clip), VideoFile(long_clip)):
        with pytest.raises(UserError, match=r"a.mp4: has no frame 800 \(it has 800\)"):
            list(video.frames([5, 800]))
        video.scan()
    with pytest.raises(UserError, match=r"has no frame 801"):
        list(video.frames([801]))
    with pytest.raises(ValueError, match="negative frame number -1"):
        list(video.frames([-1]))


def test_a_broken_tail_is_used_up_to_the_break(tmp_path, caplog):
    path = write_clip(
        tmp_path / "a.mp4", 200, fps=25, options={"movflags": "faststart"}, make=noise
    )
    with (
        av.open(str(path), options={}) as source,
        av.open(str(tmp_path / "first.mp4"), "w", options={"movflags": "faststart"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    content = (tmp_path / "first.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(content[: len(content) * 55 // 100])
    video = VideoFile(tmp_path / "cut.mp4")
    found = list(video.sampled_frames(2.0))
    assert 0 < video.info.frame_count < 200
    assert video.info.frame_count // 12.5 <= len(found) <= video.info.frame_count // 12.5 + 1
    assert video.problem
    assert "cut.mp4: " in caplog.text
    assert f"used are the {video.info.frame_count} frames" in caplog.text
    assert "of the 8.0 s that its header says" in caplog.text


def noise(number, width, height):
    return np.random.default_rng(number).integers(0, 255, (height, width, 3), np.uint8)


def test_cut_before_the_index(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 30)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 6 // 10])
    with pytest.raises(UserError, match=r"a.mp4: its index \(moov\) is missing"):
        VideoFile(path)


def test_what_is_no_video(tmp_path):
    with pytest.raises(UserError, match=r"none.mp4: no such file"):
        VideoFile(tmp_path / "none.mp4")
    with pytest.raises(UserError, match=r"a directory, expected a video file"):
        VideoFile(tmp_path)
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(UserError, match=r"empty.mp4: an empty file \(0 bytes\)"):
        VideoFile(tmp_path / "empty.mp4")
    (tmp_path / "text.mp4").write_text("this is no video. " * 50)
    with pytest.raises(
        UserError,
        match=r"text.mp4: not a video that FFmpeg can read \(Invalid data.*begins with b'this is '",
    ):
        VideoFile(tmp_path / "text.mp4")


def test_no_video_stream(tmp_path):
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        for number in range(9):
            block = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
            )
            block.sample_rate, block.pts = 8000, number * 1024
            container.mux(stream.encode(block))
        container.mux(stream.encode())
    with pytest.raises(
        UserError, match=r"sound.mp4: has no video stream \(it has 1 audio stream\)"
    ):
        VideoFile(path)


def test_a_cover_picture_is_no_video(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 160, 96, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        for number in range(9):
            block = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
            )
            block.sample_rate, block.pts = 8000, number * 1024
            container.mux(stream.encode(block))
        container.mux(stream.encode())
        container.mux(
            cover.encode(
                av.VideoFrame.from_ndarray(picture(3), format="rgb24").reformat(format="yuvj420p")
            )
        )
        container.mux(cover.encode())
    with pytest.raises(
        UserError,
        match=r"song.mp4: has no video stream \(it has 1 audio stream and a cover picture\)",
    ):
        VideoFile(path)


def test_damage_in_the_middle_does_not_end_it(tmp_path, caplog):
    path = write_clip(tmp_path / "a.ts", 200, fps=25, make=noise, options={"g": "20"})
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40_000] = bytes(40_000)
    path.write_bytes(content)
    video = VideoFile(path)
    found = list(video.sampled_frames(2.0))
    assert 100 < video.info.frame_count <= 200
    assert video.timeline.seconds[-1] > 7.5  # the end is there
    assert found[-1].seconds > 7.0


@pytest.mark.parametrize(
    "name",
    [
        "a:b.mp4",
        "Ferien in Österreich – 日本.mp4",
        "%d 100%.mp4",
        "-x.mp4",
        "new\nline.mp4",
        "b\udcff.mp4",
    ],
)
def test_names(tmp_path, name):
    write_clip(tmp_path / "a.mp4", 3)
    try:
        shutil.move(tmp_path / "a.mp4", tmp_path / name)
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system does not take such a name")
    assert len(list(VideoFile(tmp_path / name).sampled_frames())) == 1
    os.truncate(tmp_path / name, 0)
    with pytest.raises(UserError) as caught:
        VideoFile(tmp_path / name)
    assert "\n" not in str(caught.value)
    str(caught.value).encode()


def test_without_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(
        UserError, match=r"reading video needs PyAV .*pip install 'tf-dictsum\[video\]'"
    ):
        VideoFile(tmp_path / "a.mp4")


ODD = {  # frames that decode; size as shown
    "animated.gif": (60, 320, 180),
    "hevc_10bit.mp4": (450, 640, 360),
    "nine_frames_0.3s.mp4": (9, 640, 360),
    "odd_size_yuv444.mp4": (150, 321, 181),
    "one_frame.mp4": (1, 640, 360),
    "rotated_displaymatrix.mp4": (360, 640, 360),
    "truncated_moov_first.mp4": (1516, 640, 360),
    "vfr.mp4": (529, 640, 360),
    "vp9.webm": (450, 640, 360),
}
REFUSED = {
    "audio_only.mp4": "no video stream",
    "text_renamed.mp4": "not a video",
    "truncated_no_moov.mp4": "index",
    "zero_byte.mp4": "empty file",
}


@pytest.mark.parametrize("name", ODD)
def test_odd_files(shared, name):
    video = VideoFile(shared / "videos" / "odd" / name)
    line = video.scan()
    assert (line.n_frames, video.info.width, video.info.height) == ODD[name]
    assert (video.problem is not None) == (name == "truncated_moov_first.mp4")
    assert line.exact


@pytest.mark.parametrize("name", REFUSED)
def test_odd_files_that_are_refused(shared, name):
    with pytest.raises(UserError, match=f"{name}: .*{REFUSED[name]}"):
        VideoFile(shared / "videos" / "odd" / name)
