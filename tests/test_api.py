"""The public names: changing them is a decision, not an accident."""

import tf_dictsum
from tf_dictsum.config import RESUMABLE, Config
from tf_dictsum.methods.registry import METHODS


def test_public_names():
    assert sorted(tf_dictsum.__all__) == ["UserError", "__version__"]


def test_methods():
    assert list(METHODS) == ["dictsum", "sum_gan_aae"]
    assert all(name in dir(Config) or name in Config.__dataclass_fields__ for name in RESUMABLE)
