"""Blank, faded and blurred pictures stand for nothing while there are others: generated footage,
read from a file.
"""

import numpy as np
import pytest
from clips import write_clip
from PIL import Image, ImageDraw, ImageFilter

from tf_dictsum.footage.extraction import extract
from tf_dictsum.footage.footage import Footage
from tf_dictsum.render.fonts import font
from tf_dictsum.summary.budget import Budget
from tf_dictsum.summary.quality import qualities
from tf_dictsum.summary.selectors import Representative, Trained
from tf_dictsum.summary.summarizing import summarize
from tf_dictsum.video.crop import Crop
from tf_dictsum.video.reader import VideoFile

WIDTH, HEIGHT = 320, 180


def scene(seed, number=0):
    """A picture with detail, as cameras make them; it moves slowly."""
    rng = np.random.default_rng(seed)
    small = rng.integers(0, 255, (23, 40, 3)).astype(np.uint8)
    big = np.asarray(Image.fromarray(small).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    grain = rng.normal(0, 12, (HEIGHT, WIDTH, 1))
    picture = np.clip(big * 0.6 + 50 + grain, 0, 255).astype(np.uint8)
    return np.roll(picture, number // 3, axis=1)


def plain(level):
    return np.full((HEIGHT, WIDTH, 3), level, np.uint8)


def bars(_):
    colours = [(192, 192, 192), (192, 192, 0), (0, 192, 192), (0, 192, 0)]
    colours += [(192, 0, 192), (192, 0, 0), (0, 0, 192)]
    picture = np.repeat(np.array(colours, np.uint8), -(-WIDTH // 7), axis=0)[:WIDTH]
    picture = np.repeat(picture[None], HEIGHT, axis=0)
    picture[HEIGHT * 3 // 4 :] = picture[HEIGHT * 3 // 4 :, ::-1] // 2
    return picture


def credits(number):
    image = Image.new("RGB", (WIDTH, HEIGHT), "black")
    draw = ImageDraw.Draw(image)
    for line in range(6):
        draw.text(
            (90, 200 - number % 75 + 26 * line), "Directed by Somebody", fill="white", font=font(13)
        )
    return np.asarray(image)


def faded(seed, number, part):
    return (scene(seed, number) * max(1 - part * 1.05, 0)).astype(np.uint8)


def blurred(seed, number):
    image = Image.fromarray(scene(seed, number)).filter(ImageFilter.BoxBlur(14))
    return np.asarray(image)


BLANK = {
    "black": lambda n: plain(0),
    "white": lambda n: plain(255),
    "grey": lambda n: plain(120),
    "bars": bars,
    "credits": credits,
}


def means(pictures):
    """Stands in for a network: colours of 4 x 4 fields."""
    fields = pictures.reshape(len(pictures), 4, 56, 4, 56, 3).mean(axis=(2, 4))
    return fields.reshape(len(pictures), -1).astype(np.float32)


means.crop = Crop()  # type: ignore[attr-defined]


def footage(path, make, frames):
    write_clip(path, frames, fps=25, width=WIDTH, height=HEIGHT, make=lambda n, w, h: make(n))
    video = VideoFile(path)
    seen = extract(video, means)
    return Footage(
        str(path),
        "v",
        WIDTH,
        HEIGHT,
        seen.timeline,
        seen.picks,
        seen.features,
        {},
        changes=seen.changes,
        looks=seen.looks,
    )


SELECTORS = [Representative(), Trained(lambda rows: np.full(len(rows), 0.5), "m", "", "")]


@pytest.mark.parametrize("selector", SELECTORS, ids=["representative", "model"])
@pytest.mark.parametrize("kind", BLANK)
def test_a_blank_shot_never_enters_while_others_fit(tmp_path, kind, selector):
    """Three seconds of it before the film, two within, three after."""

    def make(number):
        if number < 75 or 200 <= number < 250 or number >= 425:
            return BLANK[kind](number)
        return scene(1 + (number >= 250) + (number >= 340), number)

    video = footage(tmp_path / "v.mp4", make, 500)
    good = [*range(75, 200), *range(250, 425)]
    for budget in (Budget(), Budget(seconds=6), Budget(seconds=5, key_frames=4)):
        found = summarize(video, selector, budget)
        frames = [f for s in found.segments for f in range(s.start_frame, s.end_frame + 1)]
        assert set(frames) <= set(good)
        assert {k.frame for k in found.key_frames} <= set(good)
        assert len(frames) >= 0.97 * found.budget
    found = summarize(video, selector, Budget(ratio=0.9))  # now there is nothing else left
    assert found.summary_frames >= 0.97 * found.budget


def test_faded_frames_are_not_key_frames(tmp_path):
    def make(number):
        shot, place = divmod(number, 75)
        return faded(shot, number, max(place - 30, 0) / 45)

    video = footage(tmp_path / "v.mp4", make, 225)
    for selector in SELECTORS:
        for count in (None, 3):
            found = summarize(video, selector, Budget(seconds=4, key_frames=count))
            assert {k.frame % 75 < 50 for k in found.key_frames} == {True}


def test_blurred_frames_are_not_key_frames(tmp_path):
    """Of every second half is motion-blurred."""

    def make(number):
        shot = number // 75
        return blurred(shot, number) if number % 25 < 13 else scene(shot, number)

    video = footage(tmp_path / "v.mp4", make, 225)
    soft = [k for k, pick in enumerate(video.picks) if pick % 25 < 13]
    quality = qualities(video.looks, video.picks, np.array([[0, 74], [75, 149], [150, 224]]))
    assert quality[soft].max() < 0.5
    assert np.delete(quality, soft).min() > 0.9
    for selector in SELECTORS:
        found = summarize(video, selector, Budget(seconds=4))
        assert not {k.frame for k in found.key_frames} & set(video.picks[soft].tolist())


def test_a_flash_is_no_key_frame_and_no_cut(tmp_path):
    def make(number):
        return plain(255) if number in (50, 51) else scene(7, number)

    video = footage(tmp_path / "v.mp4", make, 150)
    found = summarize(video, SELECTORS[1], Budget(ratio=0.9))
    assert len(found.change_points) == 1
    assert 50 in video.picks
    assert 50 not in {k.frame for k in found.key_frames}


def test_nothing_but_blank_frames_is_a_summary_too(tmp_path):
    video = footage(tmp_path / "v.mp4", lambda n: plain(0), 100)
    assert qualities(video.looks, video.picks, np.array([[0, 99]])).tolist() == [1.0] * 8
    found = summarize(video, Representative(), Budget())
    assert found.segments
    assert found.key_frames


def test_real_footage_is_not_blank(shared):
    """Of 2,054 sampled frames of seven films few are; those of an empty road and of white sky."""
    blank = total = 0
    for film in sorted((shared / "videos" / "public").glob("*.mp4")):
        video = VideoFile(film)
        seen = extract(video, means)
        shots = np.array([[0, seen.timeline.n_frames - 1]])
        blank += int((qualities(seen.looks, seen.picks, shots) == 0).sum())
        total += len(seen.picks)
    assert total == 2054
    assert blank <= 15
