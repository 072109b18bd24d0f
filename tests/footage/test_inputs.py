import pytest

from tf_dictsum.footage.inputs import find_inputs
from tf_dictsum.util.errors import UserError


@pytest.fixture
def folder(tmp_path):
    for name in ("b.MP4", "a.mkv", "notes.txt", "ü ñ 日本.webm", "f.h5", "[1].mp4"):
        (tmp_path / name).touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.mov").touch()
    (tmp_path / "empty.mp4").mkdir()
    return tmp_path


def names(arguments):
    return [(i.path, i.name) for i in find_inputs(arguments)]


def test_files_as_they_are_given(folder):
    assert names([f"{folder}/notes.txt", f"{folder}/none.mp4"]) == [
        (f"{folder}/notes.txt", "notes"),
        (f"{folder}/none.mp4", "none"),
    ]
    assert find_inputs([f"{folder}/f.h5"])[0].is_features
    assert not find_inputs([f"{folder}/b.MP4"])[0].is_features
    assert names([f"{folder}/[1].mp4"]) == [
        (f"{folder}/[1].mp4", "[1]")
    ]  # a file first, a pattern second


def test_a_folder_gives_its_videos(folder):
    assert [path for path, _ in names([str(folder)])] == [
        f"{folder}/{n}" for n in ("[1].mp4", "a.mkv", "b.MP4", "ü ñ 日本.webm")
    ]


def test_folders_inside_and_hidden_files(folder):
    for place in ("._a.mkv", ".hidden.mp4", "sub/._b.mov", "sub/deep/c.mp4", ".git/d.mp4"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).touch()
    flat = ["[1].mp4", "a.mkv", "b.MP4", "ü ñ 日本.webm"]
    assert [i.path for i in find_inputs([str(folder)])] == [f"{folder}/{n}" for n in flat]
    deep = [*flat, "sub/b.mov", "sub/deep/c.mp4"]
    found = find_inputs([str(folder)], recursive=True)
    assert [i.path for i in found] == [f"{folder}/{n}" for n in deep]
    assert [i.name for i in found if "b." in i.path] == ["b.MP4", "b.mov"]
    assert find_inputs([f"{folder}/.hidden.mp4"])[0].name == ".hidden"  # named: meant


def test_an_address_is_not_read():
    with pytest.raises(UserError, match=r"https://a.b/c.mp4: an address, .* Download it first"):
        find_inputs(["https://a.b/c.mp4"])


def test_patterns(folder):
    assert [n for _, n in names([f"{folder}/?.m*"])] == ["a"]
    assert [n for _, n in names([f"{folder}/**/*.mov"])] == ["b"]


def test_every_file_once_and_names_that_differ(folder):
    found = names([f"{folder}/b.MP4", f"{folder}/sub/b.mov", f"{folder}/b.MP4", str(folder)])
    assert len(found) == 5
    assert found[:2] == [(f"{folder}/b.MP4", "b.MP4"), (f"{folder}/sub/b.mov", "b.mov")]
    (folder / "sub" / "b.MP4").touch()
    assert [n for _, n in names([f"{folder}/b.MP4", f"{folder}/sub/b.MP4"])] == ["b.MP4", "b.MP4-2"]


def test_nothing_to_do(folder):
    with pytest.raises(
        UserError, match=r"no video is named, as in: python -m tf_dictsum.summarize holiday.mp4"
    ):
        find_inputs([])
    with pytest.raises(
        UserError, match=r"empty.mp4: a folder without videos .* Name the files themselves"
    ):
        find_inputs([f"{folder}/empty.mp4"])
    with pytest.raises(UserError, match=r"x\*.mp4: no file matches this pattern"):
        find_inputs([f"{folder}/x*.mp4"])
