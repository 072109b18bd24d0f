import pathlib

from tf_dictsum.render.index_page import IndexEntry, as_index, write_index


def test_every_summary_has_a_link_and_a_picture(tmp_path: pathlib.Path):
    files = tuple(
        tmp_path / "a <b>" / name for name in ("a <b>-summary.html", "a <b>-storyboard.jpg")
    )
    bare = IndexEntry("plain", "3.0 s of 9.0 s", (tmp_path / "plain" / "plain-summary.json",))
    write_index(tmp_path / "index.html", [IndexEntry("a <b>", "1.5 s of 9.0 s", files), bare])
    page = (tmp_path / "index.html").read_text()
    assert '<a href="a%20%3Cb%3E/a%20%3Cb%3E-summary.html">a &lt;b&gt;</a>' in page
    assert '<img src="a%20%3Cb%3E/a%20%3Cb%3E-storyboard.jpg"' in page
    assert "<h2>plain</h2><p>3.0 s of 9.0 s</p></li>" in page
    assert "<title>2 summaries</title>" in page
    assert "1 summary" in as_index([bare], tmp_path)
