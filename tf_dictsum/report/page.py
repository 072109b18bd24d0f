"""A page of headings, sentences and tables, as Markdown and for a notebook."""

import dataclasses
import html
import re
from collections.abc import Iterable, Sequence

from tf_dictsum.report.tables import markdown_table

__all__ = ["Block", "Bullets", "Heading", "Page", "Paragraph", "Table"]


@dataclasses.dataclass(frozen=True)
class Heading:
    """A title; `level` 1 is that of the page."""

    text: str
    level: int = 2

    def to_markdown(self) -> str:
        """As Markdown."""
        return f"{'#' * self.level} {self.text}"

    def to_html(self) -> str:
        """As HTML."""
        return _element(f"h{self.level + 1}", self.text)


@dataclasses.dataclass(frozen=True)
class Paragraph:
    """Sentences; `**word**` and `` `word` `` are marked."""

    text: str

    def to_markdown(self) -> str:
        """As Markdown."""
        return self.text

    def to_html(self) -> str:
        """As HTML."""
        return _element("p", self.text)


@dataclasses.dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: Sequence[str]

    def to_markdown(self) -> str:
        """As Markdown."""
        return "\n".join(f"- {item}" for item in self.items)

    def to_html(self) -> str:
        """As HTML."""
        return f"<ul>{''.join(_element('li', item) for item in self.items)}</ul>"


@dataclasses.dataclass(frozen=True)
class Table:
    """Headings of the columns, and lines; the first column says what a line is."""

    head: Sequence[str]
    body: Sequence[Sequence[str]]

    def to_markdown(self) -> str:
        """As Markdown, also fit for a terminal."""
        return markdown_table(self.head, self.body)

    def to_html(self) -> str:
        """As HTML."""
        lines = ["".join(_element("th", cell) for cell in self.head)]
        for row in self.body:
            cells = "".join(_element("td", cell) for cell in row[1:])
            lines.append(_element("th", row[0]) + cells)
        return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


Block = Heading | Paragraph | Bullets | Table


class Page:
    """Blocks one after the other."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        """Args: blocks: in their order; lists without items are left out."""
        self.blocks = [b for b in blocks if not isinstance(b, Bullets) or b.items]

    def to_markdown(self) -> str:
        """The page as a Markdown file."""
        return "\n\n".join(block.to_markdown() for block in self.blocks) + "\n"

    def to_html(self) -> str:
        """The page as a part of an HTML document."""
        return "\n".join(block.to_html() for block in self.blocks)


def _element(name: str, text: str) -> str:
    marked = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(text))
    marked = re.sub(r"`(.+?)`", r"<code>\1</code>", marked)
    return f"<{name}>{marked}</{name}>"
