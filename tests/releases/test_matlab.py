"""MATLAB files of both formats read alike; damaged ones are refused in one line."""

import pathlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mat_files import write_mat

from tf_dictsum.releases.matlab import read_mat
from tf_dictsum.util.errors import UserError

BOTH = pytest.mark.parametrize("version", ["5", "7.3"])

CONTENT = {
    "matrix": np.arange(6.0).reshape(2, 3),
    "small": np.array([[1, 2]], np.uint8),
    "text": "héllo wörld",
    "none": np.zeros((0, 0)),
    "cells": [np.array([[1.0, 2.0]]), "two", ["three", np.array([[4.0], [5.0]])]],
    "one": {"name": "a", "size": np.array([[3.0]])},
    "many": [{"name": "a", "size": np.ones((2, 3))}, {"name": "b", "size": np.zeros((1, 2))}],
}


def same(a, b):
    if isinstance(b, np.ndarray):
        np.testing.assert_array_equal(a, b)
        return True
    if isinstance(b, list):
        return isinstance(a, list) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(b, dict):
        return isinstance(a, dict) and a.keys() == b.keys() and all(same(a[k], b[k]) for k in b)
    return type(a) is type(b) and a == b


@BOTH
def test_every_kind_of_value(tmp_path, version):
    found = read_mat(write_mat(tmp_path / "a.mat", CONTENT, version))
    expected = {
        **CONTENT,
        "many": {"name": ["a", "b"], "size": [np.ones((2, 3)), np.zeros((1, 2))]},
    }
    assert same(found, expected)


@BOTH
def test_cells_come_in_column_major_order(tmp_path, version):
    if version == "5":
        import scipy.io

        cells = np.empty((2, 2), object)
        for row in range(2):
            for column in range(2):
                cells[row, column] = np.array([[10.0 * row + column]])
        scipy.io.savemat(tmp_path / "a.mat", {"c": cells})
    else:
        import h5py

        with h5py.File(
            tmp_path / "a.mat", "w", userblock_size=512
        ) as file:  # HDF5's axes are MATLAB's reversed
            for row in range(2):
                for column in range(2):
                    file[f"#refs#/r{row}{column}"] = np.array([[10.0 * row + column]])
            cells = file.create_dataset("c", (2, 2), h5py.ref_dtype)
            for row in range(2):
                for column in range(2):
                    cells[column, row] = file[f"#refs#/r{row}{column}"].ref
    assert [float(value[0, 0]) for value in read_mat(tmp_path / "a.mat")["c"]] == [0, 10, 1, 11]


names = st.text("abcdefgh", min_size=1, max_size=5)
arrays = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(0, 99)).map(
    lambda t: np.random.default_rng(t[2]).random(t[:2])
)
texts = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=8)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        names,
        arrays | texts | st.lists(arrays | texts, min_size=1, max_size=3),
        min_size=1,
        max_size=3,
    )
)
def test_both_formats_read_the_same(tmp_path, content):
    found = [read_mat(write_mat(tmp_path / f"{v}.mat", content, v)) for v in ("5", "7.3")]
    assert same(found[0], content)
    assert same(found[1], content)


def message(path):
    with pytest.raises(UserError) as caught:
        read_mat(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    return text


def test_missing_directory_and_other_files(tmp_path):
    assert "no such file" in message(tmp_path / "none.mat")
    assert "Is a directory" in message(tmp_path)
    page = tmp_path / "page.mat"
    page.write_bytes(b"<!DOCTYPE html>")
    assert "not a MATLAB file (it begins with b'<!DOCTYPE html>')" in message(page)
    page.write_bytes(b"")
    assert "not a MATLAB file (it is empty)" in message(page)


@BOTH
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_truncated(tmp_path, version, share):
    path = write_mat(
        tmp_path / "a.mat", {"numbers": np.random.default_rng(0).random((50, 60))}, version
    )
    whole = pathlib.Path(path).read_bytes()
    pathlib.Path(path).write_bytes(whole[: int(len(whole) * share)])
    text = message(path)
    assert "truncated or damaged MATLAB file" in text
    assert f"{int(len(whole) * share)} bytes" in text


def test_truncated_within_the_header(tmp_path):
    path = write_mat(tmp_path / "a.mat", CONTENT, "7.3")
    pathlib.Path(path).write_bytes(pathlib.Path(path).read_bytes()[:300])
    assert "no HDF5 content" in message(path)


@BOTH
def test_random_damage_never_escapes_as_another_error(tmp_path, version):
    path = pathlib.Path(write_mat(tmp_path / "a.mat", CONTENT, version))
    whole = path.read_bytes()
    rng = np.random.default_rng(3)
    refused = []
    for _ in range(150):
        broken, size = bytearray(whole), int(rng.integers(1, 12))
        start = int(rng.integers(0, len(whole) - size))
        broken[start : start + size] = rng.bytes(size)
        path.write_bytes(broken)
        try:
            read_mat(path)
        except UserError as error:
            refused.append(str(error))
    assert len(refused) > 20
    assert not any("\n" in text for text in refused)
