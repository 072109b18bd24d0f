"""HDF5 files that declare more than they store, or point into other files, are refused before
anything is read.
"""

import h5py
import numpy as np
import pytest

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.util.errors import UserError


@pytest.fixture
def path(tmp_path, small_dataset):
    return small_dataset(tmp_path / "data.h5")


def refusal(path):
    with pytest.raises(UserError) as caught:
        load_dataset(str(path))
    return str(caught.value)


def replace(path, name, make):
    with h5py.File(path, "a") as file:
        group = file["video_1"]
        if name in group:
            del group[name]
        make(group, name)


def test_terabytes_are_not_believed(path):
    replace(path, "features", lambda g, n: g.create_dataset(n, (1 << 30, 1000), "f4", chunks=True))
    text = refusal(path)
    assert text.startswith(f"{path}:video_1/features: would fill 17,")
    assert "copy or download it again" in text


def test_what_was_never_written(path):
    replace(path, "features", lambda g, n: g.create_dataset(n, (11, 7), "f4"))
    assert "video_1/features: declares 308 bytes, but none are stored" in refusal(path)


def test_a_chunk_that_unfolds(path):
    def make(group, name):
        group.create_dataset(name, data=np.zeros((9, 7), np.float32), maxshape=(None, None), chunks=(1 << 13, 1 << 13), compression="gzip")  # fmt: skip  # noqa: E501

    replace(path, "features", make)
    assert "would fill" in refusal(path)


def test_external_storage_is_not_followed(path, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(11 * 7 * 4))
    replace(
        path,
        "features",
        lambda g, n: g.create_dataset(n, (11, 7), "f4", external=[(str(secret), 0, 308)]),
    )
    text = refusal(path)
    assert "video_1/features: its values lie in another file" in text
    assert "external storage is not read" in text


def test_links_into_other_files_are_not_followed(path, tmp_path, small_dataset):
    other = small_dataset(tmp_path / "other.h5")
    replace(path, "features", lambda g, n: g.__setitem__(n, h5py.ExternalLink(other, "/video_1/features")))  # fmt: skip  # noqa: E501
    assert "video_1/features: a link into another file" in refusal(path)
    with h5py.File(path, "a") as file:
        del file["video_1"]
        file["video_1"] = h5py.ExternalLink(other, "/video_1")
    assert f"{path}:video_1: cannot be read (a link into another file" in refusal(path)


def test_a_virtual_array_of_itself(path):
    def make(group, name):
        layout = h5py.VirtualLayout((11, 7), "f4")
        layout[:] = h5py.VirtualSource(".", f"{group.name}/{name}", (11, 7))
        group.create_virtual_dataset(name, layout)

    replace(path, "features", make)
    assert "video_1/features: a virtual array" in refusal(path)


@pytest.mark.parametrize("n_frames", [3 * 10**7, 2**53, 2**62])
def test_a_length_that_nothing_comes_near_to(path, n_frames):
    for name in ("user_summary", "change_points", "n_frame_per_seg"):
        replace(path, name, lambda g, n: None)
    replace(path, "n_frames", lambda g, n: g.__setitem__(n, n_frames))
    text = refusal(path)
    assert "video_1/n_frames: " in text
    assert "Store" in text


def test_long_videos_are_read(path):
    steps = 150_000  # 21 hours at two a second
    replace(path, "n_steps", lambda g, n: None)
    for name in ("user_summary", "change_points", "n_frame_per_seg", "gtscore"):
        replace(path, name, lambda g, n: None)
    replace(path, "features", lambda g, n: g.__setitem__(n, np.ones((steps, 7), np.float32)))
    replace(path, "picks", lambda g, n: g.__setitem__(n, np.arange(steps) * 15))
    replace(path, "n_frames", lambda g, n: g.__setitem__(n, steps * 15))
    assert load_dataset(str(path)).videos["video_1"].n_frames == steps * 15


def test_a_heap_of_texts_that_never_ends(path):
    with h5py.File(path, "a") as file:
        file.attrs["note"] = "some text"
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL\x01")
    size = int.from_bytes(content[heap + 16 + 8 : heap + 16 + 16], "little")
    content[heap + 24 : heap + 32] = ((1 << 64) - 16).to_bytes(8, "little")
    assert 0 < size < 4096
    path.write_bytes(content)
    assert "its texts are damaged" in refusal(path)


def test_a_text_that_is_longer_than_the_file(path):
    with h5py.File(path, "a") as file:
        offset = file["video_1/video_name"].id.get_offset()
    content = bytearray(path.read_bytes())
    content[offset : offset + 4] = (1 << 31).to_bytes(4, "little")
    path.write_bytes(content)
    assert "a text of 2,147,483,648 bytes" in refusal(path)
    content[offset + 4 : offset + 12] = (1 << 40).to_bytes(8, "little")
    path.write_bytes(content)
    assert "video_1/video_name: a text of 2,147,483,648 bytes" in refusal(path)


def test_lists_of_several_lengths_in_an_attribute(path):
    with h5py.File(path, "a") as file:
        kind = h5py.vlen_dtype(np.uint8)
        lists = np.empty(1, object)
        lists[0] = np.array([1, 2], np.uint8)
        file["video_1"].attrs.create("file", lists, dtype=kind)
    assert "its attribute 'file'" in refusal(path)


def test_a_large_attribute(path):
    with h5py.File(path, "w", libver="latest") as file:
        file.attrs["note"] = np.zeros(2 << 20, np.uint8)
    assert "its attribute 'note' has 2,097,152 bytes" in refusal(path)
