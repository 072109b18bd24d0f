import numpy as np
import pytest
from googlenet_weights import random_weights


@pytest.fixture(scope="session")
def weights_file(tmp_path_factory):
    """Random weights of GoogLeNet's shapes as .npz."""
    path = tmp_path_factory.mktemp("weights") / "random.npz"
    np.savez(path, **random_weights())
    return path
