"""`index.html`: the summaries of one run over several videos, each with its storyboard and a link
to its page.
"""

import dataclasses
import html
import os
import pathlib
import urllib.parse
from collections.abc import Sequence

from tf_dictsum.util.files import write_text

__all__ = ["IndexEntry", "as_index", "write_index"]

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;"
    "color-scheme:light dark}ol{list-style:none;padding:0;display:grid;gap:2rem}"
    "img{max-width:100%;height:auto;border-radius:6px}p{margin:.2rem 0 .6rem}"
)


@dataclasses.dataclass(frozen=True)
class IndexEntry:
    """One video of the index.

    Attributes:
      name: of the video.
      facts: what there is to say about its summary, in a few words.
      files: its files; page and storyboard are shown where they are among them.
    """

    name: str
    facts: str
    files: tuple[pathlib.Path, ...]


def write_index(path: str | os.PathLike[str], entries: Sequence[IndexEntry]) -> None:
    """Writes the page. Raises UserError as `files.atomic_path` does."""
    write_text(path, as_index(entries, pathlib.Path(path).parent))


def as_index(entries: Sequence[IndexEntry], folder: pathlib.Path) -> str:
    """The page as text; links are relative to `folder`, where it will lie. It has no script and
    loads only pictures.
    """
    items = "".join(_item(entry, folder) for entry in entries)
    title = f"{len(entries)} summaries" if len(entries) != 1 else "1 summary"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "img-src 'self' file:; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1><ol>{items}</ol></main></body></html>\n"
    )


def _item(entry: IndexEntry, folder: pathlib.Path) -> str:
    page = next((file for file in entry.files if file.name.endswith("-summary.html")), None)
    board = next((file for file in entry.files if file.name.endswith("-storyboard.jpg")), None)
    name = html.escape(entry.name.encode("utf-8", "replace").decode())
    picture = ""
    if board is not None:
        picture = f'<img src="{_link(board, folder)}" alt="Key frames of {name}" loading="lazy">'
    head = name
    if page is not None:
        head = f'<a href="{_link(page, folder)}">{name}</a>'
        picture = picture and f'<a href="{_link(page, folder)}">{picture}</a>'
    return f"<li><h2>{head}</h2><p>{html.escape(entry.facts)}</p>{picture}</li>"


def _link(file: pathlib.Path, folder: pathlib.Path) -> str:
    relative = os.path.relpath(file, folder).replace(os.sep, "/")
    return html.escape(urllib.parse.quote(os.fsencode(relative), safe="/"))
