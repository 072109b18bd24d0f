"""Files are whole or absent, and every way in which reading fails is one line."""

import json
import os

import pytest

from tf_dictsum.util import files
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import (
    atomic_path,
    read_bytes,
    read_json,
    read_text,
    sweep_partials,
    write_json,
    write_text,
)


def message(call, *arguments):
    with pytest.raises(UserError) as caught:
        call(*arguments)
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 2000
    return text


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("7" * 5000, "a number in it has thousands of digits"),
        ('{"a": 1, "a": 2}', "the key 'a' is there twice in one object. Keep one"),
        ('{"K": 1, "K": 2}'.replace("K", "k" * 4000), "the key 'kkk"),
        ("{", "not a JSON file"),
        ("", "not a JSON file"),
        (b"\xff\xfe\x00", "not a JSON file"),
    ],
)
def test_json_that_is_none(tmp_path, content, finding):
    path = tmp_path / "a.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    text = message(read_json, path)
    assert text.startswith(f"{path}: ")
    assert finding in text


def test_json_that_would_fill_the_memory(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("[" + "[]," * 6_000_000 + "0]")
    assert "would fill" in message(read_json, path)


def test_json_comes_back(tmp_path):
    value = {"a": [1, 2.5, None, True, "ü\U0001f600"], "b": {"c": []}}
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    many = [[i, i + 0.5] for i in range(50_000)]
    (tmp_path / "b.json").write_text(json.dumps(many))
    assert read_json(tmp_path / "b.json") == many


def test_what_cannot_be_read(tmp_path):
    assert message(read_bytes, tmp_path / "none") == f"{tmp_path / 'none'}: no such file."
    assert message(read_bytes, tmp_path / "none", "Look.").endswith("no such file. Look.")
    assert message(read_bytes, tmp_path) == f"{tmp_path}: cannot read it: Is a directory."
    (tmp_path / "a").write_bytes(b"ab\xff")
    assert "not a text file; expected prose (byte 2" in message(read_text, tmp_path / "a", "prose")


@pytest.mark.parametrize(
    "name", ["n" * 255, "n" * 250 + ".json", "ü" * 125 + ".h5", "a." + "b" * 253]
)
def test_every_name_that_the_disk_takes_can_be_written(tmp_path, name):
    write_text(tmp_path / name, "whole")
    assert (tmp_path / name).read_text() == "whole"
    assert os.listdir(tmp_path) == [name]


def test_a_name_that_is_too_long(tmp_path):
    assert "File name too long" in message(write_text, tmp_path / ("n" * 256), "x")
    assert os.listdir(tmp_path) == []


def test_the_partial_file_has_the_suffixes_and_not_the_name(tmp_path):
    with atomic_path(tmp_path / "epoch-002.weights.h5") as partial:
        partial.write_text("x")
        assert partial.name.endswith(".partial.weights.h5")
        assert "epoch-002" not in partial.name


def test_content_name_and_folder_reach_the_disk_in_this_order(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace

    def watched(handle):
        calls.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "content")
        fsync(handle)

    monkeypatch.setattr(files.os, "fsync", watched)
    monkeypatch.setattr(files.os, "replace", lambda a, b: (calls.append("name"), replace(a, b)))
    write_text(tmp_path / "a", "x")
    assert calls == ["content", "name", "folder"]


def test_what_kills_left_is_swept_and_nothing_else(tmp_path):
    kept = [tmp_path / "a.json", tmp_path / ".hidden", tmp_path / "x" / "b.partial.json"]
    left = [
        tmp_path / ".0123abcd.partial.json",
        tmp_path / "x" / ".0123abcd.partial.epoch-002.json",
    ]
    (tmp_path / "x").mkdir()
    for path in (*kept, *left):
        path.write_text("")
    sweep_partials(tmp_path)
    assert [path.exists() for path in kept] == [True] * 3
    assert [path.exists() for path in left] == [False] * 2
