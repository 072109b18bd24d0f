import numpy as np
import pytest
from clips import write_clip
from PIL import Image

from tf_dictsum.video.crop import Crop
from tf_dictsum.video.reader import VideoFile


def first(path, crop=None):
    return next(iter(VideoFile(path).sampled_frames(2.0, crop))).rgb


@pytest.mark.parametrize(
    ("width", "height"), [(160, 96), (96, 160), (640, 360), (321, 181), (100, 100)]
)
def test_centre_of_the_resized_picture(tmp_path, width, height):
    path = write_clip(
        tmp_path / "a.mp4", 1, width=width, height=height, pixels="yuv444p", options={"crf": "1"}
    )
    crop = Crop(64, 72)
    found = first(path, crop)
    wide, high = crop.scaled(width, height)
    assert min(wide, high) == 72
    assert max(wide, high) == int(72 * max(width, height) / min(width, height) + 0.5)
    whole = np.asarray(
        Image.fromarray(first(path)).resize((wide, high), Image.Resampling.BICUBIC)
    ).astype(int)
    left, top = round((wide - 64) / 2), round((high - 64) / 2)
    assert found.shape == (64, 64, 3)
    assert np.abs(found - whole[top : top + 64, left : left + 64]).mean() < 3


@pytest.mark.parametrize("degrees", [90, 180, -90])
@pytest.mark.parametrize("mirrored", [False, True])
def test_turned_pictures_are_cropped_upright(tmp_path, degrees, mirrored):
    turned = write_clip(tmp_path / "a.mp4", 1, rotation=(degrees, mirrored), pixels="yuv444p")
    shown = first(turned)

    def upright(number, width, height):
        return shown

    plain = write_clip(
        tmp_path / "b.mp4",
        1,
        width=shown.shape[1],
        height=shown.shape[0],
        pixels="yuv444p",
        make=upright,
    )
    difference = np.abs(first(turned, Crop(64, 72)).astype(int) - first(plain, Crop(64, 72)))
    assert difference.mean() < 4


def test_extreme_shapes_stay_small():
    assert Crop().scaled(4000, 2) == (16384, 256)
    assert Crop().scaled(1, 4000) == (256, 16384)
    assert Crop().scaled(640, 360) == (455, 256)
    assert str(Crop()) == "FFmpeg bicubic to short side 256, centre crop 224"
