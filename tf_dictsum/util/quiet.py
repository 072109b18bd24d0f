"""Loads TensorFlow without its start-up notices, and with a cache of compiled programs."""

import contextlib
import hashlib
import importlib.metadata
import os
import pathlib
import sys
import tempfile
from collections.abc import Iterator

__all__ = ["load_tensorflow", "use_program_cache"]

GPU_DEVICE = "/dev/nvidia0"
FEW_CORES = 2


def load_tensorflow(training: bool = False) -> None:
    """Imports TensorFlow and looks for devices; what its C++ code says meanwhile is shown only
    where it matters.

    It writes a dozen lines to stderr before its log level is read. They are kept back, unless the
    import fails or the machine has a GPU (then a line about a driver may be the one that a user
    needs).

    Args:
      training: on one or two cores, run one operation at a time, since a time loop and a matrix
        product beside it only take the cores from each other (3 to 8 % of a training step;
        benchmarks/NOTES.md). A
        TF_NUM_INTEROP_THREADS in the environment is left as it is.
    """
    use_program_cache()
    if training and len(os.sched_getaffinity(0)) <= FEW_CORES:
        os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    with _stderr_kept_back():
        import tensorflow as tf

        tf.config.list_physical_devices()


def use_program_cache() -> pathlib.Path | None:
    """Lets XLA keep what it compiled in the user's cache folder, so that the next run starts at
    once.

    One folder per TensorFlow version and kind of processor: compiled programs fit no other. A
      TF_XLA_FLAGS that names
    a cache of its own is left as it is. Must run before TensorFlow is loaded.

    Returns:
      The folder, or None where none can be made.
    """
    flags = os.environ.get("TF_XLA_FLAGS", "")
    if "tf_xla_persistent_cache_directory" in flags:
        return None
    root = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    folder = root / "tf_dictsum" / f"xla-{importlib.metadata.version('tensorflow')}-{_processor()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    os.environ["TF_XLA_FLAGS"] = f"{flags} --tf_xla_persistent_cache_directory={folder}".strip()
    return folder


def _processor() -> str:
    """A short name for what this processor can do."""
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    features = next(
        (line for line in lines if line.startswith(("flags", "Features"))), os.uname().machine
    )
    return hashlib.sha256(features.encode()).hexdigest()[:12]


@contextlib.contextmanager
def _stderr_kept_back() -> Iterator[None]:
    sys.stderr.flush()
    real = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        show = True
        try:
            yield
            show = os.path.exists(GPU_DEVICE)
        finally:
            os.dup2(real, 2)
            os.close(real)
            if show:
                kept.seek(0)
                sys.stderr.write(kept.read().decode(errors="replace"))
