"""TensorFlow starts without noise and keeps what it compiled."""

import os
import subprocess
import sys

from tf_dictsum.util.quiet import use_program_cache


def test_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_cpu_global_jit=false")
    folder = use_program_cache()
    assert folder.is_dir()
    assert folder.is_relative_to(tmp_path / "tf_dictsum")
    assert (
        os.environ["TF_XLA_FLAGS"]
        == f"--tf_xla_cpu_global_jit=false --tf_xla_persistent_cache_directory={folder}"
    )
    assert use_program_cache() is None  # a cache is named already


def test_no_folder_no_cache(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("TF_XLA_FLAGS", "")
    assert use_program_cache() is None
    assert os.environ["TF_XLA_FLAGS"] == ""


PROGRAM = """
from tf_dictsum.util.quiet import load_tensorflow
load_tensorflow()
import tensorflow as tf
from tf_dictsum.layers.loops import compiled_loops
from tf_dictsum.layers.lstm import LSTM
with compiled_loops(True):
    layer = LSTM(3)
print(float(tf.reduce_sum(layer(tf.ones([1, 5, 2]))[0])) != 0)
"""


def test_programs_are_kept_and_nothing_is_said(tmp_path):
    environment = {
        **os.environ,
        "XDG_CACHE_HOME": str(tmp_path),
        "TF_XLA_FLAGS": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
    assert list(tmp_path.rglob("xla_compile_cache__*.pb"))
