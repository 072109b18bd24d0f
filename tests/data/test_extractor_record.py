"""Features say what made them; two records are compared."""

import json

import h5py
import pytest

from tf_dictsum.data.extractor_record import check_extractor, extractor_attributes, read_extractor
from tf_dictsum.util.errors import UserError

RECORD = {
    "network": "bvlc_googlenet",
    "layer": "pool5",
    "preprocessing": "crop",
    "weights": "a" * 64,
    "fps": 2.0,
}


def test_there_and_back(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        assert read_extractor(file) is None
        file.attrs.update(extractor_attributes(RECORD))
        group = file.create_group("video_1")
        assert read_extractor(file) == read_extractor(group) == RECORD
        group.attrs.update(extractor_attributes({**RECORD, "fps": 1.0}))
        assert read_extractor(group) == {**RECORD, "fps": 1.0}
    assert read_extractor(path) == read_extractor(extractor_attributes(RECORD)) == RECORD
    assert read_extractor({}) is None


@pytest.mark.parametrize("text", ["{", "[]", "3", json.dumps({"network": "x"})])
def test_damaged_record(text):
    with pytest.raises(
        UserError, match=r"features file: its attribute 'extractor' is not a record of an extractor"
    ):
        read_extractor({"extractor": text})


def test_comparison():
    check_extractor(RECORD, dict(RECORD), "x.h5")
    check_extractor(None, RECORD, "x.h5")
    check_extractor(RECORD, {}, "x.h5")
    with pytest.raises(
        UserError,
        match=r"x.h5: not the features .*\(weights bbbbbbbbbbbb here, aaaaaaaaaaaa there\). Extract them with",  # noqa: E501
    ):
        check_extractor(RECORD, {**RECORD, "weights": "b" * 64}, "x.h5")
    with pytest.raises(
        UserError, match=r"\(layer pool4 here, pool5 there; fps 1.0 here, 2.0 there\)"
    ):
        check_extractor(RECORD, {**RECORD, "layer": "pool4", "fps": 1.0}, "x.h5")
    with pytest.raises(UserError, match=r"layer None here"):
        check_extractor(RECORD, {"network": "bvlc_googlenet"}, "x.h5")
