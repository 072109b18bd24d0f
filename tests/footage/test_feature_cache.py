import dataclasses
import os
import time
from fractions import Fraction

import numpy as np
import pytest

from tf_dictsum.footage.extraction import Part
from tf_dictsum.footage.feature_cache import FeatureCache, fingerprint
from tf_dictsum.footage.footage import Footage
from tf_dictsum.util.errors import UserError
from tf_dictsum.video.info import Beginning, Timeline

KEY = {"size": 3, "backbone": "googlenet"}


@pytest.fixture
def footage():
    timeline = Timeline(np.array([0, 512, 1030], np.int64), Fraction(1, 12800), -1024, False)
    rows = np.random.default_rng(0).random((2, 5), np.float32)
    return Footage(
        "a/b.mp4",
        "b",
        64,
        36,
        timeline,
        np.array([0, 2]),
        rows,
        {"network": "x", "fps": 2.0},
        warnings=("cut off",),
    )


def test_what_goes_in_comes_out(tmp_path, footage):
    cache = FeatureCache(tmp_path / "cache")
    assert cache.load(KEY, "a/b.mp4", "b") is None
    cache.save(KEY, footage)
    found = cache.load(KEY, "moved.mp4", "moved")
    assert (found.video, found.name, found.width, found.height) == ("moved.mp4", "moved", 64, 36)
    assert (found.extractor, found.warnings, found.change_points) == (
        footage.extractor,
        footage.warnings,
        None,
    )
    assert (found.timeline.time_base, found.timeline.start, found.timeline.exact) == (
        Fraction(1, 12800),
        -1024,
        False,
    )
    np.testing.assert_array_equal(found.timeline.ticks, footage.timeline.ticks)
    np.testing.assert_array_equal(found.picks, footage.picks)
    np.testing.assert_array_equal(found.features, footage.features)
    assert cache.load({**KEY, "backbone": "ResNet50"}, "b.mp4", "b") is None
    assert [p.suffix for p in (tmp_path / "cache").iterdir()] == [".npz"]


def test_weights_tell_entries_apart(tmp_path, footage):
    """Without a word about weights, the features that were used last are good."""
    cache = FeatureCache(tmp_path)
    for number, weights in enumerate(("a" * 64, "b" * 64)):
        record = {**footage.extractor, "weights": weights}
        cache.save(KEY, dataclasses.replace(footage, extractor=record))
        os.utime(cache._file(KEY, weights), (1000 + number, 1000 + number))
    assert cache.load(KEY, "", "", "a" * 64).extractor["weights"] == "a" * 64
    assert cache.load(KEY, "", "", "c" * 64) is None
    os.utime(cache._file(KEY, "a" * 64), (1000, 1000))
    assert cache.load(KEY, "", "").extractor["weights"] == "b" * 64
    file = tmp_path / "weights.npz"
    file.write_bytes(b"x")
    assert cache.weights_of(file) is None
    cache.remember_weights(file, "a" * 64)
    assert cache.weights_of(file) == "a" * 64
    file.write_bytes(b"another file")
    assert cache.weights_of(file) is None


def test_what_dead_runs_left_is_swept(tmp_path, footage):
    cache, now = FeatureCache(tmp_path), time.time()
    ages = {".ab.partial.x.npz": 2, ".cd.partial.y.npz": 0.1, "x-1.part": 40, "y-1.part": 5}
    for name, days in ages.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (now - days * 86400,) * 2)
    cache.save(KEY, footage)
    left = {file.name for file in tmp_path.iterdir() if file.suffix != ".npz" or "y" in file.name}
    assert left == {".cd.partial.y.npz", "y-1.part"}


def test_a_damaged_part_is_done_without(tmp_path, footage, caplog):
    cache = FeatureCache(tmp_path)
    beginning = Beginning(footage.timeline, np.zeros(3, np.float32), "torn")
    part = Part(footage.features, footage.picks, np.zeros((2, 5), np.float32), beginning)
    cache.save_part(KEY, "w", part)
    back = cache.load_part(KEY, "w")
    np.testing.assert_array_equal(back.features, part.features)
    assert (back.beginning.problem, back.beginning.timeline.start) == ("torn", -1024)
    assert cache.load_part(KEY, "v") is None
    (file,) = tmp_path.glob("*.part")
    file.write_bytes(file.read_bytes()[:100])
    assert cache.load_part(KEY, "w") is None
    assert "unreadable part of a video" in caplog.text


def test_a_damaged_entry_is_done_without(tmp_path, footage, caplog):
    cache = FeatureCache(tmp_path)
    cache.save(KEY, footage)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    start = whole.index(footage.features.tobytes())
    changed = whole[:start] + b"????" + whole[start + 4 :]
    for damaged in (whole[: len(whole) // 2], b"", b"nonsense", changed):
        file.write_bytes(damaged)
        caplog.clear()
        assert cache.load(KEY, "b.mp4", "b") is None
        assert "unreadable cache entry" in caplog.text
    cache.save(KEY, footage)
    assert cache.load(KEY, "b.mp4", "b") is not None


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path, footage, caplog):
    (tmp_path / "file").write_text("")
    FeatureCache(tmp_path / "file" / "cache").save(KEY, footage)
    assert "features are not cached" in caplog.text
    assert FeatureCache(tmp_path / "file" / "cache").load(KEY, "b.mp4", "b") is None


def test_the_oldest_go_when_it_grows(tmp_path, footage):
    cache = FeatureCache(tmp_path)
    for n in range(3):
        cache.save({"n": n}, footage)
        os.utime(cache._file({"n": n}, ""), (1000 + n, 1000 + n))
    cache.load({"n": 0}, "", "")  # used just now
    size = cache._file({"n": 0}, "").stat().st_size
    FeatureCache(tmp_path, largest=2 * size + 1).save({"n": 3}, footage)
    assert [cache.load({"n": n}, "", "") is not None for n in range(4)] == [
        True,
        False,
        False,
        True,
    ]
    FeatureCache(tmp_path, largest=1).save({"n": 4}, footage)
    assert len(list(tmp_path.iterdir())) == 1


def test_default_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert FeatureCache().folder == tmp_path / "tf_dictsum" / "features"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert FeatureCache().folder.parts[-3:] == (".cache", "tf_dictsum", "features")


def test_fingerprint(tmp_path):
    file = tmp_path / "v.mp4"
    file.write_bytes(bytes(3 << 20))
    before = fingerprint(file)
    assert before == fingerprint(file)
    assert before["size"] == 3 << 20
    os.utime(file, ns=(5, 5))
    assert fingerprint(file) == {**before, "mtime_ns": 5}
    with open(file, "r+b") as handle:
        handle.seek(-1, os.SEEK_END)
        handle.write(b"x")
    os.utime(file, ns=(5, 5))
    assert fingerprint(file)["ends"] != before["ends"]
    with pytest.raises(UserError, match=r"none.mp4: no such file"):
        fingerprint(tmp_path / "none.mp4")
