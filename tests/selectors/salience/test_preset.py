"""The selector that the package ships."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

import tf_dictsum as td
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.metrics.rank import spearman_rho
from tf_dictsum.saliency.blend import video_salience
from tf_dictsum.selectors.loading import presets

NAME = "salience-googlenet"
FOLDER = pathlib.Path(td.__file__).parent / "presets" / NAME


def test_it_is_small_and_says_where_it_comes_from():
    assert NAME in presets()
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 6e6
    selector = td.load_selector(NAME)
    assert (selector.method, selector.input_size) == ("salience_student", 1024)
    assert len(selector.metadata["training_data"]["keys"]) == 50
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for text in ("CC-BY 3.0", "kendall_tau", "second half of TVSum", "## Limits"):
        assert text in card


def test_scores_are_finite_and_differ():
    rows = np.random.default_rng(0).random((30, 1024), np.float32)
    scores = td.load_selector(NAME).score(rows)
    assert scores.shape == (30,)
    assert scores.std() > 0
    assert ((scores >= 0) & (scores <= 1)).all()


def test_it_gives_on_real_films_about_what_the_training_free_one_gives(shared):
    dataset = load_dataset(str(shared / "data" / "real_films_google_pool5.h5"))
    selector = td.load_selector(NAME)
    alike = [
        spearman_rho(
            selector.score(v.features), video_salience(v.features, 0.5 * np.arange(v.n_steps))
        )[0, 0]
        for v in dataset.videos.values()
    ]
    assert np.mean(alike) > 0.2


@pytest.mark.slow
def test_it_can_be_exported(tmp_path):
    module = td.load_selector(NAME).model.export_module()
    signature = tf.function(
        module.__call__,
        input_signature=[tf.TensorSpec([None, None, 1024]), tf.TensorSpec([None], tf.int32)],
    )
    tf.saved_model.save(module, str(tmp_path / "1"), signatures={"serving_default": signature})
    served = td.load_selector(tmp_path)
    rows = np.random.default_rng(1).random((20, 1024), np.float32)
    np.testing.assert_allclose(served.score(rows), td.load_selector(NAME).score(rows), atol=1e-5)
