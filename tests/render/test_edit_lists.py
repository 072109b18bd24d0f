"""EDL and OTIO: the right cuts for cutting programs."""

import dataclasses
import json
import pathlib
import re
import sys

import pytest
from summary_examples import Material, make_summary

from tf_dictsum.render.edl import as_edl, write_edl
from tf_dictsum.render.llc import write_llc
from tf_dictsum.render.otio import as_timeline, write_otio
from tf_dictsum.util.errors import UserError

CODE = r"(\d\d:\d\d:\d\d:\d\d)"
EVENT = re.compile(rf"(\d{{3}})  AX       (AA/V|V   )  C        {CODE} {CODE} {CODE} {CODE}")


def frames_of(code: str, base: int) -> int:
    hours, minutes, seconds, frames = map(int, code.split(":"))
    return ((hours * 60 + minutes) * 60 + seconds) * base + frames


def events_of(text: str, base: int) -> list[tuple[int, ...]]:
    return [
        tuple(frames_of(match[n], base) for n in (3, 4, 5, 6)) for match in EVENT.finditer(text)
    ]


def test_edl(tmp_path: pathlib.Path, material: Material):
    write_edl(tmp_path / "s.edl", material.summary, sound=True)
    assert (tmp_path / "s.edl").read_text().splitlines()[:5] == [
        "TITLE: holiday summary",
        "FCM: NON-DROP FRAME",
        "",
        "001  AX       AA/V  C        00:00:01:10 00:00:03:00 00:00:00:00 00:00:01:20",
        "* FROM CLIP NAME: holiday.mp4",
    ]
    # Sources and records are half open: [40, 90) and [120, 180), one after the other.
    assert events_of(as_edl(material.summary, sound=False), 30) == [
        (40, 90, 0, 50),
        (120, 180, 50, 110),
    ]


def test_edl_counts_frames_at_ntsc_rates(material: Material):
    """At 29.97 fps an hour holds 107,892 frames; non-drop timecode counts them, it does not tell
    the time.
    """
    rate = 30000 / 1001
    segment = dataclasses.replace(
        material.summary.segments[0],
        start_frame=107892,
        end_frame=107991,
        start=107892 / rate,
        end=107992 / rate,
    )
    summary = dataclasses.replace(material.summary, fps=rate, segments=(segment,))
    assert events_of(as_edl(summary, sound=True), 30) == [(107892, 107992, 0, 100)]


def test_edl_above_60_fps_and_hostile_names(material: Material):
    summary = dataclasses.replace(
        material.summary, fps=120.0, name="a\nTITLE: b", video="/x/a\n001 b.mp4"
    )
    text = as_edl(summary, sound=True)
    assert events_of(text, 60) == [(80, 180, 0, 100), (240, 360, 100, 220)]
    assert [line for line in text.splitlines() if line.startswith("TITLE")] == [
        "TITLE: a?TITLE: b summary"
    ]


def test_otio(tmp_path: pathlib.Path, material: Material):
    otio = pytest.importorskip(
        "opentimelineio", reason="opentimelineio (extra timeline) is not installed"
    )
    write_otio(tmp_path / "s.otio", material.summary, sound_tracks=2)
    timeline = otio.adapters.read_from_file(str(tmp_path / "s.otio"))
    assert [track.kind for track in timeline.tracks] == ["Video", "Audio", "Audio"]
    for track in timeline.tracks:
        assert [
            (clip.source_range.start_time.value, clip.source_range.duration.value) for clip in track
        ] == [(40, 50), (120, 60)]
        assert {clip.source_range.start_time.rate for clip in track} == {30}
        assert all(
            clip.media_reference.target_url == material.video.resolve().as_uri() for clip in track
        )
        assert all(clip.media_reference.available_range.duration.value == 240 for clip in track)
    assert [
        [marker.marked_range.start_time.value for marker in clip.markers]
        for clip in timeline.video_tracks()[0]
    ] == [[60], [150]]
    assert timeline.duration().value == 110


def test_otio_without_segments_or_a_rate(material: Material):
    pytest.importorskip("opentimelineio", reason="opentimelineio (extra timeline) is not installed")
    summary = make_summary(None, None, material.line, [(0, 239)], [], fps=0.0)
    assert list(as_timeline(summary, sound_tracks=0).tracks[0]) == []


def test_otio_not_installed(monkeypatch: pytest.MonkeyPatch, material: Material):
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    with pytest.raises(UserError, match=r"OpenTimelineIO.*pip install 'tf-dictsum\[timeline\]'"):
        as_timeline(material.summary, sound_tracks=0)


def test_a_project_of_lossless_cut(tmp_path: pathlib.Path, material: Material):
    write_llc(tmp_path / "holiday.llc", material.summary)
    project = json.loads((tmp_path / "holiday.llc").read_text())
    assert project["version"] == 1
    assert project["mediaFileName"] == material.video.name
    assert [segment["name"] for segment in project["cutSegments"]] == ["shot 2", "shot 4"]
    spans = [(segment["start"], segment["end"]) for segment in project["cutSegments"]]
    for span, segment in zip(spans, material.summary.segments, strict=True):
        assert span == pytest.approx((segment.start, segment.end), abs=1e-6)
