from tf_dictsum.report.page import Bullets, Heading, Page, Paragraph, Table

PAGE = Page(
    [
        Heading("Title", 1),
        Paragraph("a < b and **bold** and `code`"),
        Bullets([]),
        Bullets(["one", "two"]),
        Table(["", "F"], [["x & y", "1.0"]]),
    ]
)


def test_markdown():
    assert PAGE.to_markdown() == (
        "# Title\n\na < b and **bold** and `code`\n\n- one\n- two\n\n"
        "|       |   F |\n| ----- | --: |\n| x & y | 1.0 |\n"
    )


def test_html():
    assert PAGE.to_html().splitlines() == [
        "<h2>Title</h2>",
        "<p>a &lt; b and <strong>bold</strong> and <code>code</code></p>",
        "<ul><li>one</li><li>two</li></ul>",
        "<table><tr><th></th><th>F</th></tr><tr><th>x &amp; y</th><td>1.0</td></tr></table>",
    ]
