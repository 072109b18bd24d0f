"""load_selector("salience"): no files, no training, no TensorFlow."""

import subprocess
import sys

import numpy as np
import pytest

from tf_dictsum.saliency.blend import video_salience
from tf_dictsum.selectors.loading import load_selector
from tf_dictsum.util.errors import UserError

FEATURES = np.random.default_rng(0).random((30, 5), np.float32)


def test_scores_and_what_it_says_of_itself():
    selector = load_selector("salience")
    expected = video_salience(FEATURES, 0.5 * np.arange(30))
    np.testing.assert_allclose(selector.score(FEATURES), expected, rtol=1e-6)
    assert selector.score(FEATURES).dtype == np.float32
    assert selector.score(FEATURES[:, :2]).shape == (30,)  # of any width
    assert (selector.method, selector.input_size) == ("salience", None)
    assert "without training" in selector.text


def test_a_folder_of_that_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "salience").mkdir()
    with pytest.raises(UserError, match="not a trained model"):
        load_selector("salience")


def test_it_needs_no_tensorflow():
    code = (
        "import sys, numpy as np; from tf_dictsum.selectors.loading import load_selector;"
        "load_selector('salience').score(np.eye(4)); assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
