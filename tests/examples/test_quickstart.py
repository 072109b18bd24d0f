"""The notebook runs from its first cell to its last, and docs/python.md does."""

import os
import pathlib
import re

import clips
import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
def test_the_notebook(weights_file, tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    import nbformat

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    notebook = nbformat.read(ROOT / "examples" / "quickstart.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # none are committed
    (parameters,) = [cell for cell in notebook.cells if 'weights = ""' in cell.source]
    parameters.source = parameters.source.replace(
        'weights = ""', f"weights = {str(weights_file)!r}"
    )
    client = nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    shown = [
        output["data"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "data" in output
    ]
    pages = [data["text/html"] for data in shown if "text/html" in data]
    assert any("Key frames:" in page for page in pages)
    assert sum("<table>" in page for page in pages) >= 3  # summary, scores, report
    assert any("image/jpeg" in data for data in shown)
    assert any("image/png" in data for data in shown)  # the plot: a Figure shows itself


@pytest.mark.slow
def test_the_document(weights_file, tmp_path, monkeypatch):
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 7
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(
        "tf_dictsum.extractors.extractor.find_weights", lambda *_, **__: weights_file
    )
    monkeypatch.chdir(tmp_path)
    clips.write_clip(tmp_path / "holiday.mp4", frames=240)
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), names)
    for file in ("out/holiday-summary.mp4", "scores.json", "scores.png", "my-selector/README.md"):
        assert (tmp_path / file).is_file(), file
    assert (tmp_path / "models" / "mine" / "1" / "saved_model.pb").is_file()
