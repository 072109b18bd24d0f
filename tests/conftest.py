"""Where the shared test material lies, and quiet imports."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "Agg")

import pathlib

import pytest


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """Folder of real annotations, golden numbers and films; the environment names it."""
    path = os.environ.get("TF_DICTSUM_SHARED")
    if not path or not pathlib.Path(path).is_dir():
        pytest.skip("TF_DICTSUM_SHARED does not name the folder of shared test material")
    return pathlib.Path(path)
