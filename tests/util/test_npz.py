"""Archives of arrays: what they declare is what they store, or one line."""

import io
import struct
import zipfile

import numpy as np
import pytest

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.npz import read_npz


def message(path):
    with pytest.raises(UserError) as caught:
        read_npz(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: not an .npz archive of arrays (")
    return text


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.npz"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_arrays_come_back(path, save):
    arrays = {
        "a": np.arange(6.0).reshape(2, 3),
        "f": np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)),
        "s": np.array("text"),
        "none": np.zeros((0, 4), np.float32),
        "x/y": np.array([True]),
    }
    save(path, **arrays)
    found = read_npz(path)
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array, strict=True)


def archive(path, content, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("a.npy", content)


def header(shape, descr="<f8", order=False):
    text = repr({"descr": descr, "fortran_order": order, "shape": shape}).encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) + 1) + text + b"\n"


def test_declared_sizes_are_compared(path):
    archive(path, header((1 << 40,)))
    assert "a.npy declares 8,796,093,022,208 bytes, 0 are stored" in message(path)
    archive(path, header((1 << 70,)) + b"\0" * 80)
    assert "declares" in message(path)


def test_a_bomb_is_refused(path):
    archive(path, header((40 << 20,)) + bytes(320 << 20))
    assert path.stat().st_size < 1 << 20
    assert "would fill" in message(path)


def test_objects_are_not_unpickled(path):
    np.savez(path, a=np.array([{}], object))
    assert "Python objects" in message(path)


def test_other_files(path):
    for content in (b"", b"PK", b"\x93NUMPY"):
        path.write_bytes(content)
        message(path)
    image = io.BytesIO()
    np.save(image, np.zeros(3))
    path.write_bytes(image.getvalue())
    message(path)
    archive(path, b"no array")
    message(path)
    with pytest.raises(UserError, match="no such file"):
        read_npz(path.with_name("none"))


def test_damage_is_found_by_the_checksum(path):
    np.savez(path, a=np.zeros(1000))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "Bad CRC-32" in message(path)
