"""docs/video.md names every file, key and column that there is."""

import pathlib

import pytest
from summary_examples import Material

from tf_dictsum.render.names import KINDS, key_frame_name, output_name
from tf_dictsum.render.summary_csv import COLUMNS
from tf_dictsum.render.summary_json import as_json
from tf_dictsum.summary.summary import KeyFrame

DOCS = (pathlib.Path(__file__).parents[2] / "docs" / "video.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_files(kind: str):
    key = KeyFrame(3, 2174, 72.48, 5, 0.7)
    name = key_frame_name("holiday", key) if kind == "keyframes" else output_name("holiday", kind)
    assert f"| `{name}` | `{kind}`" in DOCS


def test_keys_and_columns(material: Material):
    said = as_json(material.summary)
    for key in [*said, *said["segments"][0], *said["key_frames"][0], *said["shots"][0], *COLUMNS]:
        assert f"`{key}`" in DOCS, key
