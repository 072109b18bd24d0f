"""Where the shared test material lies, and quiet imports."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "Agg")

import pathlib
import signal

import pytest

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # as in a shell's background jobs; our child processes would ignore Ctrl-C too
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    """Where the conformance suite finds a running server; see tests/serving/test_conformance.py."""
    group = parser.getgroup("serving")
    group.addoption(
        "--serving_address",
        default="",
        help="HOST:PORT (gRPC) of a running server; without it the embedded one is started",
    )
    group.addoption("--rest_address", default="", help="HOST:PORT (REST) of the same server")
    group.addoption("--serving_model", default="dictsum", help="name of its model")
    group.addoption(
        "--serving_base_path",
        default="",
        help="folder of that model, shared with the server; the server is reconfigured",
    )


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """Folder of real annotations, golden numbers and films; the environment names it."""
    path = os.environ.get("TF_DICTSUM_SHARED")
    if not path or not pathlib.Path(path).is_dir():
        pytest.skip("TF_DICTSUM_SHARED does not name the folder of shared test material")
    return pathlib.Path(path)


@pytest.fixture(scope="session")
def small_dataset():
    """Writes a small annotated dataset file; returns its path."""
    import numpy as np

    from tf_dictsum.data.hdf5 import save_dataset
    from tf_dictsum.data.video import Dataset, Video

    def write(path, videos=4, features=7):
        rng = np.random.default_rng(5)
        made = {}
        for n in range(1, videos + 1):
            steps = 9 + 2 * n
            frames = steps * 15 - 4
            cuts = np.array(
                [0, frames // 5, frames // 3, frames // 2, frames * 5 // 8, frames * 7 // 8, frames]
            )
            users = np.zeros((3, frames), bool)
            for user in users:
                start = int(rng.integers(frames * 3 // 4))
                user[start : start + frames // 7] = True
            made[f"video_{n}"] = Video(
                key=f"video_{n}",
                features=rng.random((steps, features), np.float32),
                picks=np.arange(steps) * 15,
                n_frames=frames,
                change_points=np.stack([cuts[:-1], cuts[1:] - 1], axis=1),
                user_summary=users,
                gtscore=users.mean(axis=0)[::15].astype(np.float32),
                name=f"small {n}",
            )
        save_dataset(Dataset("small", str(path), made), path)
        return path

    return write


@pytest.fixture(scope="session")
def weights_file(tmp_path_factory):
    """Random weights of GoogLeNet's shapes as .npz."""
    import numpy as np
    from googlenet_weights import random_weights

    path = tmp_path_factory.mktemp("weights") / "random.npz"
    np.savez(path, **random_weights())
    return path
