"""Small generated videos whose pictures say their frame number and whose sound says the time."""

import pathlib
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np

BITS = 12
RATE = 48000


def number_picture(number: int, width: int, height: int) -> np.ndarray:
    """uint8 [height, width, 3]: `number` in 12 black or white blocks (4 x 3, lowest bit at the top
    left) on grey.
    """
    picture = np.full((height, width, 3), 128, np.uint8)
    for bit in range(BITS):
        row, column = divmod(bit, 4)
        top, left = (row * height) // 3, (column * width) // 4
        bottom, right = ((row + 1) * height) // 3, ((column + 1) * width) // 4
        margin = 2
        picture[top + margin : bottom - margin, left + margin : right - margin] = (
            235 if number >> bit & 1 else 20
        )
    return picture


def read_number(picture: np.ndarray) -> int:
    """The number of a picture made by `number_picture`, whatever codec it went through."""
    height, width = picture.shape[:2]
    number = 0
    for bit in range(BITS):
        row, column = divmod(bit, 4)
        middle = picture[(2 * row + 1) * height // 6, (2 * column + 1) * width // 8].mean()
        assert abs(middle - 128) > 40, f"bit {bit} cannot be read: {middle}"
        number |= int(middle > 128) << bit
    return number


def beeps(seconds: float, rate: int = RATE, frequency: float = 1000.0) -> np.ndarray:
    """float32 [samples]: 20 ms of a tone at every whole second, silence between."""
    time = np.arange(round(seconds * rate)) / rate
    return np.where(time % 1 < 0.02, 0.8 * np.sin(2 * np.pi * frequency * (time % 1)), 0).astype(
        np.float32
    )


def make_video(
    path: pathlib.Path,
    n_frames: int = 60,
    fps: int | Fraction = 30,
    size: tuple[int, int] = (128, 96),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    ticks: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    sounds: Sequence[np.ndarray] = (),
    languages: Sequence[str] = (),
    audio_codec: str = "aac",
    rate: int = RATE,
    rotation: int = 0,
    gop: int = 12,
    aspect: Fraction | None = None,
    options: dict[str, str] | None = None,
) -> pathlib.Path:
    """Writes a video of numbered frames.

    Args:
      ticks: presentation time of every frame in `time_base`; None: constant frame rate.
      sounds: one track each, float32 [samples] or [channels, samples].
      rotation: degrees counterclockwise that players turn the picture by (it is stored turned the
        other way).
    """
    time_base = time_base or 1 / Fraction(fps)
    ticks = range(n_frames) if ticks is None else ticks
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=fps, options=options or {})
        assert isinstance(stream, av.VideoStream)
        turned = rotation % 180 != 0
        stream.width, stream.height = size[::-1] if turned else size
        stream.pix_fmt = pix_fmt
        stream.codec_context.time_base = time_base
        stream.codec_context.gop_size = gop
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        tracks = []
        for number, sound in enumerate(sounds):
            layout = "mono" if sound.ndim == 1 or len(sound) == 1 else "stereo"
            track = output.add_stream(audio_codec, rate=rate, layout=layout)
            assert isinstance(track, av.AudioStream)
            if number < len(languages):
                track.metadata["language"] = languages[number]
            tracks.append((track, np.atleast_2d(sound), layout))
        for number in range(n_frames):
            picture = np.ascontiguousarray(np.rot90(number_picture(number, *size), -rotation // 90))
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = ticks[number], time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        for track, sound, layout in tracks:
            size_of = track.codec_context.frame_size or 1024
            wanted = track.codec_context.format.name
            resampler = av.AudioResampler(format=wanted, layout=layout, rate=rate)
            for place in range(0, sound.shape[1], size_of):
                part = np.ascontiguousarray(sound[:, place : place + size_of])
                block = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
                block.sample_rate, block.pts, block.time_base = rate, place, Fraction(1, rate)
                for converted in resampler.resample(block):
                    output.mux(track.encode(converted))
            output.mux(track.encode(None))
    return path


def numbers_of(path: pathlib.Path) -> list[int]:
    """The number of every decoded frame, in order."""
    with av.open(str(path)) as container:
        return [
            read_number(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)
        ]


def times_of(path: pathlib.Path) -> list[Fraction]:
    """When every decoded frame is shown, in seconds."""
    with av.open(str(path)) as container:
        frames = container.decode(video=0)
        return [Fraction(frame.pts or 0) * (frame.time_base or 0) for frame in frames]


def sound_of(path: pathlib.Path, track: int = 0) -> tuple[np.ndarray, int, float]:
    """(float32 [channels, samples], rate, seconds at which the first sample is heard) of an audio
    track.
    """
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=track))
        parts = [frame.to_ndarray() for frame in frames]
        assert all(frame.format.name == "fltp" for frame in frames)
        return (
            np.concatenate(parts, axis=1),
            frames[0].sample_rate,
            float((frames[0].pts or 0) * (frames[0].time_base or 0)),
        )


def onsets(samples: np.ndarray, rate: int, level: float = 0.1) -> list[float]:
    """Seconds at which sound begins after at least 0.1 s without."""
    loud = np.flatnonzero(np.abs(samples) > level)
    if not len(loud):
        return []
    first = np.flatnonzero(np.diff(loud) > 0.1 * rate) + 1
    return [loud[0] / rate, *(loud[first] / rate)]
