"""The bar of a whole run."""

import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum.util.progress import Progress


def test_disabled_is_silent_and_still_counts(capfd: pytest.CaptureFixture[str]):
    with Progress(3, enabled=False) as progress:
        progress.describe("split 1/5 seed 0 epoch 3/100")
        progress.advance({"reconstruction": 1.0})
        progress.advance(None, 2)
        assert progress.done == 3
    assert capfd.readouterr() == ("", "")


def test_bar_without_a_terminal(capfd: pytest.CaptureFixture[str]):
    progress = Progress(4, enabled=True, short={"reconstruction": "recon", "dictionary": "dict"})
    progress.describe("split 1/5 seed 0 epoch 3/100")
    for _ in range(4):
        progress.advance(
            {
                "reconstruction": tf.constant(1.2345),
                "dictionary": np.float32(3),
                "gradient_norm_decoder": 9,
            }
        )
    progress.close()
    progress.close()
    out, err = capfd.readouterr()
    assert out == ""
    last = err.strip().split("\r")[-1]
    assert last.startswith("split 1/5 seed 0 epoch 3/100")
    assert "4/4" in last
    assert "recon 1.23, dict 3" in last
    assert "gradient" not in err
    assert err.count("\r") <= 3  # a log file gets few lines, not one per step


def test_resumed_steps_count_but_not_towards_the_speed(capfd: pytest.CaptureFixture[str]):
    progress = Progress(1_000_000, enabled=True, initial=300_000)
    progress.advance(None, 600_000)
    progress.advance(None, 0)
    progress.advance({"parallel_loss": 1.0})
    assert progress.done == 900_001
    progress.close()
    last = capfd.readouterr().err.strip().split("\r")[-1]
    assert "900001/1000000" in last
    rate = re.search(r"([\d.]+)(step/s|s/step)", last)
    assert rate is None or rate[2] == "s/step" or float(rate[1]) < 100_000


def test_a_worker_leaves_no_semaphore_behind():
    """Workers of a sweep are spawned; what they register is reported as leaked when one is
    ended.
    """
    code = (
        "import multiprocessing\n"
        "from multiprocessing import resource_tracker\n"
        "multiprocessing.set_start_method('spawn')\n"
        "from tf_dictsum.util.progress import Progress\n"
        "Progress(3, enabled=False).close()\n"
        "assert resource_tracker._resource_tracker._fd is None, 'a semaphore was registered'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
