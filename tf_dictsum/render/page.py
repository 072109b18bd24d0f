"""`-summary.html`: one page to look at, with everything but the video inside."""

import base64
import hashlib
import html
import importlib.resources
import io
import json
import os
import pathlib
import string
import urllib.parse
from collections.abc import Sequence

from tf_dictsum._version import __version__
from tf_dictsum.render.names import output_name
from tf_dictsum.render.page_timeline import legend, length_text, short_timecode, timeline
from tf_dictsum.render.pictures import Thumbnail
from tf_dictsum.summary.summary import KeyFrame, VideoSummary
from tf_dictsum.util.files import write_text
from tf_dictsum.video.opening import shown

__all__ = ["as_page", "write_page"]

_PICTURE = (480, 400)  # largest sides of an embedded key frame
_PICTURE_QUALITY = 80


def write_page(
    path: str | os.PathLike[str],
    summary: VideoSummary,
    thumbnails: Sequence[Thumbnail],
    *,
    has_clip: bool,
) -> None:
    """Writes the page. Raises UserError as `files.atomic_path` does."""
    write_text(
        path, as_page(summary, thumbnails, folder=pathlib.Path(path).parent, has_clip=has_clip)
    )


def as_page(
    summary: VideoSummary, thumbnails: Sequence[Thumbnail], *, folder: pathlib.Path, has_clip: bool
) -> str:
    """The page as text.

    It loads nothing but the video beside it (a content security policy says so to the browser):
    script, style and pictures are inside. Without a script, key frames are links that open the
    video at their time.

    Args:
      summary: what it shows.
      thumbnails: of the key frames; empty where there is no video, then they are a list of times.
      folder: where the page will lie; the video is linked relative to it.
      has_clip: whether the summary clip lies there too.
    """
    media = {
        "whole": _relative(summary.video, folder) if summary.video else "",
        "clip": _relative(folder / output_name(summary.name, "mp4"), folder) if has_clip else "",
    }
    style = string.Template(_resource("page.css")).substitute(_card_sizes(thumbnails))
    script = _resource("page.js")
    return string.Template(_resource("page.html")).substitute(
        version=__version__,
        title=html.escape(shown(summary.name)),
        facts=html.escape(_facts(summary)),
        method=html.escape(summary.method_text),
        warnings=_warnings(summary),
        player=_player(summary, media),
        legend=legend(summary),
        timeline=timeline(summary, playable=any(media.values())),
        key_frames=_key_frames(summary, thumbnails, media["whole"] or media["clip"]),
        segments=_segments(summary, playable=any(media.values())),
        footer=_footer(summary, media),
        data=_data(summary, media),
        style=style,
        script=script,
        script_hash=_hash(script),
    )


def _resource(name: str) -> str:
    return importlib.resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _relative(path: str | os.PathLike[str], folder: pathlib.Path) -> str:
    """A link from the page to a file; every special character is encoded, so it can be nothing but
    a path.
    """
    try:
        relative = os.path.relpath(path, folder)
    except ValueError:  # another drive
        return pathlib.Path(path).resolve().as_uri()
    return urllib.parse.quote(os.fsencode(relative.replace(os.sep, "/")), safe="/")


def _facts(summary: VideoSummary) -> str:
    shots, keys = len(summary.segments), len(summary.key_frames)
    part = summary.summary_frames / summary.n_frames if summary.n_frames else 0.0
    return (
        f"{length_text(summary.summary_duration)} of {length_text(summary.duration)} "
        f"({part:.0%}) · "
        f"{shots} of {len(summary.change_points)} shots · {keys} key frame{'s' * (keys != 1)}"
    )


def _warnings(summary: VideoSummary) -> str:
    if not summary.warnings:
        return ""
    items = "".join(f"<li>{html.escape(text)}</li>" for text in summary.warnings)
    return f'<div class="notice" role="note" aria-label="Notes"><ul>{items}</ul></div>'


def _player(summary: VideoSummary, media: dict[str, str]) -> str:
    if not any(media.values()):
        return ""
    switch = ""
    if all(media.values()):
        switch = (
            '<fieldset class="segmented"><legend class="hidden">What to play</legend>'
            '<input type="radio" name="mode" id="mode-whole" checked><label for="mode-whole">Whole video</label>'  # noqa: E501
            '<input type="radio" name="mode" id="mode-clip"><label for="mode-clip">Summary</label></fieldset>'  # noqa: E501
        )
    source = html.escape(media["whole"] or media["clip"])
    return (
        '<div class="player">'
        f'<video id="video" controls preload="metadata" playsinline src="{source}" aria-label="Video: {html.escape(shown(summary.name))}">'  # noqa: E501
        f'<a href="{source}">Open the video</a></video>'
        '<p class="notice" id="problem" role="alert" hidden></p>'
        f'<div class="bar">{switch}<span class="steps">'
        '<button type="button" id="previous" aria-label="Previous shot of the summary" title="Previous shot (←)">←</button>'  # noqa: E501
        '<button type="button" id="play" title="Play or pause (Space)">Play</button>'
        '<button type="button" id="next" aria-label="Next shot of the summary" title="Next shot (→)">→</button></span>'  # noqa: E501
        '<span class="keys push"><kbd>←</kbd> <kbd>→</kbd> previous, next shot · <kbd>Space</kbd> play, pause</span>'  # noqa: E501
        "</div></div>"
    )


def _segment_of(summary: VideoSummary, key: KeyFrame) -> int | None:
    return next(
        (n for n, s in enumerate(summary.segments) if s.start_frame <= key.frame <= s.end_frame),
        None,
    )


def _key_frames(summary: VideoSummary, thumbnails: Sequence[Thumbnail], link: str) -> str:
    if not summary.key_frames:
        return '<p class="empty">No key frames.</p>'
    pictures = {thumbnail.key.number: thumbnail for thumbnail in thumbnails}
    cards = []
    for key in summary.key_frames:
        segment = _segment_of(summary, key)
        mark = "" if segment is None else f' data-segment="{segment}"'
        time = short_timecode(key.seconds)
        thumbnail = pictures.get(key.number)
        image = _image(thumbnail, f"Key frame {key.number} at {time}") if thumbnail else ""
        score = f'<span><span class="word">score </span>{key.score:.2f}</span>'
        about = f'<span class="about"><span>{time}</span>{score}</span>'
        if link:
            place = f"{link}#t={key.seconds + max(summary.start_time, 0.0):.3f}"
            cards.append(
                f'<li><a class="card" href="{html.escape(place)}" data-seconds="{key.seconds:.6f}"{mark} '  # noqa: E501
                f'aria-label="Key frame {key.number}, {time}">{image}{about}</a></li>'
            )
        else:
            cards.append(f'<li><div class="card">{image}{about}</div></li>')
    return f'<ol class="grid">{"".join(cards)}</ol>'


def _image(thumbnail: Thumbnail, words: str) -> str:
    picture = thumbnail.picture.copy()
    picture.thumbnail(_PICTURE)
    data = io.BytesIO()
    picture.save(data, format="jpeg", quality=_PICTURE_QUALITY, optimize=True)
    encoded = base64.b64encode(data.getvalue()).decode()
    return (
        f'<img alt="{html.escape(words)}" width="{picture.width}" height="{picture.height}" loading="lazy" '  # noqa: E501
        f'src="data:image/jpeg;base64,{encoded}">'
    )


def _card_sizes(thumbnails: Sequence[Thumbnail]) -> dict[str, str]:
    """Portrait pictures get narrower cards, so that they are not taller than the window."""
    upright = bool(thumbnails) and thumbnails[0].picture.height > thumbnails[0].picture.width
    return (
        {"card": "150px", "card_narrow": "110px"}
        if upright
        else {"card": "240px", "card_narrow": "150px"}
    )


def _segments(summary: VideoSummary, *, playable: bool) -> str:
    if not summary.segments:
        return '<p class="empty">No shots were chosen.</p>'
    rows = []
    for number, segment in enumerate(summary.segments):
        start = short_timecode(segment.start)
        if playable:
            start = (
                f'<a href="#timeline" data-seconds="{segment.start:.6f}" '
                f'aria-label="Shot {segment.shot + 1}, from {start}">{start}</a>'
            )
        rows.append(
            f'<tr data-segment="{number}"><td>{segment.shot + 1}</td><td>{start}</td><td>{short_timecode(segment.end)}</td>'  # noqa: E501
            f"<td>{segment.duration:.2f} "
            f"s</td><td>{segment.start_frame}–{segment.end_frame}</td><td>{segment.score:.3f}</td></tr>"
        )
    heads = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("Shot", "Start", "End", "Length", "Frames", "Score")
    )
    return f'<div class="wide" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'  # noqa: E501


def _footer(summary: VideoSummary, media: dict[str, str]) -> str:
    extractor = ", ".join(f"{key}: {value}" for key, value in summary.extractor.items())
    facts = [
        (
            "Video",
            f"{shown(pathlib.Path(summary.video).name)}" if summary.video else "features only",
        ),
        (
            "Picture",
            f"{summary.width} × {summary.height}, {summary.fps:.3f} frames per second"
            if summary.width
            else "",
        ),
        ("Method", summary.method),
        ("Model", summary.model),
        ("Features", extractor),
        (
            "Selection",
            f"{summary.rule}, at most {summary.budget} of {summary.n_frames} frames "
            f"({summary.budget_text})",
        ),
        ("Made by", f"tf_dictsum {__version__}"),
    ]
    rows = "".join(f"<dt>{name}</dt><dd>{html.escape(text)}</dd>" for name, text in facts if text)
    return f"<dl>{rows}</dl>"


def _data(summary: VideoSummary, media: dict[str, str]) -> str:
    """What the script reads; `<` is written so that no text can end the element."""
    value = {
        **media,
        "duration": summary.duration,
        "start_time": max(summary.start_time, 0.0),
        "segments": [[segment.start, segment.end] for segment in summary.segments],
        "shots": [segment.shot + 1 for segment in summary.segments],
    }
    return json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
