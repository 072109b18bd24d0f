"""The public names: changing them is a decision, not an accident."""

import tf_dictsum
from tf_dictsum.methods.registry import METHODS
from tf_dictsum.training.config import RESUMABLE, RunConfig


def test_public_names():
    assert sorted(tf_dictsum.__all__) == ["UserError", "__version__"]


def test_methods():
    assert list(METHODS) == ["dictsum", "sum_gan_aae"]
    assert set(RunConfig().values()) >= RESUMABLE
