"""The committed halving rule."""

import hashlib

import numpy as np
import pytest

from tf_dictsum.data.halves import halves, inner_folds
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.times import times_of
from tf_dictsum.data.video import Dataset, Video


def _dataset(names):
    videos = {
        f"video_{i}": Video(f"video_{i}", None, np.arange(3) * 15, 45, name=name)
        for i, name in enumerate(names)
    }
    return Dataset("made", "made", videos)


def test_sorted_by_the_digest_of_the_name_whatever_the_order_of_the_file():
    names = ["b", "a", "Österreich", "d", "e"]
    first, second = halves(_dataset(names))
    order = sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    assert [names[int(k[6:])] for k in (*first, *second)] == order
    assert (len(first), len(second)) == (3, 2)
    again = halves(_dataset(names[::-1]))
    assert [names[::-1][int(k[6:])] for k in again[0]] == order[:3]


def test_without_a_name_the_key_is_hashed():
    first, second = halves(_dataset(["", ""]))
    order = sorted(["video_0", "video_1"], key=lambda k: hashlib.sha256(k.encode()).hexdigest())
    assert [*first, *second] == order


def test_the_halves_of_tvsum_are_these(shared):
    dataset = load_dataset(str(shared / "data" / "tvsum_annotations.h5"), need_features=False)
    first, second = halves(dataset)
    assert len(first) == len(second) == 25
    assert not set(first) & set(second)
    names = ",".join(dataset.videos[key].name for key in (*first, *second))
    assert hashlib.sha256(names.encode()).hexdigest()[:16] == "1d24219ef3e2da53"


def test_every_key_is_held_out_once():
    keys = tuple("abcdefg")
    folds = inner_folds(keys, 3)
    assert sorted(key for _, held in folds for key in held) == sorted(keys)
    assert all(
        set(fit) | set(held) == set(keys) and not set(fit) & set(held) for fit, held in folds
    )


@pytest.mark.parametrize("folds", [1, 4])
def test_folds_that_cannot_be_made(folds):
    with pytest.raises(
        ValueError, match=f"folds must be from 2 to the number of videos 3, not {folds}"
    ):
        inner_folds(("a", "b", "c"), folds)


def test_times_come_from_the_frame_rate_or_count_half_seconds():
    video = Video("v", None, np.array([0, 15, 30]), 45, attributes={"fps": 25.0})
    np.testing.assert_allclose(times_of(video), [0, 0.6, 1.2])
    for fps in (None, 0.0, float("nan"), "25"):
        bare = Video("v", None, np.array([0, 15, 30]), 45, attributes={"fps": fps})
        np.testing.assert_allclose(times_of(bare), [0, 0.5, 1.0])
