"""JSON and CSV of a summary."""

import csv
import json
import pathlib
import re
from types import MappingProxyType

import numpy as np
import pytest
from summary_examples import Material, make_summary

from tf_dictsum.render.edl import as_edl
from tf_dictsum.render.page import as_page
from tf_dictsum.render.summary_csv import COLUMNS, write_summary_csv
from tf_dictsum.render.summary_json import as_json, write_summary_json


def test_json_says_everything(tmp_path: pathlib.Path, material: Material):
    write_summary_json(tmp_path / "s.json", material.summary)
    said = json.loads((tmp_path / "s.json").read_text())
    assert said["video"] == str(material.video)
    assert (said["fps"], said["n_frames"], said["duration"]) == (
        pytest.approx(30),
        240,
        pytest.approx(8),
    )
    assert (said["width"], said["height"]) == (256, 144)
    assert said["method"] == "representative"
    assert "no trained model" in said["method_text"]
    assert said["extractor"] == {"network": "bvlc_googlenet", "layer": "pool5", "fps": 2.0}
    first, second = said["segments"]
    assert (first["start_frame"], first["end_frame"], first["n_frames"], first["shot"]) == (
        40,
        89,
        50,
        2,
    )
    assert (first["start_timecode"], first["end_timecode"]) == ("00:00:01.333", "00:00:03.000")
    assert (second["clip_start"], second["clip_end"]) == (
        pytest.approx(50 / 30),
        pytest.approx(110 / 30),
    )
    assert said["summary_frames"] == 110
    assert [key["file"] for key in said["key_frames"]] == [
        "holiday-keyframe-001-00h00m02.000s.jpg",
        "holiday-keyframe-002-00h00m05.000s.jpg",
    ]
    assert [shot["chosen"] for shot in said["shots"]] == [False, True, False, True, False]
    assert len(said["scores"]) == len(said["picks"]) == len(said["pick_seconds"]) == 16


def test_shots_have_one_number_everywhere(tmp_path: pathlib.Path, material: Material):
    said = as_json(material.summary)
    numbers = [segment["shot"] for segment in said["segments"]]
    assert numbers == [2, 4]
    for segment in said["segments"]:
        shot = next(shot for shot in said["shots"] if shot["number"] == segment["shot"])
        assert shot["chosen"]
        assert shot["start_frame"] <= segment["start_frame"] <= segment["end_frame"]
    assert {key["shot"] for key in said["key_frames"]} == set(numbers)
    edl = as_edl(material.summary, sound=False)
    assert re.findall(r"COMMENT: shot (\d+)", edl) == ["2", "4"]
    page = as_page(material.summary, [], folder=tmp_path, has_clip=True)
    assert re.findall(r'<tr data-segment="\d+"><td>(\d+)</td>', page) == ["2", "4"]
    assert re.findall(r"<title>Shot (\d+):", page) == ["2", "4"]
    assert '"shots": [2, 4]' in page
    write_summary_csv(tmp_path / "s.csv", material.summary)
    rows = csv.DictReader((tmp_path / "s.csv").read_text().splitlines())
    assert [row["shot"] for row in rows] == ["2", "4"]


def test_json_takes_any_extractor(tmp_path: pathlib.Path, material: Material):
    extractor = MappingProxyType(
        {
            "mean": np.array([104.0, 117.0]),
            "fps": np.float32(2),
            "nested": MappingProxyType({"a": (1, 2)}),
        }
    )
    summary = make_summary(
        material.video, material.info, material.line, [(0, 239)], [], extractor=extractor
    )
    write_summary_json(tmp_path / "s.json", summary)
    said = json.loads((tmp_path / "s.json").read_text())
    assert said["extractor"] == {"mean": [104.0, 117.0], "fps": 2.0, "nested": {"a": [1, 2]}}
    assert said["segments"] == []


def test_csv_has_a_row_per_segment(tmp_path: pathlib.Path, material: Material):
    write_summary_csv(tmp_path / "s.csv", material.summary)
    with open(tmp_path / "s.csv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert tuple(rows[0]) == COLUMNS
    assert [
        (row["segment"], row["start_frame"], row["end_frame"], row["n_frames"]) for row in rows
    ] == [
        ("1", "40", "89", "50"),
        ("2", "120", "179", "60"),
    ]
    assert [row["start_timecode"] for row in rows] == ["00:00:01.333", "00:00:04.000"]
    assert {(row["video"], row["fps"], row["method"], row["extractor"]) for row in rows} == {
        (str(material.video), "30.000000", "representative", "bvlc_googlenet pool5")
    }


def test_csv_quotes_whatever_a_file_is_called(tmp_path: pathlib.Path, material: Material):
    name = 'a, "b"\r\nc 日本.mp4'
    summary = make_summary(
        tmp_path / name, material.info, material.line, [(0, 239)], [0], extractor={"layer": "pool5"}
    )
    write_summary_csv(tmp_path / "s.csv", summary)
    with open(tmp_path / "s.csv", encoding="utf-8", newline="") as handle:
        (row,) = csv.DictReader(handle)
    assert row["video"].startswith(f'{tmp_path}/a, "b"')
    assert json.loads(row["extractor"]) == {"layer": "pool5"}
