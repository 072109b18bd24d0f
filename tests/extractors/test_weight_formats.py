import numpy as np
import pytest
from googlenet_weights import caffemodel, onnx_model, random_weights
from hypothesis import given
from hypothesis import strategies as st

from tf_dictsum.extractors.extractor import checksum
from tf_dictsum.extractors.weight_formats import read_weights
from tf_dictsum.extractors.wire import fields, packed_integers
from tf_dictsum.util.errors import UserError

WRITERS = {
    "caffemodel, old": lambda arrays: caffemodel(arrays, True),
    "caffemodel, new": lambda arrays: caffemodel(arrays, False),
    "onnx, raw": lambda arrays: onnx_model(arrays, True),
    "onnx, floats": lambda arrays: onnx_model(arrays, False),
}


@pytest.fixture(scope="module")
def some():
    """A few layers: whole networks take seconds to write."""
    return {k: v for k, v in random_weights().items() if k.startswith(("conv", "inception_3a/"))}


@pytest.mark.parametrize("kind", WRITERS)
def test_all_formats_give_the_same_arrays(tmp_path, some, kind):
    (tmp_path / "weights.bin").write_bytes(WRITERS[kind](some))
    found = read_weights(tmp_path / "weights.bin")
    assert set(found) - {"loss3/classifier/kernel", "loss3/classifier/bias"} == set(some)
    for name, values in some.items():
        np.testing.assert_array_equal(found[name], values)
    assert checksum({name: found[name] for name in some}) == checksum(some)


def test_npz(tmp_path, some):
    np.savez(tmp_path / "w.npz", **some)
    found = read_weights(tmp_path / "w.npz")
    assert checksum(found) == checksum(some)
    content = (tmp_path / "w.npz").read_bytes()
    (tmp_path / "w.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"w.npz: not an .npz archive of arrays"):
        read_weights(tmp_path / "w.npz")


def test_the_checksum_sees_every_value_name_and_shape(some):
    name = "conv2/3x3/bias"
    changed = some[name].copy()
    changed[5] += 1e-6
    sums = {
        checksum(some),
        checksum({**some, name: changed}),
        checksum({**some, name: some[name][None]}),
    }
    sums |= {checksum({("x" if k == name else k): v for k, v in some.items()})}
    assert len(sums) == 4


@pytest.mark.parametrize("kind", WRITERS)
def test_cut_files(tmp_path, some, kind):
    content = WRITERS[kind](some)
    (tmp_path / "cut.bin").write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(
        UserError,
        match=r"cut.bin: neither a .caffemodel, an ONNX model nor an .npz of weights \(.*Copy or download it again",  # noqa: E501
    ):
        read_weights(tmp_path / "cut.bin")


def test_other_files(tmp_path):
    with pytest.raises(UserError, match="none: no such file"):
        read_weights(tmp_path / "none")
    with pytest.raises(UserError, match="cannot read it: Is a directory"):
        read_weights(tmp_path)
    (tmp_path / "w").touch()
    with pytest.raises(UserError, match="w: an empty file"):
        read_weights(tmp_path / "w")
    (tmp_path / "w").write_text("<!DOCTYPE html><title>404</title>")
    with pytest.raises(UserError, match=r"neither a \.caffemodel"):
        read_weights(tmp_path / "w")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_value_error(content):
    try:
        for _, value in fields(memoryview(content)):
            packed_integers(value)
    except ValueError:
        pass
