"""Loads TensorFlow without its start-up notices."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

__all__ = ["load_tensorflow"]

GPU_DEVICE = "/dev/nvidia0"


def load_tensorflow() -> None:
    """Imports TensorFlow and looks for devices; what its C++ code says meanwhile is shown only where it matters.

    It writes a dozen lines to stderr before its log level is read. They are kept back, unless the import fails or
    the machine has a GPU (then a line about a driver may be the one that a user needs).
    """
    with _stderr_kept_back():
        import tensorflow as tf

        tf.config.list_physical_devices()


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
