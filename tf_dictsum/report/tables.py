"""Tables as Markdown and for a terminal."""

from collections.abc import Sequence

__all__ = ["columns", "markdown_table"]

Rows = Sequence[Sequence[str]]


def markdown_table(head: Sequence[str], body: Rows) -> str:
    """A Markdown table, first column left, the others right; also lines up in a terminal."""
    widths = [max(3, width) for width in _widths(head, body)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = [_aligned(head, widths), rule, *(_aligned(row, widths) for row in body)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def columns(head: Sequence[str], body: Rows) -> list[str]:
    """Lines of a table: the first column to the left, the others to the right."""
    widths = _widths(head, body)
    return ["  ".join(_aligned(row, widths)).rstrip() for row in (head, *body)]


def _widths(head: Sequence[str], body: Rows) -> list[int]:
    return [max(len(row[i]) for row in (head, *body)) for i in range(len(head))]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    right = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
    return [row[0].ljust(widths[0]), *right]
