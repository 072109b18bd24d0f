"""Small generated videos whose frames say their own number, in black and white blocks that survive
any codec.
"""

import pathlib
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np

BITS, BLOCK = 10, 16


def picture(number, width=160, height=96, seed=0):
    """uint8 [height, width, 3]: a smooth scene that changes with `number` // 20; below, the number
    in binary.
    """
    rng = np.random.default_rng([seed, number // 20])
    colours = rng.integers(40, 215, (2, 2, 3))
    y, x = np.linspace(0, 1, height)[:, None, None], np.linspace(0, 1, width)[None, :, None]
    top = colours[0, 0] * (1 - x) + colours[0, 1] * x
    bottom = colours[1, 0] * (1 - x) + colours[1, 1] * x
    image = (top * (1 - y) + bottom * y).astype(np.uint8)
    for bit in range(min(BITS, width // BLOCK)):
        image[-BLOCK:, bit * BLOCK : (bit + 1) * BLOCK] = 255 if number >> bit & 1 else 0
    return image


def number_of(image):
    """The number that a decoded picture says."""
    bits = image.shape[1] // BLOCK
    row = image[-BLOCK // 2, BLOCK // 2 :: BLOCK].mean(axis=-1)[: min(BITS, bits)]
    return sum(1 << bit for bit, value in enumerate(row) if value > 128)


def write_clip(
    path: pathlib.Path,
    frames=60,
    fps=30,
    codec="libx264",
    pixels="yuv420p",
    width=160,
    height=96,
    ticks: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    rotation: tuple[int, bool] | None = None,
    aspect: Fraction | None = None,
    audio=0,
    options: dict[str, str] | None = None,
    make=picture,
):
    """Writes a video.

    Args:
      ticks: presentation times in `time_base`; None: a constant frame rate.
      rotation: degrees counterclockwise and whether it is mirrored after that, for the display
        matrix.
      aspect: of the pixels.
      audio: number of audio tracks.
      make: number, width, height -> picture.

    Returns:
      `path`.
    """
    time_base = time_base or Fraction(1, 1) / Fraction(fps).limit_denominator(1001)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            codec, rate=Fraction(fps).limit_denominator(1001), options=options or {}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        stream.codec_context.time_base = time_base
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation[0], hflip=rotation[1])
        sounds = [container.add_stream("aac", rate=8000, layout="mono") for _ in range(audio)]
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(
                make(number, width, height), format="rgb24"
            ).reformat(format=pixels)
            frame.pts = number if ticks is None else ticks[number]
            frame.time_base = time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        for sound in sounds:
            for number in range(max(frames * 8000 // int(fps) // 1024, 1)):
                block = av.AudioFrame.from_ndarray(
                    np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
                )
                block.sample_rate, block.pts, block.time_base = (
                    8000,
                    number * 1024,
                    Fraction(1, 8000),
                )
                container.mux(sound.encode(block))
            container.mux(sound.encode())
    return path
