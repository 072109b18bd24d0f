"""Hard cuts, to the frame: generated changes, generated videos, real films with known joins."""

import csv

import numpy as np
import pytest
from clips import picture, write_clip
from hypothesis import given, settings
from hypothesis import strategies as st

from tf_dictsum.shots.cuts import hard_cuts, snap_shots
from tf_dictsum.video.reader import VideoFile


def changes(n, at=(), by=60.0, noise=1.0):
    values = noise * np.random.default_rng(0).random(n)
    values[list(at)] = by
    return values


def test_a_change_that_stands_alone_is_a_cut():
    assert hard_cuts(changes(100, [30, 60]), 30).tolist() == [30, 60]
    assert hard_cuts(changes(100, [30], by=6.0), 30).tolist() == []
    assert hard_cuts(changes(100, [1, 99]), 30).tolist() == [1, 99]


def test_a_flash_a_dissolve_and_motion_are_none():
    assert hard_cuts(changes(100, [30, 31]), 30).tolist() == []  # a white frame
    assert hard_cuts(changes(100, [30, 32]), 30).tolist() == []
    assert hard_cuts(changes(100, range(30, 45), by=20.0), 30).tolist() == []
    assert hard_cuts(changes(100, range(100), by=30.0), 30).tolist() == []
    # 10 pictures a second shown at 60: every sixth frame changes
    assert hard_cuts(changes(300, range(0, 300, 6), by=20.0), 60).tolist() == []


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_frames(n):
    assert hard_cuts(np.zeros(n), 25).tolist() == []


def test_boundaries_go_to_the_cuts():
    picks = np.arange(0, 300, 15)
    shots = np.array([[0, 44], [45, 149], [150, 299]])
    moved = snap_shots(shots, picks, np.array([40, 200]))
    assert moved.tolist() == [[0, 39], [40, 149], [150, 199], [200, 299]]
    moved = snap_shots(shots, picks, np.array([40, 200]), add=False)
    assert moved.tolist() == [[0, 39], [40, 149], [150, 299]]
    assert snap_shots(shots, picks, np.zeros(0, int)) is not None
    # a cut at the very sampled frame, and one a step beside it
    assert snap_shots(shots, picks, np.array([45, 160])).tolist() == [
        [0, 44],
        [45, 159],
        [160, 299],
    ]


def test_a_shot_without_a_sampled_frame_is_none():
    picks = np.arange(0, 300, 15)
    whole = np.array([[0, 299]])
    assert snap_shots(whole, picks, np.array([61, 70, 298])).tolist() == [[0, 60], [61, 299]]
    # of a cut and a boundary that is none, the cut stays
    shots = np.array([[0, 29], [30, 299]])
    assert snap_shots(shots, picks, np.array([50])).tolist() == [[0, 29], [30, 49], [50, 299]]


@settings(max_examples=100, deadline=None)
@given(
    st.integers(2, 40),
    st.integers(1, 20),
    st.sets(st.integers(1, 700)),
    st.sets(st.integers(1, 39)),
    st.booleans(),
)
def test_what_holds_always(steps, gap, cuts, starts, add):
    picks, n_frames = np.arange(steps) * gap, steps * gap
    first = np.array([0, *sorted(s * gap for s in starts if s < steps)])
    shots = np.stack([first, np.append(first[1:], n_frames) - 1], axis=1)
    exact = np.array(sorted(c for c in cuts if c < n_frames), np.int64)
    moved = snap_shots(shots, picks, exact, add=add)
    assert (moved[0, 0], moved[-1, 1]) == (0, n_frames - 1)
    np.testing.assert_array_equal(moved[1:, 0], moved[:-1, 1] + 1)
    assert (np.diff(np.searchsorted(picks, [moved[:, 0], moved[:, 1] + 1]), axis=0) > 0).all()
    assert set(moved[1:, 0]) <= {*exact.tolist(), *first.tolist()}
    np.testing.assert_array_equal(snap_shots(moved, picks, exact, add=add), moved)


@pytest.mark.parametrize(
    ("codec", "pixels"),
    [("libx264", "yuv420p"), ("libx265", "yuv420p10le"), ("libx264", "yuv444p"), ("gif", "pal8")],
)
def test_cuts_of_a_video_in_any_format(tmp_path, codec, pixels):
    cuts = [17, 44, 71]

    def make(number, width, height):
        scene = picture(20 * int(np.searchsorted(cuts, number, side="right")), width, height)
        return np.roll(scene, number, axis=1)  # it moves all the time

    if codec == "gif":
        path = write_clip(tmp_path / "a.gif", 90, fps=20, codec="gif", pixels="rgb8", make=make)
    else:
        path = write_clip(tmp_path / "a.mp4", 90, fps=25, codec=codec, pixels=pixels, make=make)
    video = VideoFile(path)
    line = video.scan()
    assert hard_cuts(video.changes, line.fps).tolist() == cuts


def test_cuts_of_real_films_to_the_frame(shared):
    """148 of 149 joins; the other frames are cuts inside the clips and one sudden move."""
    hit = joins = others = 0
    for film in sorted((shared / "videos" / "public").glob("*.mp4")):
        with open(film.with_suffix(".cuts.csv"), encoding="utf-8") as file:
            expected = {int(row["start_frame"]) for row in csv.DictReader(file)} - {0}
        video = VideoFile(film)
        line = video.scan()
        cuts = set(hard_cuts(video.changes, line.fps).tolist())
        hit, joins = hit + len(cuts & expected), joins + len(expected)
        others += len(cuts - expected)
    assert joins == 149
    assert hit >= 0.95 * joins
    assert (hit, others) == (148, 4)
