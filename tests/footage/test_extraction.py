"""Decoding beside inference; agreement with reference features of real films."""

import threading
import time
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest
from clips import number_of, write_clip

from tf_dictsum.extractors.extractor import Extractor, make_extractor
from tf_dictsum.extractors.googlenet import INPUT_SIZE
from tf_dictsum.footage import extraction as pipeline
from tf_dictsum.util.errors import UserError
from tf_dictsum.video.crop import Crop
from tf_dictsum.video.reader import VideoFile


def means(size=16):
    """An extractor that gives the mean colour of the crop."""
    inputs = keras.Input((size, size, 3))
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(inputs))
    return Extractor(
        model, Crop(size, size), network="mean", layer="rgb", preprocessing="none", weights=""
    )


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_rows_are_the_sampled_frames_in_order(tmp_path, batch_size):
    path = write_clip(tmp_path / "a.mp4", 300, fps=25)
    seen = []
    found = pipeline.extract(
        VideoFile(path), means(), 2.0, batch_size=batch_size, progress=seen.append
    )
    frames = list(VideoFile(path).sampled_frames(2.0, Crop(16, 16)))
    assert found.picks.tolist() == [frame.number for frame in frames]
    assert found.timeline.n_frames == 300
    assert found.features.dtype == np.float32
    np.testing.assert_allclose(
        found.features, [frame.rgb.mean(axis=(0, 1)) for frame in frames], rtol=1e-5
    )
    assert seen == sorted(seen)
    assert seen[-1] == frames[-1].seconds


def test_an_error_while_decoding_is_raised_here():
    def broken(fps, crop, after):
        yield from ((n, n / 2, np.zeros((16, 16, 3), np.uint8)) for n in range(3))
        raise UserError("a.mp4: gone")

    with pytest.raises(UserError, match=r"a.mp4: gone"):
        pipeline.extract(SimpleNamespace(sampled_frames=broken), means(), batch_size=2)
    assert "decode" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_error_here_ends_the_decoding(error):
    closed = []

    def endless(fps, crop, after):
        try:
            while True:
                yield 0, 0.0, np.zeros((16, 16, 3), np.uint8)
        finally:
            closed.append(True)

    def stop(seconds):
        raise error

    with pytest.raises(error):
        pipeline.extract(
            SimpleNamespace(sampled_frames=endless), means(), batch_size=2, progress=stop
        )
    assert "decode" not in [thread.name for thread in threading.enumerate()]
    assert closed == [True]


def test_it_does_not_decode_far_ahead():
    given = []

    def counted(fps, crop, after):
        for number in range(400):
            given.append(number)
            yield number, float(number), np.zeros((16, 16, 3), np.uint8)

    lead = []

    def look(seconds):
        time.sleep(0.002)
        lead.append(len(given) - seconds)

    video = SimpleNamespace(sampled_frames=counted, timeline=1, changes=1)
    pipeline.extract(video, means(), batch_size=4, progress=look)
    assert max(lead) <= 6 * 4


def test_the_record(weights_file):
    extractor = make_extractor(weights=str(weights_file))
    assert extractor.size == 1024
    record = extractor.record(2)
    assert record == {
        "network": "bvlc_googlenet",
        "layer": "pool5",
        "preprocessing": "FFmpeg bicubic to short side 256, centre crop 224, BGR minus (104, 117, 123)",  # noqa: E501
        "weights": record["weights"],
        "fps": 2.0,
    }
    assert len(record["weights"]) == 64


@pytest.mark.parametrize(("container", "codec"), [("mp4", "libx264"), ("avi", "mpeg4")])
def test_a_pass_goes_on_where_another_stopped(tmp_path, container, codec):
    """Bit for bit as a whole one; where the file has timestamps to seek by, the beginning is not
    decoded again.
    """
    path = write_clip(tmp_path / f"a.{container}", 400, fps=25, codec=codec, options={"g": "25"})
    whole = pipeline.extract(VideoFile(path), means(), batch_size=4)
    parts = []

    def stop(seconds):
        if seconds > 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.extract(VideoFile(path), means(), batch_size=4, progress=stop, keep=parts.append)
    (part,) = parts
    assert len(part.picks) == 20
    video, read = VideoFile(path), []
    inner = video._decoded
    video._decoded = lambda seek=None: (read.append(1) or frame for frame in inner(seek))
    found = pipeline.extract(video, means(), batch_size=4, part=part, keep=parts.append)
    for name in ("features", "picks", "looks", "changes"):
        np.testing.assert_array_equal(getattr(found, name), getattr(whole, name), err_msg=name)
    np.testing.assert_array_equal(found.timeline.ticks, whole.timeline.ticks)
    assert (found.timeline.start, found.timeline.exact) == (
        whole.timeline.start,
        whole.timeline.exact,
    )
    assert len(read) < 250 or container == "avi"
    assert len(parts) == 1


@pytest.fixture(scope="module")
def bvlc(shared):
    return make_extractor(weights=str(shared / "weights" / "bvlc_googlenet_pool5_hwio.npz"))


def agreement(shared, extractor, key, seconds=None):
    """Cosines between our features of a film and the reference's; asserts that the picks are
    equal.
    """
    with h5py.File(shared / "data" / "real_films_google_pool5.h5") as file:
        film, picks, expected = (
            file[key].attrs["file"],
            file[key]["picks"][()],
            file[key]["features"][()],
        )
        n_frames = int(file[key]["n_frames"][()])
    found = pipeline.extract(VideoFile(shared / "videos" / "public" / film), extractor)
    np.testing.assert_array_equal(found.picks, picks)
    assert found.timeline.n_frames == n_frames
    norms = np.linalg.norm(found.features, axis=1) * np.linalg.norm(expected, axis=1)
    return (found.features * expected).sum(axis=1) / norms


def test_features_of_a_real_film_agree_with_the_reference(shared, bvlc):
    cosine = agreement(shared, bvlc, "video_6")
    assert np.median(cosine) >= 0.999
    assert cosine.min() >= 0.99


@pytest.mark.slow
def test_features_of_all_films_agree_with_the_reference(shared, bvlc):
    cosine = np.concatenate([agreement(shared, bvlc, f"video_{n}") for n in range(1, 8)])
    assert len(cosine) == 2054
    assert np.median(cosine) >= 0.999
    assert cosine.min() >= 0.99


@pytest.mark.parametrize("make", ["black", "static"])
def test_videos_without_change(tmp_path, weights_file, make):
    def still(number, width, height):
        return np.full((height, width, 3), 0 if make == "black" else 120, np.uint8)

    path = write_clip(tmp_path / "a.mp4", 75, fps=25, make=still)
    found = pipeline.extract(VideoFile(path), make_extractor(weights=str(weights_file)))
    assert found.features.shape == (6, 1024)
    assert np.isfinite(found.features).all()
    np.testing.assert_allclose(
        found.features,
        found.features[:1].repeat(6, axis=0),
        atol=1e-3 * np.abs(found.features).max(),
    )


def test_the_crop_is_what_the_network_reads(tmp_path):
    path = write_clip(tmp_path / "a.mp4", 1, width=INPUT_SIZE, height=INPUT_SIZE)
    frame = next(iter(VideoFile(path).sampled_frames(2.0, Crop(INPUT_SIZE, INPUT_SIZE))))
    assert number_of(frame.rgb) == 0
