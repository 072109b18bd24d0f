"""Text that comes from files, on its way to a terminal or a spreadsheet."""

import unicodedata

__all__ = ["cell", "printable"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def printable(text: str) -> str:
    """`text` in which what moves a terminal's cursor, colours it or ends the line stands as an
    escape such as \\x1b.

    Letters of all scripts stay; control characters, surrogates and marks that turn the direction of
    writing do not.
    """
    return "".join(c if c.isprintable() or _harmless(c) else _escaped(c) for c in text)


def _harmless(character: str) -> bool:
    """Spaces of all widths, and what joins the letters of Persian or the parts of an emoji."""
    return unicodedata.category(character) == "Zs" or character in "\u200c\u200d"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def cell(value: object) -> object:
    """`value` for a cell of a CSV file: text that a spreadsheet would take for a formula gets an
    apostrophe in front.

    Numbers stay numbers, and so does text that is one, such as "-0.5".
    """
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
