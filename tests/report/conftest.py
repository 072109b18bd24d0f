"""Small annotated datasets and scores for them."""

import dataclasses
import json

import numpy as np
import pytest

from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.video import Dataset


@pytest.fixture(scope="session")
def dataset():
    """Six videos of the demo set, with importance scores as TVSum has them."""
    whole = demo_dataset()
    keys = ("video_2", "video_4", "video_6", "video_7", "video_9", "video_11")
    return Dataset("small", "small.h5", {key: whole.videos[key] for key in keys})


@pytest.fixture(scope="session")
def summe_like(dataset):
    """The same without importance scores."""
    return Dataset(
        "small",
        "small.h5",
        {k: dataclasses.replace(v, user_scores=None) for k, v in dataset.videos.items()},
    )


@pytest.fixture(scope="session")
def random_scores():
    """key -> scores of all videos of a dataset."""

    def make(dataset, seed=1):
        return {
            key: np.random.default_rng([seed, i]).random(v.n_steps)
            for i, (key, v) in enumerate(dataset.videos.items())
        }

    return make


@pytest.fixture(scope="session")
def write_scores():
    """Writes scores as the field does; returns the path."""

    def write(path, scores):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps({key: np.asarray(values).tolist() for key, values in scores.items()})
        )
        return path

    return write
