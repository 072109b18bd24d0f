"""The page as text: self-contained, escaped, complete."""

import dataclasses
import html.parser
import pathlib
import re
import urllib.parse
from typing import Any

import pytest
from PIL import Image
from summary_examples import SHOTS, Material, make_summary

from tf_dictsum.render.page import as_page
from tf_dictsum.render.page_timeline import length_text
from tf_dictsum.render.pictures import Thumbnail

HOSTILE = "a\"><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>&amp;'</title>"
VOID = {"meta", "input", "img", "br", "link", "path", "rect", "line", "circle"}


class Reader(html.parser.HTMLParser):
    """Checks that elements nest, and keeps what was found."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, Any]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, Any]]:
        return [attributes for name, attributes in self.found if name == tag]


def page_of(
    material: Material, folder: pathlib.Path, has_clip: bool = True, **changes: Any
) -> Reader:
    summary = dataclasses.replace(material.summary, **changes)
    thumbnails = [Thumbnail(key, Image.new("RGB", (640, 360))) for key in summary.key_frames]
    return Reader(as_page(summary, thumbnails, folder=folder, has_clip=has_clip))


def test_it_has_everything(material: Material, tmp_path: pathlib.Path):
    page = page_of(
        material, material.video.parent, warnings=("The end is broken.",), model="runs/films"
    )
    words = " ".join(page.words)
    for text in (
        "holiday",
        "no trained model",
        "The end is broken.",
        "runs/films",
        "bvlc_googlenet",
        "15 % of the video",
        "00:02.000",
    ):
        assert text in words
    (video,) = page.all("video")
    assert video["src"] == "holiday.mp4"
    cards = [link for link in page.all("a") if link.get("class") == "card"]
    assert [link["href"] for link in cards] == ["holiday.mp4#t=2.000", "holiday.mp4#t=5.000"]
    assert all(
        image["alt"] and image["src"].startswith("data:image/jpeg;base64,")
        for image in page.all("img")
    )
    (slider,) = [part for part in page.all("div") if part.get("role") == "slider"]
    assert slider["aria-valuemax"] == "8.00"
    assert [part["data-segment"] for part in page.all("tr") if "data-segment" in part] == ["0", "1"]


def test_it_loads_nothing_from_anywhere(material: Material, tmp_path: pathlib.Path):
    page = page_of(material, tmp_path)
    addresses = [
        value
        for _, attributes in page.found
        for name, value in attributes.items()
        if name in ("src", "href")
    ]
    assert addresses
    assert not [
        address
        for address in addresses
        if re.match(r"[a-z]+:|//", address) and not address.startswith("data:image/jpeg")
    ]
    assert page.all("link") == []
    (policy,) = [
        meta["content"]
        for meta in page.all("meta")
        if meta.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'; img-src data:")


def test_the_video_is_linked_relative_to_the_page(material: Material, tmp_path: pathlib.Path):
    (tmp_path / "a b").mkdir()
    video = tmp_path / "ü #1?%.mp4"
    (part,) = page_of(material, tmp_path / "a b", video=str(video)).all("video")
    assert part["src"] == "../%C3%BC%20%231%3F%25.mp4"
    assert urllib.parse.unquote(part["src"]) == "../ü #1?%.mp4"


def test_hostile_names_and_texts_stay_texts(material: Material, tmp_path: pathlib.Path):
    page = page_of(
        material,
        tmp_path,
        name=HOSTILE,
        video=str(tmp_path / f"{HOSTILE.replace('/', '')}.mp4"),
        method_text=HOSTILE,
        model=HOSTILE,
        warnings=(HOSTILE,),
        budget_text=HOSTILE,
        extractor={HOSTILE: HOSTILE},
    )
    assert len(page.all("script")) == 2
    assert len(page.all("img")) == 2
    assert page.words.count(HOSTILE) >= 3
    assert not [
        name for _, attributes in page.found for name in attributes if name.startswith("on")
    ]


def test_without_a_video_there_is_no_player(tmp_path: pathlib.Path, material: Material):
    summary = make_summary(None, None, material.line, SHOTS, [1, 3])
    page = Reader(as_page(summary, [], folder=tmp_path, has_clip=False))
    assert page.all("video") == []
    assert page.all("a") == []
    assert "00:02.000" in " ".join(page.words)


def test_without_a_clip_there_is_no_switch(tmp_path: pathlib.Path, material: Material):
    assert page_of(material, tmp_path, has_clip=False).all("input") == []
    assert len(page_of(material, tmp_path).all("input")) == 2


def test_nothing_chosen(tmp_path: pathlib.Path, material: Material):
    page = page_of(material, tmp_path, has_clip=False, segments=(), key_frames=())
    assert "No key frames." in page.words
    assert "No shots were chosen." in page.words


@pytest.mark.parametrize(("seconds", "text"), [(0.44, "0.4 s"), (107.6, "1:47"), (7390, "2:03:10")])
def test_lengths(seconds: float, text: str):
    assert length_text(seconds) == text
