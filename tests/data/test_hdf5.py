"""Reading and writing dataset files, and every mistake a file can hold."""

import os
import pathlib
import subprocess
import sys

import h5py
import numpy as np
import pytest

from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.hdf5 import load_dataset, save_dataset
from tf_dictsum.util.errors import UserError

FRAMES, STEPS = 100, 7  # picks 0, 15, ..., 90


def good_file(path):
    """Three videos with everything; video_3 is the one that tests break."""
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        for key in ("video_1", "video_10", "video_3"):
            group = file.create_group(key)
            group["features"] = rng.random((STEPS, 5), dtype=np.float32)
            group["picks"] = np.arange(STEPS) * 15
            group["n_frames"] = FRAMES
            group["n_steps"] = STEPS
            group["change_points"] = np.array([[0, 29], [30, 59], [60, 99]])
            group["n_frame_per_seg"] = np.array([30, 30, 40])
            group["user_summary"] = (rng.random((3, FRAMES)) < 0.2).astype(np.float32)
            group["user_scores"] = rng.integers(1, 6, (3, FRAMES)).astype(np.int8)
            group["gtscore"] = rng.random(STEPS)
            group["gtsummary"] = np.zeros(STEPS)
            group["video_name"] = f"film of {key}"
    return str(path)


@pytest.fixture
def path(tmp_path):
    return good_file(tmp_path / "data.h5")


def put(path, name, value, key="video_3"):
    with h5py.File(path, "a") as file:
        if name in file[key]:
            del file[key][name]
        if value is not None:
            file[key][name] = value


def message(path, **kwargs):
    with pytest.raises(UserError) as caught:
        load_dataset(path, **kwargs)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_types_shapes_order_and_names(path):
    data = load_dataset(path)
    assert list(data.videos) == ["video_1", "video_3", "video_10"]
    assert (data.name, data.source, data.feature_size) == ("data", path, 5)
    video = data.videos["video_3"]
    types = {
        "features": "f4",
        "picks": "i8",
        "change_points": "i8",
        "user_summary": "?",
        "user_scores": "f4",
        "gtscore": "f4",
    }
    for name, kind in types.items():
        assert getattr(video, name).dtype == np.dtype(kind), name
    assert (video.n_frames, video.n_steps, video.name) == (FRAMES, STEPS, "film of video_3")
    assert video.user_summary.shape == (3, FRAMES)


@pytest.mark.parametrize("kind", ["f2", "f8", "i4", "u1", "?"])
def test_features_of_any_type_become_float32(path, kind):
    values = np.arange(STEPS * 5).reshape(STEPS, 5).astype(kind)
    put(path, "features", values)
    features = load_dataset(path).videos["video_3"].features
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features, values.astype(np.float32))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_frames", np.array([FRAMES])),
        ("n_frames", np.array([[FRAMES]], dtype=np.float64)),
        ("n_frames", None),
        ("n_steps", None),
        ("n_frame_per_seg", None),
        ("change_points", np.array([[0, 30, 60], [29, 59, 99]])),
        ("change_points", np.array([[0, 29], [30, 59], [60, 99]], dtype=np.float64)),
        ("picks", None),
        ("picks", (np.arange(STEPS) * 15)[:, None]),
        ("gtscore", np.zeros((1, STEPS))),
        ("video_name", b"bytes"),
        ("video_name", np.array([b"bytes"])),
        ("video_name", None),
    ],
)
def test_variants_found_in_the_field(path, name, value):
    put(path, name, value)
    video = load_dataset(path).videos["video_3"]
    assert video.n_frames == FRAMES
    assert video.picks.tolist() == [0, 15, 30, 45, 60, 75, 90]
    assert video.change_points.tolist() == [[0, 29], [30, 59], [60, 99]]
    if name == "video_name":
        assert video.name == ("video_3" if value is None else "bytes")


@pytest.mark.parametrize("points", [[[0, 29], [30, 99]], [[0, 30], [29, 99]]])
def test_two_shots_in_either_orientation(path, points):
    put(path, "n_frame_per_seg", None)
    put(path, "change_points", np.array(points))
    assert load_dataset(path).videos["video_3"].change_points.tolist() == [[0, 29], [30, 99]]


@pytest.mark.parametrize(
    "left_out", ["user_summary", "user_scores", "gtscore", "gtsummary", "change_points"]
)
def test_annotations_are_optional(path, left_out):
    put(path, left_out, None)
    assert getattr(load_dataset(path).videos["video_3"], left_out) is None


def test_features_are_optional_when_not_needed(path):
    put(path, "features", None)
    data = load_dataset(path, need_features=False)
    assert data.videos["video_3"].features is None
    assert data.videos["video_1"].features is not None
    text = message(path)
    assert f"{path}:video_3/features: missing" in text
    assert "gtscore" in text


def test_titles_cannot_steer_a_terminal(path):
    put(path, "video_name", "a\x1b[2Jb\nc 日本")
    assert load_dataset(path).videos["video_3"].name == r"a\x1b[2Jb\nc 日本"


def test_keys_cannot_steer_a_terminal(path):
    with h5py.File(path, "a") as file:
        file.move("video_3", "video_\x1b[2J")
    assert r"a group is named 'video_\x1b[2J', with characters that nothing can show" in message(
        path
    )


def test_n_frames_from_change_points_alone(path):
    for name in ("n_frames", "user_summary", "user_scores"):
        put(path, name, None)
    assert load_dataset(path).videos["video_3"].n_frames == FRAMES


def test_one_person_without_the_users_dimension(path):
    put(path, "user_summary", np.ones(FRAMES))
    assert load_dataset(path).videos["video_3"].user_summary.shape == (1, FRAMES)


def test_any_group_name_counts(tmp_path):
    path = good_file(tmp_path / "data.h5")
    with h5py.File(path, "a") as file:
        file.move("video_1", "Kids playing: in leaves")
        file["readme"] = "not a video"
    assert list(load_dataset(path).videos) == ["Kids playing: in leaves", "video_3", "video_10"]
    assert load_dataset(path).videos["Kids playing: in leaves"].key == "Kids playing: in leaves"


@pytest.mark.parametrize(
    ("file_name", "attribute", "expected"),
    [
        ("eccv16_dataset_summe_google_pool5.h5", None, "SumMe"),
        ("my_TVSUM.hdf5", None, "TVSum"),
        ("films.h5", None, "films"),
        ("films.h5", "SumMe", "SumMe"),
        ("summe.h5", np.bytes_(b"TVSum"), "TVSum"),
    ],
)
def test_dataset_name(tmp_path, file_name, attribute, expected):
    path = good_file(tmp_path / file_name)
    if attribute is not None:
        with h5py.File(path, "a") as file:
            file.attrs["dataset"] = attribute
    assert load_dataset(path).name == expected


def test_attributes_are_plain_python(path):
    with h5py.File(path, "a") as file:
        file.attrs.update(
            {
                "n": np.int64(3),
                "x": np.float32(0.5),
                "b": np.bytes_(b"hi"),
                "a": np.arange(2),
                "s": ["p", "q"],
            }
        )
        file.attrs["none"] = h5py.Empty("f4")
    assert load_dataset(path).attributes == {
        "n": 3,
        "x": 0.5,
        "b": "hi",
        "a": [0, 1],
        "s": ["p", "q"],
        "none": None,
    }


FEATURES = np.ones((STEPS, 5), np.float32)
NAN_ROWS = np.where(np.isin(np.arange(STEPS), (2, 5))[:, None], np.nan, FEATURES)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("features", NAN_ROWS, r"NaN or infinite in 2 of 7 rows \(rows 2, 5\)"),
        (
            "features",
            FEATURES * np.float32(np.inf),
            r"NaN or infinite in 7 of 7 rows \(rows 0, 1, 2, 3, 4, \.\.\.\)",
        ),
        ("features", FEATURES.astype("f8") * 1e300, r"NaN or infinite in 7 of 7 rows"),
        ("features", FEATURES[:, 0], r"shape \(7,\), expected 2 dimensions"),
        ("features", FEATURES[None], r"shape \(1, 7, 5\), expected 2 dimensions"),
        ("features", FEATURES[:, :4], r"width 4, but video_1 has 5"),
        ("features", FEATURES[:0], r"empty, shape \(0, 5\)"),
        ("features", FEATURES[:, :0], r"empty, shape \(7, 0\)"),
        ("features", "text", r"holds text, expected real numbers"),
        ("features", FEATURES * 1j, r"holds complex64, expected real numbers"),
        ("features", h5py.Empty("f4"), r"holds no data"),
        ("picks", np.arange(6) * 15, r"has 6 values, but features has 7"),
        (
            "picks",
            np.array([0, 15, 30, 30, 60, 75, 90]),
            r"not increasing: 30 is followed by 30 at step 3",
        ),
        ("picks", np.arange(STEPS) * 15 - 15, r"negative frame number -15"),
        ("picks", np.arange(STEPS) * 14 + 1, r"begins at frame 1"),
        ("picks", np.arange(STEPS) * 20, r"last pick is frame 120, but n_frames is 100"),
        ("picks", np.arange(STEPS) * 0.5, r"holds 0.5, expected whole numbers"),
        ("picks", np.zeros((2, 2)), r"shape \(2, 2\), expected 1 dimension"),
        ("n_steps", 8, r"is 8, but features has 7"),
        ("n_frames", 0, r"is 0, expected at least 1"),
        ("n_frames", np.array([1, 2]), r"shape \(2,\), expected one number"),
        ("n_frames", np.nan, r"holds nan, expected whole numbers"),
        ("gtscore", np.zeros(6), r"has 6 values, but features has 7"),
        ("gtscore", np.full(STEPS, np.nan), r"NaN or infinite in 7 of 7 rows"),
        ("gtscore", np.zeros((7, 2)), r"shape \(7, 2\), expected 1 dimension\b"),
        ("gtsummary", np.zeros(9), r"has 9 values, but features has 7"),
        ("change_points", np.array([[0, 30], [30, 99]]), r"shots 0 and 1 overlap: 0-30 and 30-99"),
        (
            "change_points",
            np.array([[0, 29], [32, 99]]),
            r"frames 30-31 between shots 0 and 1 belong to no shot",
        ),
        (
            "change_points",
            np.array([[0, 29], [60, 99], [30, 59]]),
            r"not in order: shot 2 begins at frame 30, before shot 1 at 60",
        ),
        (
            "change_points",
            np.array([[0, 29], [30, 20], [30, 99]]),
            r"shot 1 ends at frame 20, before its beginning 30",
        ),
        (
            "change_points",
            np.array([[5, 29], [30, 99]]),
            r"the first shot begins at frame 5, not 0",
        ),
        (
            "change_points",
            np.array([[0, 29], [30, 120]]),
            r"the last shot ends at frame 120, but n_frames is 100",
        ),
        (
            "change_points",
            np.array([[0, 29], [30, 89]]),
            r"frames 90-99 at the end belong to no shot",
        ),
        ("change_points", np.array([0, 30, 60]), r"shape \(3,\), expected \[shots, 2\]"),
        ("change_points", np.zeros((0, 2), int), r"holds no shots"),
        ("change_points", np.array([[0, 29.5], [30, 99]]), r"holds 29.5, expected whole numbers"),
        ("n_frame_per_seg", np.array([30, 70]), r"has 2 shots, but change_points has 3"),
        (
            "n_frame_per_seg",
            np.array([30, 31, 39]),
            r"says 31 frames for shot 1, but change_points give 30",
        ),
        ("user_summary", np.zeros((3, 99)), r"shape \(3, 99\), expected \[users, 100\]"),
        ("user_summary", np.zeros((0, FRAMES)), r"shape \(0, 100\), expected \[users, 100\]"),
        ("user_summary", np.full((3, FRAMES), 0.5), r"holds 0.5, expected only 0 and 1"),
        ("user_summary", np.full((3, FRAMES), np.nan), r"holds nan, expected only 0 and 1"),
        ("user_scores", np.zeros((3, 99)), r"shape \(3, 99\), expected \[users, 100\]"),
        ("user_scores", np.full((3, FRAMES), np.inf), r"NaN or infinite in 3 of 3 rows"),
    ],
)
def test_one_clear_line_for_every_wrong_array(path, name, value, found):
    put(path, name, value)
    with pytest.raises(UserError, match=found) as caught:
        load_dataset(path)
    text = str(caught.value)
    assert text.startswith(f"{path}:video_3/{name}: ")
    assert "\n" not in text
    assert text.count(". ") >= 1, "what was found, then what to do"


def test_picks_cannot_be_guessed(path):
    put(path, "picks", None)
    put(path, "n_frames", FRAMES + 30)
    text = message(path)
    assert text.startswith(f"{path}:video_3/picks: missing")
    assert "9 steps, but the video has 7 steps" in text


def test_nothing_tells_the_steps_or_frames(path):
    for name in ("features", "picks", "gtscore", "gtsummary", "n_steps"):
        put(path, name, None)
    assert "no entry tells the number of steps" in message(path, need_features=False)
    for name in ("n_frames", "user_summary", "user_scores", "change_points"):
        put(path, name, None)
    assert f"{path}:video_3/n_frames: missing" in message(path, need_features=False)


def test_video_of_no_steps_and_no_features(path):
    put(path, "features", None)
    put(path, "picks", np.zeros(0, int))
    assert f"{path}:video_3/picks: empty: the video has 0 steps" in message(
        path, need_features=False
    )


def test_group_in_place_of_an_array(path):
    put(path, "features", None)
    with h5py.File(path, "a") as file:
        file["video_3"].create_group("features")
    assert f"{path}:video_3/features: a group, expected an array" in message(path)


def test_damaged_array(path):
    put(path, "gtscore", None)
    with h5py.File(path, "a") as file:
        chunked = file["video_3"].create_dataset(
            "gtscore",
            data=np.random.default_rng(0).random(STEPS),
            compression="gzip",
            fletcher32=True,
        )
        offset = chunked.id.get_chunk_info(0).byte_offset
    with open(path, "r+b") as raw:
        raw.seek(offset)
        raw.write(b"damaged!")
    text = message(path)
    assert f"{path}:video_3/gtscore: cannot be read" in text
    assert "copy or download it again" in text


def test_dangling_links(path):
    put(path, "gtscore", h5py.SoftLink("/nowhere"))
    assert f"{path}:video_3/gtscore: cannot be read" in message(path)
    put(path, "gtscore", None)
    with h5py.File(path, "a") as file:
        file["video_4"] = h5py.ExternalLink("missing.h5", "/video_4")
    assert f"{path}:video_4: cannot be read" in message(path)


def test_random_damage_never_escapes_as_another_error(path):
    whole = pathlib.Path(path).read_bytes()
    rng = np.random.default_rng(1)
    refused = []
    for _ in range(300):
        broken, size = bytearray(whole), int(rng.integers(1, 12))
        start = int(rng.integers(0, len(whole) - size))
        broken[start : start + size] = rng.bytes(size)
        pathlib.Path(path).write_bytes(broken)
        try:
            load_dataset(path)
        except UserError as error:
            refused.append(str(error))
    assert len(refused) > 50
    assert not any("\n" in text for text in refused)


def test_missing_file_says_where_the_real_ones_come_from(tmp_path):
    text = message(str(tmp_path / "nothing.h5"))
    for part in (
        "nothing.h5: no such file",
        "eccv16_dataset_summe_google_pool5.h5",
        "eccv16_dataset_tvsum_google_pool5.h5",
    ):
        assert part in text
    assert "pytorch-vsumm-reinforce" in text
    assert "--dataset=demo" in text


def test_directory(tmp_path):
    assert f"{tmp_path}: a directory" in message(str(tmp_path))


@pytest.mark.parametrize(
    ("content", "found"),
    [(b"", "it is empty"), (b"<!DOCTYPE html>\n<html>", "begins with b'<!DOCTYPE")],
)
def test_not_hdf5(tmp_path, content, found):
    path = tmp_path / "data.h5"
    path.write_bytes(content)
    text = message(str(path))
    assert f"{path}: not an HDF5 file" in text
    assert found in text


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_truncated(path, share):
    size = os.path.getsize(path)
    os.truncate(path, int(size * share))
    text = message(path)
    assert f"{path}: truncated HDF5 file" in text
    assert str(int(size * share)) in text


def test_damaged_header(path):
    with open(path, "r+b") as raw:
        raw.seek(8)
        raw.write(b"\xff" * 60)
    assert f"{path}: HDF5 cannot open it" in message(path)


@pytest.mark.parametrize(
    ("entries", "found"),
    [((), "it is empty"), (("features", "picks"), "its root has only features, picks")],
)
def test_no_video_groups(tmp_path, entries, found):
    path = str(tmp_path / "data.h5")
    with h5py.File(path, "w") as file:
        for name in entries:
            file[name] = np.zeros(3)
    text = message(path)
    assert f"{path}: no video groups" in text
    assert found in text


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything"
)
def test_no_permission(path):
    os.chmod(path, 0)
    assert "Permission denied" in message(path)


def same(a, b):
    for name in (
        "features",
        "picks",
        "change_points",
        "user_summary",
        "user_scores",
        "gtscore",
        "gtsummary",
    ):
        x, y = getattr(a, name), getattr(b, name)
        assert (x is None) == (y is None), name
        if x is not None:
            assert x.dtype == y.dtype, name
            np.testing.assert_array_equal(x, y)
    assert (a.key, a.n_frames, a.name) == (b.key, b.n_frames, b.name)


def test_saved_dataset_reads_back_the_same(tmp_path):
    demo = demo_dataset()
    target = tmp_path / "new folder" / "export.h5"
    save_dataset(demo, target)
    back = load_dataset(str(target))
    assert (back.name, back.attributes) == (demo.name, demo.attributes)
    assert list(back.videos) == list(demo.videos)
    for key in demo.videos:
        same(back.videos[key], demo.videos[key])
    with h5py.File(target) as file:
        group = file["video_2"]
        assert int(group["n_steps"][()]) == 60
        assert group["n_frame_per_seg"][()].sum() == group["n_frames"][()]
        assert group["video_name"].asstr()[()] == "demo 2"
        assert group["user_summary"].dtype == np.float32
    assert [p.name for p in target.parent.iterdir()] == ["export.h5"]


def test_disk_full_is_one_line(tmp_path):
    script = (
        "import resource, sys; from tf_dictsum.util import flags as cli; from "
        "tf_dictsum.data.demo import demo_dataset\n"
        "from tf_dictsum.data.hdf5 import save_dataset\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "cli.run(lambda argv: save_dataset(demo_dataset(), sys.argv[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "full.h5")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    assert (
        done.stderr
        == f"error: {tmp_path / 'full.h5'}: cannot write it: File too large. Free space or choose another place.\n"  # noqa: E501
    )
    assert not list(tmp_path.iterdir())


def test_saving_what_is_none_leaves_it_out(path, tmp_path):
    for name in (
        "features",
        "change_points",
        "n_frame_per_seg",
        "user_summary",
        "user_scores",
        "gtscore",
        "gtsummary",
        "video_name",
    ):
        put(path, name, None)
    data = load_dataset(path, need_features=False)
    save_dataset(data, tmp_path / "again.h5")
    same(
        load_dataset(str(tmp_path / "again.h5"), need_features=False).videos["video_3"],
        data.videos["video_3"],
    )
    with h5py.File(tmp_path / "again.h5") as file:
        assert sorted(file["video_3"]) == ["n_frames", "n_steps", "picks", "video_name"]


def test_failed_save_leaves_nothing(tmp_path):
    (tmp_path / "export.h5").mkdir()
    with pytest.raises(UserError, match=r"export\.h5: cannot write it"):
        save_dataset(demo_dataset(), tmp_path / "export.h5")
    assert [p.name for p in tmp_path.iterdir()] == ["export.h5"]


def test_demo_is_built_in():
    assert load_dataset("demo").name == "demo"


@pytest.mark.parametrize(
    ("file", "name", "videos", "width"),
    [
        ("summe_annotations.h5", "SumMe", 25, None),
        ("tvsum_annotations.h5", "TVSum", 50, None),
        ("summe_standin_google_pool5.h5", "SumMe", 25, 1024),
        ("tvsum_standin_google_pool5.h5", "TVSum", 50, 1024),
        ("real_films_google_pool5.h5", "real_films_google_pool5", 7, 1024),
    ],
)
def test_real_files(file, name, videos, width):
    shared = os.environ.get("TF_DICTSUM_SHARED")
    if not shared:
        pytest.skip("TF_DICTSUM_SHARED does not name the folder of real files")
    path = str(pathlib.Path(shared, "data", file))
    data = load_dataset(path, need_features=width is not None)
    assert (data.name, len(data.videos)) == (name, videos)
    assert list(data.videos) == [f"video_{i}" for i in range(1, videos + 1)]
    if width:
        assert data.feature_size == width
    else:
        assert f"{path}:video_1/features: missing" in message(path)
    if name in ("SumMe", "TVSum"):
        assert all(video.user_summary.shape[1] == video.n_frames for video in data.videos.values())
