"""Text of files on its way to terminals and spreadsheets."""

import pytest

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.text import cell, printable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Ein Fußball-Tor, 日本語\u3000タイトル, عربى",
            "Ein Fußball-Tor, 日本語\u3000タイトル, عربى",
        ),
        ("👩\u200d👩\u200d👧 می\u200cخواهم", "👩\u200d👩\u200d👧 می\u200cخواهم"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[2J\x1b]0;t\x07", r"\x1b[2J\x1b]0;t\x07"),
        ("gp\u202e4pm", r"gp\u202e4pm"),
        ("\x9b31m\udcff", r"\x9b31m\udcff"),
    ],
)
def test_printable(text, expected):
    assert printable(text) == expected
    expected.encode()


@pytest.mark.parametrize("text", ["=1+1", "+a", "-cmd|' /C calc'!A0", "@SUM(1)", "\t=1", "\r=1"])
def test_formulas_become_text(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["a=b", "-0.5", "+1e5", "", -3, None, 0.5, "film"])
def test_everything_else_stays(value):
    assert cell(value) == value


def test_an_error_is_one_printable_line_of_bounded_length():
    assert str(UserError("a:\n  b \x1b[2J")) == r"a: b \x1b[2J"
    text = str(UserError("head " + "x" * 100_000 + " remedy."))
    assert len(text) < 1600
    assert text.startswith("head x")
    assert text.endswith("x remedy.")
