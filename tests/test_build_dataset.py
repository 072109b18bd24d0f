"""The owners' releases become dataset files: real ones field by field, small ones of both MATLAB
formats, every mistake.
"""

import csv
import json
import logging
import os
import pathlib
import subprocess
import sys

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse
from mat_files import write_mat

from tf_dictsum.build_dataset import Options, build
from tf_dictsum.data.hdf5 import load_dataset, save_dataset
from tf_dictsum.releases.dataset import user_summaries
from tf_dictsum.releases.matlab import read_mat
from tf_dictsum.util.errors import UserError

BOTH = pytest.mark.parametrize("version", ["5", "7.3"])
TITLES = (
    "Air_Force_One",
    "Base jumping",
    "car",
)  # capitals come first, as in the field's numbering
FRAMES = (100, 61, 90)
POINTS = {
    "video_1": [[0, 29], [30, 39], [40, 99]],
    "video_2": [[0, 8], [9, 60]],
    "video_3": [[0, 9], [10, 19], [20, 89]],
}


def summe_video(n_frames, users=4, seed=0, **changes):
    scores = (np.random.default_rng(seed).random((n_frames, users)) < 0.3) * np.arange(1, users + 1)
    content = {
        "all_userIDs": ["ME", "UNI"],
        "nFrames": np.array([[n_frames]], np.uint16),
        "FPS": np.array([[25.0]]),
        "gt_score": scores.mean(axis=1, keepdims=True),
        "user_score": scores.astype(np.uint8),
    }
    return {name: value for name, value in {**content, **changes}.items() if value is not None}


def summe(folder, version="5"):
    folder.mkdir(exist_ok=True)
    for i, (title, n_frames) in enumerate(zip(TITLES, FRAMES, strict=True)):
        write_mat(folder / f"{title}.mat", summe_video(n_frames, users=3 + i, seed=i), version)
    (folder / "._car.mat").write_bytes(b"left by macOS")
    (folder / "readme.txt").write_text("not a video")
    return folder


def tvsum_rows():
    rows = []
    for i, (title, n_frames) in enumerate(
        zip(("-esJrBWj2d8", "0tmA_C6XwfM", "abc"), FRAMES, strict=True)
    ):
        scores = np.repeat(
            np.random.default_rng(i).integers(1, 6, (n_frames // 10 + 1, 5)), 10, axis=0
        )[:n_frames]
        rows.append(
            {
                "video": title,
                "category": "VT",
                "title": "a film",
                "length": np.array([[n_frames / 24]]),
                "nframes": np.array([[float(n_frames)]]),
                "user_anno": scores.astype(float),
                "gt_score": scores.mean(axis=1, keepdims=True),
            }
        )
    return rows


def tvsum(path, version="7.3", rows=None):
    return write_mat(path, {"tvsum50": tvsum_rows() if rows is None else rows}, version)


def points_file(path, points=POINTS, titles=None):
    """Change points in whichever form the suffix asks for; of two forms of .json, pairs."""
    named = {(titles or {}).get(key, key): value for key, value in points.items()}
    if path.suffix == ".json":
        path.write_text(json.dumps(named))
    elif path.suffix == ".csv":
        with open(path, "w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle)
            writer.writerow(["video", "first_frame", "last_frame"])
            writer.writerows([name, *pair] for name, pairs in named.items() for pair in pairs)
    elif path.suffix == ".mat":
        boundaries = [
            np.array([[first for first, _ in pairs] + [pairs[-1][1] + 1]])
            for pairs in points.values()
        ]
        write_mat(path, {"shot_boundaries": boundaries}, "5")
    else:
        with h5py.File(path, "w") as file:
            for key, value in points.items():
                file[f"{key}/change_points"] = np.array(value)
                if titles:
                    file[f"{key}/video_name"] = titles[key]
    return path


def features_file(path, titles=None, frames=FRAMES, step=15):
    rng = np.random.default_rng(7)
    with h5py.File(path, "w") as file:
        file.attrs["features"] = "from a test"
        for i, n_frames in enumerate(frames, start=1):
            group = file.create_group(f"video_{i}")
            group["picks"] = np.arange(0, n_frames, step)
            group["features"] = rng.random((len(group["picks"]), 6), np.float32)
            group["n_frames"] = n_frames
            group.attrs["extractor"] = "googlenet"
            if titles:
                group["video_name"] = titles[i - 1]
    return path


def options(annotations, change_points, features="", out="out.h5", **more):
    return Options(
        annotations=str(annotations),
        change_points=str(change_points),
        features=str(features),
        out=str(out),
        **more,
    )


def message(*args, **more):
    with pytest.raises(UserError) as caught:
        build(options(*args, **more))
    text = str(caught.value)
    assert "\n" not in text
    return text


# ---- the real files
# ----------------------------------------------------------------------------------------------

# Not ours to reproduce: widths of integers (the layout names none); the contract's float32 is
# checked below.
FLOAT32 = ("user_summary", "gtscore", "gtsummary", "features")


def assert_same_file(built, reference):
    with h5py.File(built) as ours, h5py.File(reference) as theirs:
        assert set(ours) == set(theirs)
        assert ours.attrs["dataset"] == theirs.attrs["dataset"]
        for key, group in theirs.items():
            assert set(ours[key]) == set(group), key
            for name, value in group.attrs.items():
                assert ours[key].attrs[name] == value, (key, name)
            for name, entry in group.items():
                mine = ours[key][name]
                assert mine.shape == entry.shape, (key, name)
                assert np.array_equal(mine[()], entry[()]), (key, name)
                same_kind = (
                    mine.dtype.kind == entry.dtype.kind or name == "user_scores"
                )  # ours: float32, as `Video` says
                assert same_kind, (key, name)
                if name in FLOAT32:
                    assert mine.dtype == np.float32, (key, name)


@pytest.mark.parametrize("with_features", [False, True])
def test_summe_field_by_field(shared, tmp_path, with_features):
    data = shared / "data"
    reference = data / (
        "summe_standin_google_pool5.h5" if with_features else "summe_annotations.h5"
    )
    features = reference if with_features else ""
    save_dataset(
        build(options(data / "owners/SumMe_GT", data / "summe_annotations.h5", features)),
        tmp_path / "summe.h5",
    )
    assert_same_file(tmp_path / "summe.h5", reference)


@pytest.mark.parametrize("with_features", [False, True])
def test_tvsum_field_by_field(shared, tmp_path, with_features):
    data = shared / "data"
    reference = data / (
        "tvsum_standin_google_pool5.h5" if with_features else "tvsum_annotations.h5"
    )
    features = reference if with_features else ""
    built = build(
        options(data / "owners/ydata-tvsum50.mat", data / "owners/shot_TVSum.mat", features)
    )
    save_dataset(built, tmp_path / "tvsum.h5")
    assert_same_file(tmp_path / "tvsum.h5", reference)
    assert bool(built.attributes.get("features_are_standin")) == with_features, (
        "what the features are must not get lost"
    )


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_summe_from_text_files_of_change_points(shared, tmp_path, suffix):
    data = shared / "data"
    videos = load_dataset(str(data / "summe_annotations.h5"), need_features=False).videos
    pairs = {key: video.change_points.tolist() for key, video in videos.items()}
    shots = points_file(
        tmp_path / f"shots{suffix}", pairs, {key: video.name for key, video in videos.items()}
    )
    save_dataset(build(options(data / "owners/SumMe_GT", shots)), tmp_path / "summe.h5")
    assert_same_file(tmp_path / "summe.h5", data / "summe_annotations.h5")


def test_real_files_in_the_other_format(shared, tmp_path):
    """The owners' numbers, saved anew in the format that they did not choose, give the same
    dataset.
    """
    data = shared / "data"
    table = read_mat(data / "owners/ydata-tvsum50.mat")["tvsum50"]
    rows = [
        {name: table[name][i] for name in ("video", "category", "length", "nframes", "user_anno")}
        for i in range(50)
    ]
    other = tvsum(tmp_path / "ydata.mat", "5", rows)
    shots = write_mat(tmp_path / "shots.mat", read_mat(data / "owners/shot_TVSum.mat"), "7.3")
    save_dataset(build(options(other, shots)), tmp_path / "tvsum.h5")
    assert_same_file(tmp_path / "tvsum.h5", data / "tvsum_annotations.h5")
    folder = tmp_path / "GT"
    folder.mkdir()
    for file in (data / "owners/SumMe_GT").iterdir():
        content = read_mat(file)
        write_mat(
            folder / file.name,
            {name: content[name] for name in ("FPS", "nFrames", "user_score", "all_userIDs")},
            "7.3",
        )
    save_dataset(build(options(folder, data / "summe_annotations.h5")), tmp_path / "summe.h5")
    assert_same_file(tmp_path / "summe.h5", data / "summe_annotations.h5")


# ---- small releases
# ----------------------------------------------------------------------------------------------


@BOTH
def test_small_summe(tmp_path, version):
    folder = summe(tmp_path / "GT", version)
    data = build(options(folder, points_file(tmp_path / "shots.json")))
    assert (data.name, list(data.videos)) == ("SumMe", ["video_1", "video_2", "video_3"])
    for i, video in enumerate(data.videos.values()):
        scores = read_mat(folder / f"{TITLES[i]}.mat")["user_score"]
        assert (video.name, video.n_frames, video.attributes) == (
            TITLES[i],
            FRAMES[i],
            {"fps": 25.0},
        )
        np.testing.assert_array_equal(video.user_summary, scores.T > 0)
        np.testing.assert_array_equal(video.picks, np.arange(0, FRAMES[i], 15))
        np.testing.assert_allclose(video.gtscore, (scores[::15] > 0).mean(axis=1), rtol=1e-6)
        assert video.gtscore.dtype == np.float32
        assert video.change_points.tolist() == POINTS[video.key]
        assert video.user_scores is None
        assert video.features is None


def naive_summary(scores, pairs):
    """The best set of shots by trying all of them; returns its total mean score."""
    budget = int((pairs[-1][1] + 1) * 0.15)
    best = 0.0
    for chosen in range(1 << len(pairs)):
        shots = [pair for i, pair in enumerate(pairs) if chosen >> i & 1]
        if sum(last - first + 1 for first, last in shots) <= budget:
            best = max(best, sum(np.mean(scores[first : last + 1]) for first, last in shots))
    return best, budget


@BOTH
def test_small_tvsum(tmp_path, version):
    data = build(
        options(tvsum(tmp_path / "ydata.mat", version), points_file(tmp_path / "shots.mat"))
    )
    assert data.name == "TVSum"
    for row, video in zip(tvsum_rows(), data.videos.values(), strict=True):
        assert video.name == row["video"]
        assert video.attributes == {"category": "VT", "fps": pytest.approx(24)}
        np.testing.assert_array_equal(video.user_scores, row["user_anno"].T)
        np.testing.assert_allclose(
            video.gtscore, (row["user_anno"].mean(axis=1)[::15] - 1) / 4, rtol=1e-6
        )
        pairs = POINTS[video.key]
        for scores, kept in zip(row["user_anno"].T, video.user_summary, strict=True):
            best, budget = naive_summary(scores, pairs)
            assert kept.sum() <= budget
            whole = [
                (kept[first : last + 1].all(), kept[first : last + 1].any())
                for first, last in pairs
            ]
            assert all(full == some for full, some in whole), "a shot is kept whole or not at all"
            got = sum(
                np.mean(scores[a : b + 1])
                for (a, b), (full, _) in zip(pairs, whole, strict=True)
                if full
            )
            assert got == pytest.approx(best)


def test_equal_shots_tie_whatever_their_order():
    """1 + 2/3 and 2 - 1/3 differ in the last bit: means taken so would keep the later of two equal
    shots.
    """
    scores = np.array([[1, 2, 2, 2, 1, 2] + [1] * 14], np.float32)
    kept = user_summaries(scores, np.array([[0, 2], [3, 5], [6, 19]]))
    assert np.flatnonzero(kept).tolist() == [0, 1, 2]


def test_one_video_alone(tmp_path):
    """MATLAB stores a struct array of one entry as a struct without the references."""
    for version in ("5", "7.3"):
        path = write_mat(tmp_path / f"{version}.mat", {"tvsum50": tvsum_rows()[0]}, version)
        data = build(
            options(path, points_file(tmp_path / "one.json", {"video_1": POINTS["video_1"]}))
        )
        assert [video.name for video in data.videos.values()] == ["-esJrBWj2d8"]


@pytest.mark.parametrize("name", ["shots.h5", "shots.hdf5", "shots.mat", "shots.json", "shots.csv"])
@pytest.mark.parametrize("by_title", [False, True])
def test_every_form_of_change_points(tmp_path, name, by_title):
    folder = summe(tmp_path / "GT")
    titles = (
        dict(zip(POINTS, ("Air Force One", "Base_jumping.mp4", "car"), strict=True))
        if by_title
        else None
    )
    data = build(options(folder, points_file(tmp_path / name, titles=titles)))
    assert {key: video.change_points.tolist() for key, video in data.videos.items()} == POINTS


def test_boundaries_as_json_and_pairs_as_mat(tmp_path):
    folder = summe(tmp_path / "GT")
    (tmp_path / "b.json").write_text(
        json.dumps({"video_1": [0, 30, 40, 100], "video_2": [0, 61], "video_3": [[0, 89]]})
    )
    data = build(options(folder, tmp_path / "b.json"))
    assert [video.change_points.tolist() for video in data.videos.values()] == [
        POINTS["video_1"],
        [[0, 60]],
        [[0, 89]],
    ]
    cells = [np.array(POINTS["video_1"]), np.array([[0], [61]]), np.array([[0, 89]])]
    write_mat(
        tmp_path / "pairs.mat",
        {"change_points": cells, "comment": "two variables", "ids": ["a", "b"]},
        "7.3",
    )
    data = build(options(folder, tmp_path / "pairs.mat"))
    assert [video.change_points.tolist() for video in data.videos.values()] == [
        POINTS["video_1"],
        [[0, 60]],
        [[0, 89]],
    ]


def test_titles_decide_and_not_the_keys(tmp_path):
    """A file that numbers the videos otherwise must not give one video the shots or features of
    another.
    """
    folder = summe(tmp_path / "GT")
    shots = points_file(
        tmp_path / "shots.h5", {"video_1": POINTS["video_3"], "video_2": POINTS["video_1"], "video_3": POINTS["video_2"]},  # noqa: E501
        {"video_1": "car", "video_2": "Air_Force_One", "video_3": "Base jumping"},
    )  # fmt: skip
    features = features_file(
        tmp_path / "f.h5", ("car.mp4", "Air Force One.mp4", "Base jumping.mp4"), (90, 100, 61)
    )
    data = build(options(folder, shots, features))
    assert {key: video.change_points.tolist() for key, video in data.videos.items()} == POINTS
    with h5py.File(features) as file:
        for key, other in (("video_1", "video_2"), ("video_2", "video_3"), ("video_3", "video_1")):
            np.testing.assert_array_equal(data.videos[key].features, file[other]["features"][()])


def test_features_bring_their_picks_and_attributes(tmp_path):
    folder, shots = summe(tmp_path / "GT"), points_file(tmp_path / "shots.json")
    out = tmp_path / "full.h5"
    save_dataset(build(options(folder, shots, features_file(tmp_path / "f.h5", step=12))), out)
    data = load_dataset(str(out))
    video = data.videos["video_1"]
    np.testing.assert_array_equal(video.picks, np.arange(0, 100, 12))
    np.testing.assert_allclose(video.gtscore, video.user_summary.mean(axis=0)[::12], rtol=1e-6)
    assert video.attributes == {"fps": 25.0, "extractor": "googlenet"}
    assert data.attributes["features"] == "from a test"
    assert data.attributes["change_points_source"] == "shots.json"
    assert "DERIVED" in data.attributes["gtsummary_source"]


def test_a_decoder_that_differs_by_a_frame_is_fine_and_said(tmp_path, caplog):
    """61 frames: one less lacks the step at frame 60; one more at 90 adds a step that belongs to
    no annotated frame.
    """
    features = features_file(tmp_path / "f.h5", frames=(101, 60, 91))
    with caplog.at_level(logging.WARNING):
        data = build(
            options(summe(tmp_path / "GT"), points_file(tmp_path / "shots.json"), features)
        )
    assert [video.n_frames for video in data.videos.values()] == list(FRAMES)
    assert [video.picks[-1] for video in data.videos.values()] == [90, 45, 75]
    assert all(
        len(video.features) == video.n_steps == len(video.gtscore) for video in data.videos.values()
    )
    assert "features of 101 frames, annotations of 100" in caplog.text
    save_dataset(data, tmp_path / "out.h5")
    load_dataset(str(tmp_path / "out.h5"))


def test_another_number_of_videos_is_said(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        build(options(summe(tmp_path / "GT"), points_file(tmp_path / "shots.json")))
    assert "3 videos, but SumMe has 25" in caplog.text


# ---- mistakes ------------------------------------------------------------------------------------
# ----------------


@pytest.fixture
def folder(tmp_path):
    return summe(tmp_path / "GT")


@pytest.fixture
def shots(tmp_path):
    return points_file(tmp_path / "shots.json")


def test_flags_that_are_missing():
    assert message("", "s.json").startswith("--annotations is missing")
    assert "SumMe's owners publish none" in message("GT", "")
    assert message("GT", "s.json", out="").startswith("--out is missing")


def test_out_is_an_input(folder, shots):
    assert (
        message(folder, shots, out=shots)
        == f"--out={shots} is one of the inputs. Choose another file to write."
    )


def test_annotations_that_are_not_there(tmp_path, shots):
    assert f"{tmp_path / 'none'}: no such file" in message(tmp_path / "none", shots)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no .mat files in this folder. Name SumMe's folder GT" in message(empty, shots)


def test_folder_above_the_right_one(tmp_path, folder, shots):
    assert f"Did you mean {folder}?" in message(tmp_path, shots)


def test_releases_mistaken_for_each_other(tmp_path, folder, shots):
    assert (
        f"one video of SumMe. Name the folder that holds all of them: --annotations={folder}"
        in message(folder / "car.mat", shots)
    )
    other = tmp_path / "tvsum"
    other.mkdir()
    tvsum(other / "ydata.mat")
    assert f"Name the file itself: --annotations={other / 'ydata.mat'}" in message(other, shots)


SUMME_MISTAKES = [
    ({"user_score": None}, r"no user_score (it has FPS, all_userIDs, gt_score, nFrames)"),
    ({"user_score": "text"}, "user_score: a str, expected numbers"),
    ({"user_score": np.full((90, 3), np.nan)}, "user_score: NaN or infinite in 90 of 90 rows"),
    ({"user_score": np.full((90, 3), -1.0)}, "user_score: holds -1, expected 0 or the number"),
    (
        {"user_score": np.zeros((3, 90))},
        "user_score: shape (3, 90), but nFrames is 90; expected [frames, users]",
    ),
    ({"user_score": np.zeros((0, 0))}, "user_score: empty, shape (0, 0)"),
    ({"nFrames": np.array([[91.5]])}, "nFrames: holds 91.5, expected whole numbers"),
    ({"FPS": np.array([[0.0]])}, "FPS: holds [[0.0]], expected one positive number"),
]


@pytest.mark.parametrize(("changes", "found"), SUMME_MISTAKES)
def test_wrong_summe_files(folder, shots, changes, found):
    write_mat(folder / "car.mat", summe_video(90, **changes), "5")
    text = message(folder, shots)
    assert text.startswith(f"{folder / 'car.mat'}: ")
    assert found in text


TVSUM_MISTAKES = [
    (
        {"user_anno": np.ones((99, 5))},
        "tvsum50(1).user_anno: shape (99, 5), but nframes is 100; expected [frames, users]",
    ),
    (
        {"user_anno": np.full((100, 5), 6.0)},
        "tvsum50(1).user_anno: holds 6, expected scores from 1 to 5",
    ),
    (
        {"user_anno": np.zeros((100, 5))},
        "tvsum50(1).user_anno: holds 0, expected scores from 1 to 5",
    ),
    (
        {"user_anno": np.full((100, 5), np.inf)},
        "tvsum50(1).user_anno: NaN or infinite in 100 of 100 rows",
    ),
    ({"nframes": np.array([[0.0]])}, "tvsum50(1).nframes: is 0, expected at least 1"),
    (
        {"length": np.array([[-1.0]])},
        "tvsum50(1).length: holds [[-1.0]], expected one positive number",
    ),
    ({"video": np.zeros((1, 1))}, "tvsum50(1).video: holds array([[0.]]), expected the video's id"),
    ({"video": "abc"}, "videos 1 and 3 are both named 'abc'. Keep one of them."),
]


@BOTH
@pytest.mark.parametrize(("changes", "found"), TVSUM_MISTAKES)
def test_wrong_tvsum_files(tmp_path, shots, version, changes, found):
    rows = tvsum_rows()
    rows[0] |= changes
    path = tvsum(tmp_path / "ydata.mat", version, rows)
    text = message(path, shots)
    assert text.startswith(f"{path}: ")
    assert found in text


@BOTH
def test_tvsum_without_its_table(tmp_path, shots, version):
    path = write_mat(tmp_path / "ydata.mat", {"something": np.ones((2, 2))}, version)
    assert f"{path}: no variable tvsum50 (it has something)" in message(path, shots)
    path = write_mat(
        path,
        {
            "tvsum50": [
                {"video": "a", "nframes": np.ones((1, 1))},
                {"video": "b", "nframes": np.ones((1, 1))},
            ]
        },
        version,
    )
    assert f"{path}: tvsum50 has no user_anno (it has nframes, video)" in message(path, shots)
    path = write_mat(path, {"tvsum50": np.ones((2, 2))}, version)
    assert "tvsum50 has no video, nframes, user_anno (it has a ndarray)" in message(path, shots)


@BOTH
def test_truncated_annotations(tmp_path, shots, version):
    path = tvsum(tmp_path / "ydata.mat", version)
    os.truncate(path, os.path.getsize(path) // 2)
    assert f"{path}: truncated or damaged MATLAB file" in message(path, shots)
    folder = summe(tmp_path / "GT", version)
    os.truncate(folder / "car.mat", os.path.getsize(folder / "car.mat") // 2)
    assert f"{folder / 'car.mat'}: truncated or damaged MATLAB file" in message(folder, shots)


def test_change_points_of_another_length(tmp_path, folder):
    for name in ("s.h5", "s.mat", "s.json", "s.csv"):
        shots = points_file(tmp_path / name, {**POINTS, "video_2": [[0, 8], [9, 50]]})
        text = message(folder, shots)
        assert text.startswith(f"{shots}")
        assert f"shots of a video of 51 frames, but it has 61 by {folder}" in text


def test_unknown_missing_and_duplicate_videos(tmp_path, folder, caplog):
    shots = points_file(tmp_path / "s.json", {**POINTS, "video_4": [[0, 9]], "Cooking": [[0, 9]]})
    assert (
        "change points of videos that the annotations do not have: video_4, Cooking. Mend"
        in message(folder, shots)
    )
    assert len(build(options(folder, shots, allow_missing=True)).videos) == 3
    assert "video_4, Cooking; left out" in caplog.text
    shots = points_file(tmp_path / "s.json", {"video_3": POINTS["video_3"]})
    assert "no change points for: video_1 (Air_Force_One), video_2 (Base jumping). Mend" in message(
        folder, shots
    )
    assert list(build(options(folder, shots, allow_missing=True)).videos) == ["video_3"]
    shots = points_file(tmp_path / "s.json", {**POINTS, "Base jumping": [[0, 60]]})
    assert "video_2 and Base jumping are both change points of video_2 (Base jumping)" in message(
        folder, shots
    )
    shots = points_file(tmp_path / "s.json", {"Cooking": [[0, 9]]})
    assert (
        "change points of none of the annotated videos (it has Cooking). Name its entries like "
        "'Air_Force_One' or 'video_1'." in message(folder, shots, allow_missing=True)
    )
    (tmp_path / "twice.json").write_text('{"video_1": [[0, 99]], "video_1": [[0, 99]]}')
    assert "twice.json: the key 'video_1' is there twice in one object" in message(
        folder, tmp_path / "twice.json"
    )


def test_more_or_fewer_cells_than_videos(tmp_path, folder):
    path = points_file(tmp_path / "s.mat", {**POINTS, "video_4": [[0, 9]]})
    assert "change points of videos that the annotations do not have: video_4" in message(
        folder, path
    )


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        (
            "s.txt",
            "",
            "change points come from a file that ends with .h5, .hdf5, .mat, .json, .csv, not "
            ".txt.",
        ),
        ("s", "", "not nothing."),
        ("s.json", "[1, 2]", "a JSON list, expected an object"),
        ("s.json", "{}", "no change points in this file"),
        ("s.json", "{", "not a JSON file"),
        ("s.json", '{"video_1": "0-99"}', "video_1: holds 0-99, expected a list of frame numbers"),
        (
            "s.json",
            '{"video_1": [[0, 9], [10]]}',
            "video_1: holds [[0, 9], [10]], expected a list of frame numbers",
        ),
        (
            "s.json",
            '{"video_1": [true, false]}',
            "video_1: holds [True, False], expected a list of frame numbers",
        ),
        (
            "s.csv",
            "video,start,end\n",
            "the first line has no first_frame, last_frame (it is video,start,end)",
        ),
        ("s.csv", "", "the first line has no video, first_frame, last_frame (it is nothing)"),
        ("s.csv", "video,first_frame,last_frame\n", "no change points in this file"),
        (
            "s.csv",
            "video,first_frame,last_frame\nvideo_1,0,9\nvideo_1,10,x\n",
            "line 3: '10', 'x' are not two whole frame numbers",
        ),
        (
            "s.csv",
            "video,first_frame,last_frame\nvideo_1,0\n",
            "line 2: '0', None are not two whole frame numbers",
        ),
        ("s.csv", "video,first_frame,last_frame\n,0,9\n", "line 2: no video"),
        ("s.csv", b"video,first_frame,last_frame\n\xff\xfe", "not a CSV file"),
        ("s.mat", b"PK", "not a MATLAB file"),
        ("s.h5", b"PK", "not an HDF5 file"),
    ],
)
def test_wrong_change_point_files(tmp_path, folder, name, content, found):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    text = message(folder, path)
    assert text.startswith(f"{path}: ")
    assert found in text


@pytest.mark.parametrize("name", ["none.h5", "none.mat", "none.json", "none.csv"])
def test_change_point_files_that_are_not_there(tmp_path, folder, name):
    assert f"{tmp_path / name}: no such file" in message(folder, tmp_path / name)


@pytest.mark.parametrize(
    ("points", "found"),
    [
        ([[0, 29], [40, 99]], "frames 30-39 between shots 0 and 1 belong to no shot"),
        ([[0, 40], [40, 99]], "shots 0 and 1 overlap"),
        ([1, 30, 100], "the first shot begins at frame 1, not 0"),
        ([[0.5, 29], [30, 99]], "holds 0.5, expected whole numbers"),
        ([], "holds [], expected 2 or more boundaries"),
        ([100], "holds [100], expected 2 or more boundaries"),
        ([[[0, 99]]], "shape (1, 1, 2), expected [shots, 2]"),
    ],
)
def test_shots_that_do_not_follow_one_another(tmp_path, folder, points, found):
    path = points_file(tmp_path / "s.json", {**POINTS, "video_1": points})
    text = message(folder, path)
    assert text.startswith(f"{path}: video_1: ")
    assert found in text


def test_mat_without_a_cell_array(tmp_path, folder):
    path = write_mat(tmp_path / "s.mat", {"a": np.ones((2, 2))}, "5")
    assert "no cell array named shot_boundaries or change_points (it has a)" in message(
        folder, path
    )
    path = write_mat(tmp_path / "s.mat", {"a": ["x"], "b": ["y"]}, "5")
    assert "no cell array named shot_boundaries or change_points (it has a, b)" in message(
        folder, path
    )
    path = write_mat(tmp_path / "s.mat", {"a": ["x", "y"]}, "7.3")
    assert "a{1}: a str, expected numbers" in message(folder, path)


@pytest.mark.parametrize("entry", ["video_2", "video_2/change_points"])
def test_damaged_change_points(tmp_path, folder, entry):
    path = points_file(tmp_path / "s.h5")
    with h5py.File(path, "a") as file:
        del file[entry]
        file[entry] = h5py.ExternalLink("missing.h5", "/x")
    assert f"{path}:video_2: cannot be read" in message(folder, path)


def test_features_of_another_number_of_steps(tmp_path, folder, shots):
    features = features_file(tmp_path / "f.h5", frames=(100, 61, 60))
    text = message(folder, shots, features)
    assert (
        f"{features}:video_3/features: 4 steps up to frame 45 of 60, but {folder} annotates 90 "
        "frames of car, about 6 steps" in text
    )
    features = features_file(tmp_path / "f.h5", frames=(100, 61, 200))
    assert "14 steps up to frame 195 of 200" in message(folder, shots, features)
    features = features_file(tmp_path / "f.h5")
    with h5py.File(features, "a") as file:  # the last step is not there
        for name in ("features", "picks"):
            values = file["video_1"][name][:-1]
            del file["video_1"][name]
            file["video_1"][name] = values
    assert "6 steps up to frame 75 of 100, but" in message(folder, shots, features)


def test_features_that_lack_videos_or_have_others(tmp_path, folder, shots):
    features = features_file(tmp_path / "f.h5", frames=FRAMES[:2])
    assert f"{features}: no features for: video_3 (car). Mend the file, or leave" in message(
        folder, shots, features
    )
    assert list(build(options(folder, shots, features, allow_missing=True)).videos) == [
        "video_1",
        "video_2",
    ]
    features = features_file(tmp_path / "f.h5", ("car", "Cooking", "Base jumping"), (90, 30, 61))
    text = message(folder, shots, features)
    assert "features of videos that the annotations do not have: video_2 (Cooking)" in text
    features = features_file(tmp_path / "f.h5", ("car", "car.mp4", "Base jumping"), (90, 90, 61))
    assert "video_1 (car) and video_2 (car.mp4) are both features of video_3 (car)" in message(
        folder, shots, features
    )
    without = points_file(tmp_path / "no_features.h5")
    assert f"{without}:video_1/features: missing" in message(folder, shots, without)


def test_nothing_in_common(tmp_path, folder):
    shots = points_file(tmp_path / "s.json", {"video_3": POINTS["video_3"]})
    features = features_file(tmp_path / "f.h5", frames=FRAMES[:2])
    assert "no video has both change points and features" in message(
        folder, shots, features, allow_missing=True
    )


def run(*flags):
    return subprocess.run(
        [sys.executable, "-m", "tf_dictsum.build_dataset", *flags],
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_command_line(tmp_path, folder, shots):
    out = tmp_path / "built" / "summe.h5"
    done = run(f"--annotations={folder}", f"--change_points={shots}", f"--out={out}")
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout
        == f"{out}: SumMe, 3 videos, 251 frames, 8 shots, 3 to 5 users, no features (enough to evaluate, not to train)\n"  # noqa: E501
    )
    assert "3 videos, but SumMe has 25" in done.stderr
    assert list(load_dataset(str(out), need_features=False).videos) == list(POINTS)
    features = features_file(tmp_path / "f.h5")
    done = run(
        f"--annotations={folder}",
        f"--change_points={shots}",
        f"--features={features}",
        f"--out={out}",
    )
    assert "features 6 wide" in done.stdout


@pytest.mark.parametrize(
    "how",
    [["-m", "tf_dictsum.build_dataset"], ["-c", "from tf_dictsum.build_dataset import run; run()"]],
)
def test_help_says_the_forms_and_the_flags(how):
    done = subprocess.run(
        [sys.executable, *how, "--help"], capture_output=True, text=True, timeout=120
    )
    assert "video,first_frame,last_frame" in done.stdout
    for name in ("annotations", "change_points", "features", "out", "[no]allow_missing"):
        assert f"--{name}: " in done.stdout


def test_command_line_mistakes(tmp_path, folder, shots):
    (folder / "car.mat").write_bytes(b"MATLAB 5.0 MAT-file, cut")
    out = tmp_path / "built" / "summe.h5"
    done = run(f"--annotations={folder}", f"--change_points={shots}", f"--out={out}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        f"error: {folder / 'car.mat'}: truncated or damaged MATLAB file (24 bytes"
    )
    assert done.stderr.count("\n") == 1
    assert not out.parent.exists()
    assert "unexpected argument 'GT'" in run("GT").stderr


def test_out_that_cannot_be_written(tmp_path, folder, shots):
    done = run(f"--annotations={folder}", f"--change_points={shots}", f"--out={tmp_path}")
    assert done.returncode == 2
    assert f"error: {tmp_path}: cannot write it" in done.stderr
    assert sorted(p.name for p in pathlib.Path(tmp_path).iterdir()) == ["GT", "shots.json"]


def test_one_person_and_variables_of_other_kinds(tmp_path):
    folder = tmp_path / "GT"
    folder.mkdir()
    scipy.io.savemat(
        folder / "a.mat",
        {
            "user_score": np.ones((40, 1)),
            "f": {"x": 1},
            "sparse": scipy.sparse.eye_array(3).tocsc(),
        },
    )
    points = points_file(tmp_path / "s.json", {"a": [[0, 39]]})
    video = build(options(folder, points)).videos["video_1"]
    assert video.user_summary.shape == (1, 40)
    assert video.attributes == {}
