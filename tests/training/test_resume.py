"""kill -9 at any moment: the same command carries on and ends where the uninterrupted run ends,
bit for bit.
"""

import json
import os
import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pytest

pytestmark = pytest.mark.slow

FLAGS = [
    "--folds=2",
    "--epochs=3",
    "--pretrain_epochs=3",
    "--hidden_size=6",
    "--parallel_size=5",
    "--learning_rate=1e-2",
    "--shuffle",
    "--deterministic",
    "--noprogress",
]


def command(dataset, run_dir, *extra):
    return [
        sys.executable,
        "-m",
        "tf_dictsum.train",
        f"--dataset={dataset}",
        f"--run_dir={run_dir}",
        *FLAGS,
        *extra,
    ]


def finish(dataset, run_dir, *extra):
    return subprocess.run(
        command(dataset, run_dir, *extra), capture_output=True, text=True, timeout=280
    )


def kill_when(dataset, run_dir, moment):
    """Starts the run and kills it -9 as soon as `moment()` is true."""
    process = subprocess.Popen(
        command(dataset, run_dir), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 200
    while not moment() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    assert process.poll() is None, "the run ended before the moment came"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def outcome(run_dir):
    """Every weight and every score of a run."""
    found = {}
    for path in sorted(run_dir.glob("split*-seed*/*.weights.h5")):
        with h5py.File(path) as file:
            arrays = {}
            file.visititems(
                lambda name, item, into=arrays: (
                    into.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None
                )
            )
        found[str(path.relative_to(run_dir))] = arrays
    scores = {
        str(p.relative_to(run_dir)): json.loads(p.read_text())
        for p in sorted(run_dir.glob("split*/scores/*.json"))
    }
    return found, scores


@pytest.fixture(scope="module")
def dataset(tmp_path_factory, small_dataset):
    return small_dataset(tmp_path_factory.mktemp("data") / "small.h5", videos=4)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, dataset):
    run_dir = tmp_path_factory.mktemp("whole")
    done = finish(dataset, run_dir)
    assert done.returncode == 0, done.stderr
    return outcome(run_dir)


def moments(run_dir):
    first = run_dir / "split0-seed0"
    return {
        "during pretraining": lambda: list(first.glob("pretraining/checkpoints/ckpt-1.index")),
        "while a checkpoint is written": lambda: [
            p for p in first.glob("checkpoints/*") if "ckpt-2" in p.name
        ],
        "between splits": lambda: (first / "metadata.json").exists(),
    }


@pytest.mark.parametrize(
    "moment", ["during pretraining", "while a checkpoint is written", "between splits"]
)
def test_killed_run_ends_like_the_uninterrupted_one(tmp_path, dataset, uninterrupted, moment):
    kill_when(dataset, tmp_path, moments(tmp_path)[moment])
    resumed = finish(dataset, tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    weights, scores = outcome(tmp_path)
    wanted_weights, wanted_scores = uninterrupted
    assert scores == wanted_scores
    assert weights.keys() == wanted_weights.keys()
    for name, arrays in wanted_weights.items():
        assert weights[name].keys() == arrays.keys()
        for key, value in arrays.items():
            np.testing.assert_array_equal(weights[name][key], value, err_msg=f"{name} {key}")


def test_finished_run_can_be_prolonged_but_not_shortened(tmp_path, dataset, uninterrupted):
    short = finish(dataset, tmp_path, "--epochs=1")
    assert short.returncode == 0, short.stderr
    longer = finish(dataset, tmp_path)
    assert longer.returncode == 0, longer.stderr
    assert outcome(tmp_path)[1] == uninterrupted[1]
    less = finish(dataset, tmp_path, "--epochs=2")
    assert less.returncode == 2
    assert "is trained for 3 epochs already" in less.stderr
    other = finish(dataset, tmp_path, "--hidden_size=7")
    assert other.returncode == 2
    assert "hidden_size: 6 there, 7 now" in other.stderr
    torn = next((tmp_path / "split0-seed0" / "checkpoints").glob("*.data-*"))
    torn.write_bytes(torn.read_bytes()[:1000])
    broken = finish(dataset, tmp_path, "--epochs=4")
    assert broken.returncode == 2
    assert "is damaged or belongs to another model" in broken.stderr
    assert len(broken.stderr.strip().splitlines()) == 1
